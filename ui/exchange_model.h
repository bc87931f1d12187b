// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"

#include <QAbstractTableModel>

namespace ui {

/// The messages of one call's exchange, SIP with or without MIKEY inside, oldest first. Grows with the call; rows stay.
class ExchangeModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column { Message, Size, Time, ColumnCount };
    enum Role {
        SentRole = Qt::UserRole, ///< bool: from us to the peer
        SipRole,                 ///< QString
        MikeyRole,               ///< QString, empty without MIKEY
        RefusedRole,             ///< bool: whoever received it did not accept it
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// Another call starts anew; the same call is brought up to date without a reset.
    void setCall(const call::CallSnapshot &call);
    void clear();
    const call::ExchangeStep &step(int row) const { return m_steps[std::size_t(row)]; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    void startCall(int callId);

    int m_callId = 0;
    std::vector<call::ExchangeStep> m_steps;
};

} // namespace ui
