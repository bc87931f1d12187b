// SPDX-License-Identifier: Apache-2.0
#include "notice_bar.h"

#include "icons.h"
#include "widgets.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

namespace ui {

NoticeBar::NoticeBar(QWidget *parent) : QWidget(parent), m_icon(new QLabel(this)), m_text(plainLabel(this))
{
    setObjectName(QStringLiteral("notice"));
    m_text->setObjectName(QStringLiteral("noticeText"));
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::medium, space::small, space::medium, space::small);
    layout->setSpacing(space::small);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addWidget(m_text, 1);
    applyTone();
    hide();
}

void NoticeBar::setText(const QString &text, Tone tone)
{
    if (tone != m_tone) {
        m_tone = tone;
        applyTone();
        update();
    }
    setWrapped(m_text, text);
    setAccessibleName(text);
    setVisible(!text.isEmpty());
}

void NoticeBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), toneColors(m_tone, palette()).background);
}

void NoticeBar::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyTone();
}

void NoticeBar::applyTone()
{
    const QColor color = toneColors(m_tone, palette()).text;
    m_icon->setPixmap(iconPixmap(m_tone == Tone::Caution ? QStringLiteral("warning") : QStringLiteral("key"), 20, color,
                                 devicePixelRatioF()));
    setTextColor(m_text, color);
}

} // namespace ui
