// SPDX-License-Identifier: Apache-2.0
#include "fitting_scroll_area.h"

#include <QEvent>
#include <QResizeEvent>

#include <algorithm>

namespace ui {

namespace {
constexpr int leastHeight = 56;
}

FittingScrollArea::FittingScrollArea(QWidget *content, QWidget *parent) : QScrollArea(parent)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    setWidgetResizable(true);
    setWidget(content);
    content->setAutoFillBackground(false);
    viewport()->setAutoFillBackground(false);
}

QSize FittingScrollArea::sizeHint() const
{
    const QSize content = widget()->sizeHint();
    const int height = widget()->heightForWidth(viewport()->width());
    return {content.width(), height > 0 ? height : content.height()};
}

QSize FittingScrollArea::minimumSizeHint() const
{
    return {0, std::min(leastHeight, sizeHint().height())};
}

bool FittingScrollArea::eventFilter(QObject *watched, QEvent *event)
{
    const bool handled = QScrollArea::eventFilter(watched, event);
    if (watched == widget() && event->type() == QEvent::LayoutRequest)
        updateGeometry();
    return handled;
}

void FittingScrollArea::resizeEvent(QResizeEvent *event)
{
    QScrollArea::resizeEvent(event);
    if (event->size().width() != event->oldSize().width())
        updateGeometry();
}

} // namespace ui
