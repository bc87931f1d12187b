// SPDX-License-Identifier: Apache-2.0
#include "widgets.h"

#include "text.h"
#include "theme.h"

#include <QAbstractScrollArea>
#include <QEvent>
#include <QLabel>
#include <QPainter>

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

} // namespace

void describe(QWidget *control, const char *objectName, const QString &accessibleName, const QString &explanation)
{
    control->setObjectName(QLatin1String(objectName));
    control->setAccessibleName(accessibleName);
    auto *area = qobject_cast<QAbstractScrollArea *>(control);
    QWidget *pointedAt = area ? area->viewport() : control;
    pointedAt->setToolTip(explanation);
    pointedAt->setWhatsThis(explanation);
}

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

void setWrapped(QLabel *label, const QString &text)
{
    constexpr int longest = 24;
    QString breakable;
    int run = 0;
    for (const QChar c : text) {
        run = c.isSpace() ? 0 : run + 1;
        if (run > longest && !c.isLowSurrogate() && !c.isMark()) {
            breakable += QChar(0x200b);
            run = 1;
        }
        breakable += c;
    }
    label->setWordWrap(true);
    label->setText(breakable);
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
