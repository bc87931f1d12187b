// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QAbstractTableModel>

#include <array>

namespace ui {

/// The keys of one call, a row for each stream and generation, newest first. Rows of keys that stay are kept and
/// brought up to date.
class KeysModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column {
        Stream,
        State,
        Generation,
        Age,
        Packets,
        Left,
        Key,
        Suite,
        Ssrc,
        Session,
        Mki,
        Roc,
        Validity,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// `now` is what ages count to: the present, or the end of a call that is over. `renewalDue` may be invalid.
    void setKeys(const std::vector<call::KeyRow> &keys, const QDateTime &now, const QDateTime &renewalDue = {});
    void tick(const QDateTime &now);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    enum class Use { InForce, Late, New, None };

    struct Row
    {
        call::KeyRow key;
        Use use;
        std::array<QString, ColumnCount> cells;
    };

    static Use useOf(const call::KeyRow &key, const std::vector<call::KeyRow> &keys);
    static QString useInWords(Use use);
    static QString useExplained(Use use);
    QString cell(const Row &row, int column) const;
    QString left(const Row &row) const;
    QString explanation(const Row &row, int column) const;
    std::vector<Row> rowsOf(const std::vector<call::KeyRow> &keys) const;
    void dropRowsWithout(const std::vector<Row> &wanted);
    void forgetRow(std::size_t at);
    void addRow(std::size_t at, Row row);
    void updateRow(std::size_t at, Row row);

    QDateTime m_now, m_renewalDue;
    std::vector<Row> m_rows;
};

} // namespace ui
