// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hex_view.h"

#include "wire/inspection.h"

#include <QAbstractItemModel>

#include <memory>
#include <vector>

namespace ui {

/// A MIKEY message as a tree: payloads, their fields, and under the field that holds them (or the payload)
/// sub-payloads.
class PayloadModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum Column { Name, Value, Octets, ColumnCount };
    enum Role {
        OffsetRole = Qt::UserRole, ///< int: first octet
        LengthRole,                ///< int
        RfcRole,                   ///< QString: "RFC 3830 6.2" of the payload the row belongs to
    };

    using QAbstractItemModel::QAbstractItemModel;

    /// Null: no message. The same message again changes nothing.
    void setMessage(std::shared_ptr<const mikey::InspectedMessage> message);
    const mikey::InspectedMessage *message() const { return m_message.get(); }

    /// The smallest row that covers `octet`; invalid when none does.
    QModelIndex indexOfOctet(int octet) const;
    /// The first row with exactly this range; invalid when there is none.
    QModelIndex indexOfRange(OctetRange range) const;
    OctetRange rangeOf(const QModelIndex &index) const;

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    static constexpr int root = -1;

    struct Node
    {
        int parent = root;
        int row = 0;
        const mikey::InspectedPayload *payload = nullptr; ///< the one it is, or the one its field is in
        const mikey::InspectedField *field = nullptr;     ///< null: the node is a payload
        OctetRange range;
        std::vector<int> children = {};
    };

    QModelIndex indexOf(const Node &node) const;
    int addNode(Node node);
    void addPayload(const mikey::InspectedPayload &payload, int parent);
    const std::vector<int> &childrenOf(const QModelIndex &index) const;
    QString text(const Node &node, int column) const;

    std::shared_ptr<const mikey::InspectedMessage> m_message;
    std::vector<Node> m_nodes; ///< parents before children; an index's internal id is its place here
    std::vector<int> m_top;
};

} // namespace ui
