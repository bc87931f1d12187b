// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity_store.h"

#include <QDialog>

class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

/// Asks for an account at a key management service.
class EnrolDialog : public QDialog
{
    Q_OBJECT
public:
    using Then = std::function<void(KeyServiceAccount)>;
    EnrolDialog(Then then, QWidget *parent);

protected:
    void done(int result) override;

private:
    QLineEdit *addField(QFormLayout *form, const char *name, const QString &title, const QString &explanation);
    void judge(); ///< whether what was typed is enough

    Then m_then;
    QLineEdit *m_address;
    QLineEdit *m_name;
    QLineEdit *m_fingerprint;
    QLineEdit *m_token;
    QLineEdit *m_key;
    QLabel *m_hint;
    QPushButton *m_enrol;
};

} // namespace ui
