// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include "theme.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {

namespace {
constexpr int columnWidth = 520;
}

QBoxLayout *centred(QWidget *inner)
{
    auto *row = new QHBoxLayout;
    row->addStretch(1);
    inner->setMaximumWidth(columnWidth);
    row->addWidget(inner, 100);
    row->addStretch(1);
    return row;
}

Page::Page(QWidget *view) : m_view(view), m_outer(new QVBoxLayout(view)), m_column(new QVBoxLayout)
{
    auto *column = new QWidget;
    column->setLayout(m_column);
    m_column->setContentsMargins({});
    m_column->setSpacing(space::large);
    m_column->addStretch(1);
    m_column->addStretch(2);

    auto *content = new QWidget;
    content->setLayout(centred(column));
    content->layout()->setContentsMargins(space::large, space::huge, space::large, space::large);
    auto *scroll = new QScrollArea(view);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);

    m_outer->setContentsMargins({});
    m_outer->setSpacing(0);
    m_outer->addWidget(scroll, 1);
}

void Page::add(QWidget *part)
{
    m_column->insertWidget(m_column->count() - 1, part);
}

void Page::addButtons(const QList<QPushButton *> &buttons, QPushButton *last)
{
    auto *bar = new QWidget(m_view);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins({});
    layout->setSpacing(space::small);
    for (QPushButton *button : buttons)
        layout->addWidget(button);
    layout->addStretch(1);
    layout->addWidget(last);
    QBoxLayout *row = centred(bar);
    row->setContentsMargins(space::large, space::small, space::large, space::large);
    m_outer->addLayout(row);
}

} // namespace ui
