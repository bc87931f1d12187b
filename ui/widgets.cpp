// SPDX-License-Identifier: Apache-2.0
#include "widgets.h"

#include "actions.h"
#include "text.h"
#include "theme.h"

#include <QAction>
#include <QEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace ui {

namespace {

class SecondaryLabel : public QLabel
{
public:
    explicit SecondaryLabel(QWidget *parent) : QLabel(parent) { applyColor(); }

protected:
    void changeEvent(QEvent *event) override
    {
        QLabel::changeEvent(event);
        if (event->type() == QEvent::PaletteChange)
            applyColor();
    }

private:
    void applyColor()
    {
        const QColor wanted = secondaryText(palette());
        if (m_color == wanted)
            return;
        m_color = wanted;
        setTextColor(this, wanted);
    }

    QColor m_color;
};

class ActionButton : public QPushButton
{
public:
    ActionButton(QAction *action, ButtonKind kind, QWidget *parent) : QPushButton(parent), m_action(action)
    {
        setObjectName(action->objectName() + QStringLiteral("Button"));
        setMinimumHeight(36);
        setIconSize({20, 20});
        if (kind != ButtonKind::Plain)
            setPalette(kind == ButtonKind::Accent ? accentButton() : endButton());
        connect(action, &QAction::changed, this, &ActionButton::follow);
        connect(this, &QPushButton::clicked, action, &QAction::trigger);
        follow();
    }

private:
    void follow()
    {
        const QString hint = Actions::keyHint(m_action);
        setText(hint.isEmpty() ? m_action->iconText() : QStringLiteral("%1  %2").arg(m_action->iconText(), hint));
        setIcon(m_action->icon());
        setEnabled(m_action->isEnabled());
        setToolTip(m_action->toolTip());
        setAccessibleName(m_action->iconText());
        setAccessibleDescription(m_action->toolTip());
        setCheckable(m_action->isCheckable());
        setChecked(m_action->isChecked());
    }

    QAction *m_action;
};

} // namespace

QLabel *plainLabel(QWidget *parent, const QString &text)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    return label;
}

QLabel *secondaryLabel(QWidget *parent, const QString &text)
{
    auto *label = new SecondaryLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    return label;
}

void setTextColor(QWidget *widget, const QColor &color)
{
    QPalette palette;
    palette.setColor(QPalette::WindowText, color);
    widget->setPalette(palette);
}

void paintCard(QPainter &painter, const QRect &rect, const QColor &fill)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(rect, space::small, space::small);
}

QPushButton *actionButton(QAction *action, ButtonKind kind, QWidget *parent)
{
    return new ActionButton(action, kind, parent);
}

ElidedLabel::ElidedLabel(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void ElidedLabel::setText(const QString &text)
{
    if (text == m_text)
        return;
    m_text = text;
    setToolTip(ui::toolTip(text));
    setAccessibleName(text);
    updateGeometry();
    update();
}

void ElidedLabel::setAlignment(Qt::Alignment alignment)
{
    m_alignment = alignment;
    update();
}

void ElidedLabel::setSecondary(bool secondary)
{
    m_secondary = secondary;
    update();
}

QSize ElidedLabel::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(m_text) + 2, fontMetrics().height()};
}

QSize ElidedLabel::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 6, fontMetrics().height()};
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setPen(m_secondary ? secondaryText(palette()) : palette().color(QPalette::WindowText));
    painter.drawText(rect(), int(m_alignment | Qt::AlignVCenter) | Qt::TextSingleLine,
                     fontMetrics().elidedText(m_text, Qt::ElideMiddle, width()));
}

} // namespace ui
