// SPDX-License-Identifier: Apache-2.0
#include "payload_model.h"

#include "text.h"
#include "theme.h"

#include <algorithm>

namespace ui {

namespace {

constexpr int valueLimit = 160;

template <typename Inspected>
OctetRange rangeIn(const Inspected &inspected)
{
    return {int(inspected.offset), int(inspected.length)};
}

bool holds(OctetRange outer, OctetRange inner)
{
    return inner.offset >= outer.offset && inner.offset + inner.length <= outer.offset + outer.length;
}

QString rawValue(const mikey::InspectedField &field)
{
    if (const auto *number = std::get_if<std::uint64_t>(&field.value))
        return QString::number(*number);
    const auto &octets = std::get<std::vector<std::uint8_t>>(field.value);
    const auto shown = qsizetype(std::min<std::size_t>(octets.size(), 64));
    return hex(QByteArray(reinterpret_cast<const char *>(octets.data()), shown), 32);
}

QString fieldValue(const mikey::InspectedField &field)
{
    return field.text.empty() ? rawValue(field) : plain(field.text, valueLimit);
}

QString octetsInWords(OctetRange range)
{
    if (range.length == 0)
        return {};
    if (range.length == 1)
        return QString::number(range.offset);
    return QStringLiteral("%1–%2").arg(range.offset).arg(range.offset + range.length - 1);
}

} // namespace

void PayloadModel::setMessage(std::shared_ptr<const mikey::InspectedMessage> message)
{
    if (message == m_message)
        return;
    beginResetModel();
    m_message = std::move(message);
    m_nodes.clear();
    m_top.clear();
    if (m_message) {
        for (const mikey::InspectedPayload &payload : m_message->payloads)
            addPayload(payload, root);
    }
    endResetModel();
}

int PayloadModel::addNode(Node node)
{
    const int id = int(m_nodes.size());
    std::vector<int> &siblings = node.parent == root ? m_top : m_nodes[std::size_t(node.parent)].children;
    node.row = int(siblings.size());
    siblings.push_back(id);
    m_nodes.push_back(std::move(node));
    return id;
}

void PayloadModel::addPayload(const mikey::InspectedPayload &payload, int parent)
{
    const int id = addNode({.parent = parent, .payload = &payload, .range = rangeIn(payload)});
    std::vector<int> fields;
    for (const mikey::InspectedField &field : payload.fields)
        fields.push_back(addNode({.parent = id, .payload = &payload, .field = &field, .range = rangeIn(field)}));
    for (const mikey::InspectedPayload &inner : payload.payloads) {
        const auto holder = std::find_if(fields.begin(), fields.end(), [&](int field) {
            return holds(m_nodes[std::size_t(field)].range, rangeIn(inner));
        });
        addPayload(inner, holder == fields.end() ? id : *holder);
    }
}

QModelIndex PayloadModel::indexOfOctet(int octet) const
{
    const Node *best = nullptr;
    for (const Node &node : m_nodes) {
        // Of rows with the same range the innermost is meant, but of fields that share an octet the first.
        const auto better = [&] {
            return node.range.length < best->range.length ||
                   (node.range == best->range && (node.parent != best->parent || !best->field));
        };
        if (node.range.contains(octet) && (!best || better()))
            best = &node;
    }
    return best ? indexOf(*best) : QModelIndex();
}

QModelIndex PayloadModel::indexOfRange(OctetRange range) const
{
    const auto found =
        std::find_if(m_nodes.begin(), m_nodes.end(), [range](const Node &node) { return node.range == range; });
    return found == m_nodes.end() ? QModelIndex() : indexOf(*found);
}

QModelIndex PayloadModel::indexOf(const Node &node) const
{
    return createIndex(node.row, Name, quintptr(&node - m_nodes.data()));
}

OctetRange PayloadModel::rangeOf(const QModelIndex &index) const
{
    return index.isValid() ? m_nodes[index.internalId()].range : OctetRange{};
}

const std::vector<int> &PayloadModel::childrenOf(const QModelIndex &index) const
{
    return index.isValid() ? m_nodes[index.internalId()].children : m_top;
}

QModelIndex PayloadModel::index(int row, int column, const QModelIndex &parent) const
{
    return hasIndex(row, column, parent) ? createIndex(row, column, quintptr(childrenOf(parent)[std::size_t(row)]))
                                         : QModelIndex();
}

QModelIndex PayloadModel::parent(const QModelIndex &child) const
{
    const int parent = child.isValid() ? m_nodes[child.internalId()].parent : root;
    return parent == root ? QModelIndex() : createIndex(m_nodes[std::size_t(parent)].row, Name, quintptr(parent));
}

int PayloadModel::rowCount(const QModelIndex &parent) const
{
    return parent.column() > Name ? 0 : int(childrenOf(parent).size());
}

int PayloadModel::columnCount(const QModelIndex &) const
{
    return ColumnCount;
}

QString PayloadModel::text(const Node &node, int column) const
{
    switch (column) {
    case Name:
        return plain(node.field ? node.field->name : node.payload->payload);
    case Value:
        return node.field ? fieldValue(*node.field) : plain(node.payload->rfc);
    default:
        return octetsInWords(node.range);
    }
}

QVariant PayloadModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Node &node = m_nodes[index.internalId()];
    switch (role) {
    case Qt::DisplayRole:
        return text(node, index.column());
    case Qt::ToolTipRole:
        return toolTip(node.field ? QStringLiteral("%1\n%2").arg(text(node, Value), rawValue(*node.field))
                                  : text(node, index.column()));
    case Qt::FontRole:
        return node.field || index.column() != Name ? QVariant() : strongFont();
    case Qt::TextAlignmentRole:
        return index.column() == Octets ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case OffsetRole:
        return node.range.offset;
    case LengthRole:
        return node.range.length;
    case RfcRole:
        return plain(node.payload->rfc);
    default:
        return {};
    }
}

QVariant PayloadModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole && section == Octets)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QString titles[] = {tr("Field"), tr("Value"), tr("Octets")};
    return titles[section];
}

} // namespace ui
