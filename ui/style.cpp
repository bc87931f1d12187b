// SPDX-License-Identifier: Apache-2.0
#include "style.h"

#include "theme.h"

#include <QPainter>
#include <QStyleOption>

namespace ui {

namespace {

/// More left and right of a header's text, so that it stands above the text of the cells.
constexpr int headerPadding = 5;

/// A flat area with a line below it.
void drawFlat(QPainter &painter, const QStyleOption &option)
{
    painter.fillRect(option.rect, option.palette.color(QPalette::Window));
    painter.fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1),
                     lineColor(option.palette));
}

/// Flat, the current one underlined in the accent colour; a frame shows the one with the focus.
void drawTab(QPainter &painter, const QStyleOption &option)
{
    constexpr int stroke = 2;
    const QRect rect = option.rect;
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    if (selected || option.state.testFlag(QStyle::State_MouseOver))
        painter.fillRect(QRect(rect.left(), rect.bottom() - stroke, rect.width(), stroke),
                         selected ? option.palette.color(QPalette::Highlight) : lineColor(option.palette));
}

} // namespace

Style::Style() : QProxyStyle(QStringLiteral("Fusion")) {}

int Style::pixelMetric(PixelMetric metric, const QStyleOption *option, const QWidget *widget) const
{
    switch (metric) {
    case PM_FocusFrameHMargin: // left and right of the text of a cell
        return space::small;
    case PM_DockWidgetTitleMargin:
        return space::tiny;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

QSize Style::sizeFromContents(ContentsType type, const QStyleOption *option, const QSize &size,
                              const QWidget *widget) const
{
    const QSize usual = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
    case CT_ItemViewItem:
        return usual + QSize(0, space::tiny);
    case CT_HeaderSection:
        return usual + QSize(2 * headerPadding, 0);
    case CT_PushButton:
        return usual + QSize(2 * space::small, space::small);
    case CT_TabBarTab:
        return usual + QSize(space::small, space::small);
    default:
        return usual;
    }
}

void Style::drawControl(ControlElement element, const QStyleOption *option, QPainter *painter,
                        const QWidget *widget) const
{
    switch (element) {
    case CE_ToolBar:
    case CE_HeaderSection:
    case CE_HeaderEmptyArea:
        return drawFlat(*painter, *option);
    case CE_TabBarTabShape:
        return drawTab(*painter, *option);
    case CE_HeaderLabel:
        if (const auto *header = qstyleoption_cast<const QStyleOptionHeader *>(option)) {
            QStyleOptionHeader padded = *header;
            padded.rect.adjust(headerPadding, 0, -headerPadding, 0);
            return QProxyStyle::drawControl(element, &padded, painter, widget);
        }
        return QProxyStyle::drawControl(element, option, painter, widget);
    default:
        QProxyStyle::drawControl(element, option, painter, widget);
    }
}

} // namespace ui
