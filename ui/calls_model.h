// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QAbstractListModel>

namespace ui {

/// The calls of this session, newest first: who on the first line, what became of it on the second.
class CallsModel : public QAbstractListModel
{
    Q_OBJECT
public:
    enum Role { CallIdRole = Qt::UserRole };

    using QAbstractListModel::QAbstractListModel;

    void setCalls(const std::vector<call::CallSnapshot> &calls);
    QModelIndex indexOfCall(int callId) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;

private:
    struct Row
    {
        int id;
        bool outgoing;
        QString text;
        bool operator==(const Row &) const = default;
    };

    std::vector<Row> m_rows; ///< oldest first, as in the snapshot
    const Row &at(int row) const { return m_rows[m_rows.size() - 1 - std::size_t(row)]; }
};

} // namespace ui
