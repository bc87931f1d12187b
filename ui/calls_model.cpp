// SPDX-License-Identifier: Apache-2.0
#include "calls_model.h"

#include "ended_view.h"
#include "icons.h"
#include "peer_header.h"
#include "text.h"

#include <algorithm>

namespace ui {

namespace {

QString phaseInWords(const call::CallSnapshot &call)
{
    switch (call.phase) {
    case call::Phase::Ended:
        return outcomeInWords(call);
    case call::Phase::Established:
        return Words::tr("In a call");
    case call::Phase::Incoming:
        return Words::tr("Rings here");
    default:
        return Words::tr("Calling");
    }
}

} // namespace

void CallsModel::setCalls(const std::vector<call::CallSnapshot> &calls)
{
    // The snapshot may have dropped old calls from its front; here they are the last rows.
    const int firstId = calls.empty() ? 0 : calls.front().id;
    const auto kept = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row &row) { return row.id == firstId; });
    if (const auto gone = kept - m_rows.begin(); gone > 0) {
        beginRemoveRows({}, int(m_rows.size() - std::size_t(gone)), int(m_rows.size()) - 1);
        m_rows.erase(m_rows.begin(), kept);
        endRemoveRows();
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const call::CallSnapshot &call = calls[i];
        Row row{call.id, call.direction == call::Direction::Outgoing,
                personOf(call.peer) + QLatin1Char('\n') + phaseInWords(call)};
        if (i == m_rows.size()) {
            beginInsertRows({}, 0, 0);
            m_rows.push_back(std::move(row));
            endInsertRows();
        } else if (m_rows[i] != row) {
            m_rows[i] = std::move(row);
            const QModelIndex changed = index(int(m_rows.size() - 1 - i));
            Q_EMIT dataChanged(changed, changed);
        }
    }
}

QModelIndex CallsModel::indexOfCall(int callId) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (at(row).id == callId)
            return index(row);
    }
    return {};
}

int CallsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

QVariant CallsModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = at(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return row.text;
    case Qt::AccessibleTextRole:
        return (row.outgoing ? tr("Outgoing: ") : tr("Incoming: ")) +
               QString(row.text).replace(u'\n', QStringLiteral(", "));
    case Qt::ToolTipRole:
        return toolTip(row.text);
    case Qt::DecorationRole:
        return icon(row.outgoing ? QStringLiteral("outgoing") : QStringLiteral("incoming"), QPalette::Text);
    case CallIdRole:
        return row.id;
    default:
        return {};
    }
}

} // namespace ui
