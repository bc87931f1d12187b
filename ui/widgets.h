// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPalette>
#include <QString>
#include <QWidget>

class QAction;
class QLabel;
class QPainter;
class QPushButton;

/// Small parts that several views are made of.
namespace ui {

/// A label that never takes its text for rich text: what it shows may come from a peer.
QLabel *plainLabel(QWidget *parent, const QString &text = {});

/// plainLabel() in the colour of text that explains; follows the theme.
QLabel *secondaryLabel(QWidget *parent, const QString &text = {});

/// Sets the colour of its text and leaves all other colours to the theme.
void setTextColor(QWidget *widget, const QColor &color);

/// A filled rounded rectangle.
void paintCard(QPainter &painter, const QRect &rect, const QColor &fill);

enum class ButtonKind { Plain, Accent, End };

/// A button that shows and triggers `action`: text, icon, tool tip, whether it is enabled and checked all come from there.
QPushButton *actionButton(QAction *action, ButtonKind kind, QWidget *parent);

/// One line of plain text that elides in the middle of what does not fit, with the whole in its tool tip.
class ElidedLabel : public QWidget
{
    Q_OBJECT
public:
    explicit ElidedLabel(QWidget *parent = nullptr);

    void setText(const QString &text);
    QString text() const { return m_text; }
    void setAlignment(Qt::Alignment alignment);
    void setSecondary(bool secondary);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_text;
    Qt::Alignment m_alignment = Qt::AlignLeft;
    bool m_secondary = false;
};

} // namespace ui
