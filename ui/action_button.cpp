// SPDX-License-Identifier: Apache-2.0
#include "action_button.h"

#include "actions.h"
#include "theme.h"

#include <QAction>
#include <QPainter>

namespace ui {

namespace {
constexpr int buttonHeight = 36, iconEdge = 20, radius = 6;
}

ActionButton::ActionButton(QAction *action, ButtonKind kind, QWidget *parent)
    : QPushButton(parent), m_action(action), m_kind(kind), m_key(Actions::keyHint(action))
{
    setObjectName(action->objectName() + QStringLiteral("Button"));
    setIconSize({iconEdge, iconEdge});
    setAttribute(Qt::WA_Hover);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(action, &QAction::changed, this, &ActionButton::follow);
    connect(this, &QPushButton::clicked, action, &QAction::trigger);
    follow();
}

void ActionButton::follow()
{
    setText(m_action->iconText());
    setIcon(m_action->icon());
    setEnabled(m_action->isEnabled());
    setToolTip(m_action->toolTip());
    setWhatsThis(m_action->toolTip());
    setAccessibleName(m_action->iconText());
    setAccessibleDescription(m_action->toolTip());
    setCheckable(m_action->isCheckable());
    setChecked(m_action->isChecked());
}

/// Width of the button with its icon, its text and its key, or with less of them.
int ActionButton::widthWith(Content content) const
{
    int width = 2 * space::medium;
    if (!icon().isNull())
        width += iconEdge;
    if (content >= Content::Text)
        width += fontMetrics().horizontalAdvance(text()) + (icon().isNull() ? 0 : space::small);
    if (content >= Content::Key && !m_key.isEmpty())
        width += space::small + QFontMetrics(smallFont()).horizontalAdvance(m_key);
    return width;
}

QSize ActionButton::sizeHint() const
{
    return {widthWith(Content::Key), buttonHeight};
}

QSize ActionButton::minimumSizeHint() const
{
    const bool iconWillDo = m_kind == ButtonKind::Plain && !icon().isNull();
    return {widthWith(iconWillDo ? Content::Icon : Content::Text), buttonHeight};
}

QColor ActionButton::fill() const
{
    if (!isEnabled())
        return toneColors(Tone::Neutral, palette()).background;
    QColor color = palette().color(QPalette::Button);
    if (m_kind != ButtonKind::Plain)
        color = (m_kind == ButtonKind::Accent ? accentButton() : endButton()).color(QPalette::Button);
    // Darker keeps white text readable; on a dark theme's plain button lighter is what one sees.
    const int change = isDown() || isChecked() ? 112 : underMouse() ? 106 : 100;
    return m_kind == ButtonKind::Plain && isDark(palette()) ? color.lighter(change) : color.darker(change);
}

void ActionButton::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool filled = m_kind != ButtonKind::Plain && isEnabled();
    const QColor textColor = filled ? QColor(Qt::white) : palette().color(QPalette::ButtonText);
    const QColor border = isChecked() ? palette().color(QPalette::Highlight) : lineColor(palette());
    painter.setPen(filled ? QPen(Qt::NoPen) : QPen(border, isChecked() ? 1.5 : 1));
    painter.setBrush(fill());
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), radius, radius);
    if (hasFocus()) {
        painter.setPen(QPen(filled ? QColor(Qt::white) : palette().color(QPalette::Highlight), 1.5));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(3, 3, -3, -3), radius - 2, radius - 2);
    }

    paintContent(painter, textColor, filled || !isEnabled() ? textColor : secondaryText(palette()));
}

void ActionButton::paintContent(QPainter &painter, const QColor &textColor, const QColor &keyColor)
{
    const Content content = width() >= widthWith(Content::Key)    ? Content::Key
                            : width() >= widthWith(Content::Text) ? Content::Text
                                                                  : Content::Icon;
    int left = (width() - widthWith(content)) / 2 + space::medium;
    if (!icon().isNull()) {
        icon().paint(&painter, QRect(left, (height() - iconEdge) / 2, iconEdge, iconEdge), Qt::AlignCenter,
                     isEnabled() ? QIcon::Normal : QIcon::Disabled);
        left += iconEdge + space::small;
    }
    const auto draw = [&](const QString &words, const QFont &font, const QColor &color) {
        const int advance = QFontMetrics(font).horizontalAdvance(words);
        painter.setFont(font);
        painter.setPen(color);
        painter.drawText(QRect(left, 0, advance + 1, height()), Qt::AlignVCenter, words);
        left += advance + space::small;
    };
    if (content >= Content::Text)
        draw(text(), font(), textColor);
    if (content >= Content::Key)
        draw(m_key, smallFont(), keyColor);
}

} // namespace ui
