// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QAbstractScrollArea>
#include <QByteArray>

#include <optional>

namespace ui {

/// A range of octets of a message.
struct OctetRange
{
    int offset = 0;
    int length = 0;

    bool contains(int octet) const { return octet >= offset && octet < offset + length; }
    bool operator==(const OctetRange &) const = default;
};

/// The octets of a message in rows of hexadecimal, with characters where there is room. One range is highlighted; a
/// click or a cursor key picks an octet.
class HexView : public QAbstractScrollArea
{
    Q_OBJECT
public:
    explicit HexView(QWidget *parent = nullptr);

    void setOctets(const QByteArray &octets);
    const QByteArray &octets() const { return m_octets; }

    /// Highlights a range and scrolls to its start, or to the octet picked if that is what brought it.
    void setHighlight(OctetRange range);
    OctetRange highlight() const { return m_highlight; }

    /// Where a decoder stopped; drawn in red. -1: nowhere.
    void setFault(int octet);

    int octetsPerRow() const { return m_perRow; }
    /// Where octet `index` stands, in coordinates of the viewport; empty when scrolled out of sight sideways or not
    /// there.
    QRect octetRect(int index) const;

    QSize sizeHint() const override;

Q_SIGNALS:
    void octetClicked(int octet);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void layOut();
    int rows() const;
    int rowHeight() const;
    int charWidth() const;
    int hexLeft() const;
    int charsLeft() const;
    QRect charRect(int index) const;
    std::optional<int> octetAt(const QPoint &at) const;
    void paintRow(class QPainter &painter, int row) const;
    void paintOctet(class QPainter &painter, int index) const;
    void pick(int octet);
    void scrollTo(int octet);

    QByteArray m_octets;
    OctetRange m_highlight;
    int m_cursor = 0; ///< the octet picked last; cursor keys go on from it
    int m_fault = -1;
    int m_perRow = 16;
    bool m_withChars = true;
};

} // namespace ui
