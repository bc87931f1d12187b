// SPDX-License-Identifier: Apache-2.0
#include "exchange_model.h"

#include "text.h"
#include "theme.h"
#include "wire/registry.h"

#include <algorithm>

namespace ui {

namespace {

/// Whether two states of a step look the same; what was sent cannot change, what became of it can.
bool looksSame(const call::ExchangeStep &a, const call::ExchangeStep &b)
{
    return a.accepted == b.accepted && a.error.has_value() == b.error.has_value() && a.inspected == b.inspected &&
           a.retransmission == b.retransmission && a.mikey == b.mikey && a.sip == b.sip;
}

QString sipName(const call::ExchangeStep &step)
{
    const QString name = plain(step.sip);
    return step.retransmission ? Words::tr("%1 (again)").arg(name) : name;
}

bool isRefused(const call::ExchangeStep &step)
{
    return step.error || step.accepted == false;
}

QString mikeyName(const call::ExchangeStep &step)
{
    const QString name = plain(step.mikey);
    // An error message refuses; it is not what was refused.
    const bool refusal = step.inspected && step.inspected->dataType == static_cast<int>(mikey::DataType::Error);
    return !name.isEmpty() && isRefused(step) && !refusal ? Words::tr("%1, refused").arg(name) : name;
}

QString messageName(const call::ExchangeStep &step)
{
    return step.mikey.isEmpty() ? sipName(step) : sipName(step) + QStringLiteral(" + ") + mikeyName(step);
}

QString outcome(const call::ExchangeStep &step)
{
    if (step.error)
        return Words::tr("Refused: %1. %2").arg(plain(step.error->name), plain(step.error->reason, sentenceLimit));
    if (!step.accepted)
        return {};
    return *step.accepted ? Words::tr("Accepted by who received it.") : Words::tr("Refused by who received it.");
}

QString description(const call::ExchangeStep &step)
{
    QStringList parts{messageName(step), step.sent ? Words::tr("Sent.") : Words::tr("Received.")};
    if (step.sipBytes)
        parts << Words::tr("%1 of SIP.").arg(octets(step.sipBytes));
    if (!step.mikey.isEmpty())
        parts << Words::tr("%1 of MIKEY.").arg(octets(step.mikeyOctets.size()));
    parts << outcome(step);
    parts.removeAll(QString());
    return parts.join(u' ');
}

} // namespace

void ExchangeModel::setCall(const call::CallSnapshot &call)
{
    if (call.id != m_callId || call.exchange.size() < m_steps.size())
        startCall(call.id);
    const std::size_t known = m_steps.size();
    for (std::size_t row = 0; row < known; ++row) {
        if (looksSame(m_steps[row], call.exchange[row]))
            continue;
        m_steps[row] = call.exchange[row];
        Q_EMIT dataChanged(index(int(row), 0), index(int(row), ColumnCount - 1));
    }
    if (call.exchange.size() == known)
        return;
    beginInsertRows({}, int(known), int(call.exchange.size()) - 1);
    m_steps.insert(m_steps.end(), call.exchange.begin() + std::ptrdiff_t(known), call.exchange.end());
    endInsertRows();
}

void ExchangeModel::clear()
{
    startCall(0);
}

void ExchangeModel::startCall(int callId)
{
    m_callId = callId;
    if (m_steps.empty())
        return;
    beginResetModel();
    m_steps.clear();
    endResetModel();
}

int ExchangeModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_steps.size());
}

int ExchangeModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ExchangeModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const call::ExchangeStep &one = step(index.row());
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == Message)
            return messageName(one);
        if (index.column() == Size)
            return one.sipBytes ? octets(one.sipBytes) : QString(); // the first SRTP packet is marked without a size
        return elapsed(one.atUs);
    case Qt::ToolTipRole:
        return toolTip(description(one));
    case Qt::AccessibleTextRole:
        return index.column() == Message ? QVariant(description(one)) : QVariant();
    case Qt::TextAlignmentRole:
        return index.column() == Message ? QVariant() : QVariant(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::FontRole:
        return index.column() == Message ? QVariant() : tabularFont(smallFont());
    case SentRole:
        return one.sent;
    case SipRole:
        return sipName(one);
    case MikeyRole:
        return mikeyName(one);
    case RefusedRole:
        return isRefused(one);
    default:
        return {};
    }
}

QVariant ExchangeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole && section != Message)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QString titles[] = {QString(), tr("Size"), tr("Time")}; // LadderView names the lanes above the messages
    return titles[section];
}

} // namespace ui
