// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>

class QBoxLayout;
class QPushButton;
class QVBoxLayout;
class QWidget;

namespace ui {

/// A row that keeps `inner` in its middle, no wider than a column of text should be.
QBoxLayout *centred(QWidget *inner);

/// The frame that the views in the middle of the window share: a column of limited width that scrolls when the window
/// is small, and below it, always in sight and always in the same place, the buttons.
class Page
{
public:
    explicit Page(QWidget *view);

    void add(QWidget *part);
    /// `last` stands at the right end, apart from the others.
    void addButtons(const QList<QPushButton *> &buttons, QPushButton *last);

private:
    QWidget *m_view;
    QVBoxLayout *m_outer;
    QVBoxLayout *m_column;
};

} // namespace ui
