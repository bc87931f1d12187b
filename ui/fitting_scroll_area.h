// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QScrollArea>

namespace ui {

/// As high as its content where there is room, and scrolls where there is not.
class FittingScrollArea : public QScrollArea
{
    Q_OBJECT
public:
    FittingScrollArea(QWidget *content, QWidget *parent);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
};

} // namespace ui
