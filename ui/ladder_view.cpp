// SPDX-License-Identifier: Apache-2.0
#include "ladder_view.h"

#include "exchange_model.h"
#include "theme.h"

#include <QApplication>
#include <QHeaderView>
#include <QPainter>
#include <QPainterPath>
#include <QStyledItemDelegate>

namespace ui {

namespace {

constexpr int rowHeight = 26;
constexpr int laneInset = 20; ///< from the edge of the column to the lane
constexpr int arrowHead = 6;
constexpr int roomForSizes = 460; ///< narrower, the messages need the place

struct LadderColors
{
    QColor lane, arrow, text;
};

LadderColors colorsOf(const QModelIndex &index, const QStyleOptionViewItem &option)
{
    if (option.state & QStyle::State_Selected) {
        const QColor text = option.palette.color(QPalette::HighlightedText);
        return {text, text, text};
    }
    const QColor lane = lineColor(option.palette);
    if (index.data(ExchangeModel::RefusedRole).toBool()) {
        const QColor bad = toneColors(Tone::Bad, option.palette).text;
        return {lane, bad, bad};
    }
    const bool mikey = !index.data(ExchangeModel::MikeyRole).toString().isEmpty();
    const QColor text = option.palette.color(QPalette::Text);
    return {lane, mikey ? option.palette.color(QPalette::Link) : secondaryText(option.palette), text};
}

class LadderDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        if (index.column() != ExchangeModel::Message)
            return QStyledItemDelegate::paint(painter, option, index);
        QApplication::style()->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter, option.widget);
        const LadderColors colors = colorsOf(index, option);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setClipRect(option.rect);
        const QRectF label = paintLabel(*painter, option, index, colors.text);
        paintLadder(*painter, option.rect, label, index, colors);
        painter->restore();
    }

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const QSize size = QStyledItemDelegate::sizeHint(option, index);
        return {size.width() + 2 * laneInset, std::max(rowHeight, size.height() + space::tiny)};
    }

private:
    /// SIP's name in the usual face, MIKEY's in bold, both in the middle between the lanes. Returns the place taken.
    static QRectF paintLabel(QPainter &painter, const QStyleOptionViewItem &option, const QModelIndex &index,
                             const QColor &color)
    {
        const QString mikey = index.data(ExchangeModel::MikeyRole).toString();
        QString sip = index.data(ExchangeModel::SipRole).toString();
        if (!mikey.isEmpty())
            sip += QStringLiteral(" + ");
        const QFont bold = strongFont();
        const QFontMetrics thinMetrics(option.font), boldMetrics(bold);
        const int room = option.rect.width() - 2 * laneInset - 6 * arrowHead;
        const QString shownMikey = boldMetrics.elidedText(mikey, Qt::ElideRight, room);
        const int mikeyWidth = boldMetrics.horizontalAdvance(shownMikey);
        const QString shownSip = thinMetrics.elidedText(sip, Qt::ElideRight, room - mikeyWidth);
        const int sipWidth = thinMetrics.horizontalAdvance(shownSip);

        const int left = option.rect.center().x() - (sipWidth + mikeyWidth) / 2;
        const QRect sipRect(left, option.rect.top(), sipWidth, option.rect.height());
        const QRect mikeyRect(left + sipWidth, option.rect.top(), mikeyWidth, option.rect.height());
        painter.setPen(color);
        painter.setFont(option.font);
        painter.drawText(sipRect, Qt::AlignVCenter, shownSip);
        painter.setFont(bold);
        painter.drawText(mikeyRect, Qt::AlignVCenter, shownMikey);
        return QRectF(sipRect.united(mikeyRect)).adjusted(-space::small, 0, space::small, 0);
    }

    static void paintLadder(QPainter &painter, const QRectF &row, const QRectF &label, const QModelIndex &index,
                            const LadderColors &colors)
    {
        const qreal us = row.left() + laneInset, peer = row.right() - laneInset, y = row.center().y() + 0.5;
        painter.setPen(QPen(colors.lane, 2));
        painter.drawLine(QPointF(us, row.top()), QPointF(us, row.bottom() + 1));
        painter.drawLine(QPointF(peer, row.top()), QPointF(peer, row.bottom() + 1));

        const bool mikey = !index.data(ExchangeModel::MikeyRole).toString().isEmpty();
        const bool sent = index.data(ExchangeModel::SentRole).toBool();
        painter.setPen(QPen(colors.arrow, mikey ? 2 : 1));
        painter.drawLine(QPointF(us + 3, y), QPointF(label.left(), y));
        painter.drawLine(QPointF(label.right(), y), QPointF(peer - 3, y));
        const qreal tip = sent ? peer - 2 : us + 2, back = sent ? tip - arrowHead : tip + arrowHead;
        QPainterPath head(QPointF(tip, y));
        head.lineTo(back, y - arrowHead * 0.6);
        head.lineTo(back, y + arrowHead * 0.6);
        head.closeSubpath();
        painter.fillPath(head, colors.arrow);
    }
};

} // namespace

/// Writes the names of the lanes above them.
class LadderView::Header : public QHeaderView
{
public:
    explicit Header(QWidget *parent) : QHeaderView(Qt::Horizontal, parent) {}

    QString us, peer;

protected:
    void paintSection(QPainter *painter, const QRect &rect, int section) const override
    {
        painter->save(); // QCommonStyle leaves an empty clip behind
        QHeaderView::paintSection(painter, rect, section);
        painter->restore();
        if (section != ExchangeModel::Message)
            return;
        const QRect names = rect.adjusted(space::small, 0, -space::small, 0);
        const int half = names.width() / 2 - space::large;
        painter->setPen(palette().color(QPalette::ButtonText));
        painter->drawText(names, Qt::AlignLeft | Qt::AlignVCenter, fontMetrics().elidedText(us, Qt::ElideRight, half));
        painter->drawText(names, Qt::AlignRight | Qt::AlignVCenter,
                          fontMetrics().elidedText(peer, Qt::ElideRight, half));
    }
};

LadderView::LadderView(QWidget *parent) : QTreeView(parent), m_header(new Header(this))
{
    setHeader(m_header);
    setItemDelegate(new LadderDelegate(this));
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setAllColumnsShowFocus(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_header->setStretchLastSection(false);
    m_header->setSectionsMovable(false);
}

void LadderView::setModel(QAbstractItemModel *model)
{
    QTreeView::setModel(model);
    m_header->setSectionResizeMode(ExchangeModel::Message, QHeaderView::Stretch);
    m_header->setSectionResizeMode(ExchangeModel::Size, QHeaderView::ResizeToContents);
    m_header->setSectionResizeMode(ExchangeModel::Time, QHeaderView::ResizeToContents);
}

void LadderView::resizeEvent(QResizeEvent *event)
{
    QTreeView::resizeEvent(event);
    setColumnHidden(ExchangeModel::Size, width() < roomForSizes);
}

void LadderView::setLanes(const QString &us, const QString &peer)
{
    if (m_header->us == us && m_header->peer == peer)
        return;
    m_header->us = us;
    m_header->peer = peer;
    m_header->viewport()->update();
}

} // namespace ui
