// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.h"

#include <QDialog>

#include <functional>

class QLineEdit;

namespace ui {

/// Asks for the passphrase of a file. It leaves the field as soon as it is entered, and is handed over as a secret.
class PassphraseDialog : public QDialog
{
    Q_OBJECT
public:
    using Then = std::function<void(mikey::Secret)>;

    PassphraseDialog(const QString &file, Then then, QWidget *parent);

    void done(int result) override;

private:
    QLineEdit *m_field;
    Then m_then;
};

} // namespace ui
