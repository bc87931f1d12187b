// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPushButton>

class QAction;

namespace ui {

enum class ButtonKind {
    Plain,
    Accent, ///< what one most likely wants next
    End,    ///< red: it ends a call
};

/// A flat button of an action: text, key, icon, tool tip, whether it is enabled and checked all come from there.
class ActionButton : public QPushButton
{
    Q_OBJECT
public:
    ActionButton(QAction *action, ButtonKind kind, QWidget *parent);

    QSize sizeHint() const override;
    /// Where room is short the key is left out, and then the text of a plain button that has an icon.
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void follow();
    enum class Content { Icon, Text, Key }; ///< each with those before it

    QColor fill() const;
    int widthWith(Content content) const;
    void paintContent(QPainter &painter, const QColor &textColor, const QColor &keyColor);

    QAction *m_action;
    ButtonKind m_kind;
    QString m_key; ///< "Esc"; empty: none to show
};

} // namespace ui
