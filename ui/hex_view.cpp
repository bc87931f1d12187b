// SPDX-License-Identifier: Apache-2.0
#include "hex_view.h"

#include "theme.h"

#include <QEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace ui {

namespace {

constexpr int margin = space::small;
constexpr int offsetDigits = 4;

QString characterOf(char octet)
{
    return octet >= 0x20 && octet < 0x7f ? QString(QLatin1Char(octet)) : QString(QChar(0xb7));
}

} // namespace

HexView::HexView(QWidget *parent) : QAbstractScrollArea(parent)
{
    setFont(fixedFont());
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setCursor(Qt::PointingHandCursor);
}

void HexView::setOctets(const QByteArray &octets)
{
    if (octets == m_octets)
        return;
    m_octets = octets;
    m_highlight = {};
    m_cursor = 0;
    m_fault = -1;
    verticalScrollBar()->setValue(0);
    layOut();
}

void HexView::setHighlight(OctetRange range)
{
    range.offset = std::clamp(range.offset, 0, int(m_octets.size()));
    range.length = std::clamp(range.length, 0, int(m_octets.size()) - range.offset);
    m_highlight = range;
    setAccessibleDescription(
        tr("Octets %1 to %2 are highlighted").arg(range.offset).arg(range.offset + range.length - 1));
    if (range.length > 0 && hasFocus() && range.contains(m_cursor)) {
        scrollTo(m_cursor);
    } else if (range.length > 0) {
        m_cursor = range.offset;
        scrollTo(range.offset + range.length - 1);
        scrollTo(range.offset);
    }
    viewport()->update();
}

void HexView::setFault(int octet)
{
    m_fault = octet;
    viewport()->update();
}

QSize HexView::sizeHint() const
{
    return {charsLeft() + 16 * charWidth() + 2 * margin, 8 * rowHeight()};
}

int HexView::rows() const
{
    return int((m_octets.size() + m_perRow - 1) / m_perRow);
}

int HexView::rowHeight() const
{
    return fontMetrics().height() + 2;
}

int HexView::charWidth() const
{
    return fontMetrics().horizontalAdvance(u'0');
}

int HexView::hexLeft() const
{
    return margin + (offsetDigits + 2) * charWidth();
}

int HexView::charsLeft() const
{
    return hexLeft() + (3 * m_perRow + 1) * charWidth();
}

/// Sixteen octets with characters, sixteen without, or eight: the widest that fits.
void HexView::layOut()
{
    const int available = viewport()->width() - margin - hexLeft();
    m_withChars = available >= (16 * 4 + 1) * charWidth();
    m_perRow = available >= 16 * 3 * charWidth() ? 16 : 8;
    if (m_perRow == 8)
        m_withChars = available >= (8 * 4 + 1) * charWidth();
    const int page = std::max(1, (viewport()->height() - 2 * space::tiny) / rowHeight());
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setRange(0, std::max(0, rows() - page));
    viewport()->update();
}

QRect HexView::octetRect(int index) const
{
    if (index < 0 || index >= m_octets.size())
        return {};
    const int row = index / m_perRow - verticalScrollBar()->value(), column = index % m_perRow;
    return {hexLeft() + 3 * column * charWidth(), space::tiny + row * rowHeight(), 2 * charWidth(), rowHeight()};
}

QRect HexView::charRect(int index) const
{
    const QRect octet = octetRect(index);
    return {charsLeft() + (index % m_perRow) * charWidth(), octet.top(), charWidth(), octet.height()};
}

std::optional<int> HexView::octetAt(const QPoint &at) const
{
    const int row = verticalScrollBar()->value() + (at.y() - space::tiny) / rowHeight();
    int column = -1;
    if (m_withChars && at.x() >= charsLeft())
        column = (at.x() - charsLeft()) / charWidth();
    else if (at.x() >= hexLeft() - charWidth())
        column = (at.x() - hexLeft() + charWidth() / 2) / (3 * charWidth());
    const int index = row * m_perRow + column;
    if (at.y() < space::tiny || column < 0 || column >= m_perRow || index >= m_octets.size())
        return {};
    return index;
}

void HexView::scrollTo(int octet)
{
    const int row = octet / m_perRow, first = verticalScrollBar()->value(), page = verticalScrollBar()->pageStep();
    if (row < first)
        verticalScrollBar()->setValue(row);
    else if (row >= first + page)
        verticalScrollBar()->setValue(row - page + 1);
}

void HexView::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    const int first = verticalScrollBar()->value();
    const int last = std::min(rows(), first + viewport()->height() / rowHeight() + 1);
    for (int row = first; row < last; ++row)
        paintRow(painter, row);
}

void HexView::paintRow(QPainter &painter, int row) const
{
    const int begin = row * m_perRow, end = std::min(int(m_octets.size()), begin + m_perRow);
    painter.setPen(secondaryText(palette()));
    const QRect first = octetRect(begin);
    painter.drawText(QRect(margin, first.top(), offsetDigits * charWidth(), first.height()), Qt::AlignCenter,
                     QStringLiteral("%1").arg(begin, offsetDigits, 16, QLatin1Char('0')));
    for (int index = begin; index < end; ++index)
        paintOctet(painter, index);
}

void HexView::paintOctet(QPainter &painter, int index) const
{
    const char octet = m_octets.at(index);
    const QRect hex = octetRect(index), character = charRect(index);
    QColor text = palette().color(QPalette::Text);
    if (m_highlight.contains(index)) {
        // The gap to the next octet belongs to the range too, unless that one is outside it or in the next row.
        const bool joined = m_highlight.contains(index + 1) && (index + 1) % m_perRow != 0;
        const QRect cell = hex.adjusted(-2, 0, joined ? charWidth() - 2 : 2, 0);
        painter.fillRect(cell, palette().color(QPalette::Highlight));
        if (m_withChars)
            painter.fillRect(character, palette().color(QPalette::Highlight));
        text = palette().color(QPalette::HighlightedText);
    } else if (index == m_fault) {
        const ToneColors bad = toneColors(Tone::Bad, palette());
        painter.fillRect(hex.adjusted(-2, 0, 2, 0), bad.background);
        text = bad.text;
    }
    painter.setPen(text);
    if (hasFocus() && index == m_cursor)
        painter.drawRect(hex.adjusted(-2, 0, 1, -1));
    painter.drawText(hex, Qt::AlignCenter, QStringLiteral("%1").arg(quint8(octet), 2, 16, QLatin1Char('0')));
    if (m_withChars)
        painter.drawText(character, Qt::AlignCenter, characterOf(octet));
}

void HexView::resizeEvent(QResizeEvent *)
{
    layOut();
}

void HexView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        layOut();
}

void HexView::mousePressEvent(QMouseEvent *event)
{
    if (const auto octet = octetAt(event->position().toPoint()))
        pick(*octet);
}

void HexView::pick(int octet)
{
    m_cursor = std::clamp(octet, 0, int(m_octets.size()) - 1);
    viewport()->update();
    Q_EMIT octetClicked(m_cursor);
}

void HexView::keyPressEvent(QKeyEvent *event)
{
    if (m_octets.isEmpty())
        return QAbstractScrollArea::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left:
        return pick(m_cursor - 1);
    case Qt::Key_Right:
        return pick(m_cursor + 1);
    case Qt::Key_Up:
        return pick(m_cursor - m_perRow);
    case Qt::Key_Down:
        return pick(m_cursor + m_perRow);
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

} // namespace ui
