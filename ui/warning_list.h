// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>
#include <QWidget>

class QVBoxLayout;

namespace ui {

/// Sentences that call for care: each an amber line with icon and words. Takes no room while there are none.
class WarningList : public QWidget
{
    Q_OBJECT
public:
    explicit WarningList(QWidget *parent = nullptr);

    /// Shown as plain text; the caller has passed what peers chose through plain().
    void setWarnings(const QStringList &sentences);

private:
    QStringList m_sentences;
    QVBoxLayout *m_layout;
};

} // namespace ui
