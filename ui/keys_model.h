// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QAbstractTableModel>

namespace ui {

/// The keys of one call: a row for each crypto session. Keys show as fingerprints. Rows stay while numbers run.
class KeysModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { Session, Stream, Ssrc, Key, Packets, Suite, Mki, Roc, Lifetime, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setKeys(const std::vector<call::KeyRow> &keys);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<call::KeyRow> m_keys;
};

} // namespace ui
