// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "theme.h"

#include <QWidget>

class QLabel;

namespace ui {

/// One sentence about trouble that does not end a call, or news; hidden while there is none.
class NoticeBar : public QWidget
{
    Q_OBJECT
public:
    explicit NoticeBar(QWidget *parent = nullptr);

    /// Shown as plain text; the caller has passed what peers chose through plain().
    void setText(const QString &text, Tone tone = Tone::Caution);

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void applyTone();

    Tone m_tone = Tone::Caution;
    QLabel *m_icon;
    QLabel *m_text;
};

} // namespace ui
