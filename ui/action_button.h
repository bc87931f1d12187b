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
    /// Without the key, which is left out when there is no room for it.
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void follow();
    QColor fill() const;
    int keyWidth() const;

    QAction *m_action;
    ButtonKind m_kind;
    QString m_key; ///< "Esc"; empty: none to show
};

} // namespace ui
