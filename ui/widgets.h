// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPalette>
#include <QString>
#include <QWidget>

class QLabel;
class QPainter;

/// Small parts that several views are made of.
namespace ui {

/// What every control has: a name for tests, one for assistive technology, a tool tip, and the same as What's this.
void describe(QWidget *control, const char *objectName, const QString &accessibleName, const QString &explanation);

/// A label that never takes its text for rich text: what it shows may come from a peer.
QLabel *plainLabel(QWidget *parent, const QString &text = {});

/// plainLabel() in the colour of text that explains; follows the theme.
QLabel *secondaryLabel(QWidget *parent, const QString &text = {});

/// Sets the colour of its text and leaves all other colours to the theme.
void setTextColor(QWidget *widget, const QColor &color);

/// A filled rounded rectangle.
void paintCard(QPainter &painter, const QRect &rect, const QColor &fill);

/// Shows `text` on as many lines as it takes, with places to break in words too long for a line.
void setWrapped(QLabel *label, const QString &text);

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
