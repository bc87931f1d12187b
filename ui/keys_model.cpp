// SPDX-License-Identifier: Apache-2.0
#include "keys_model.h"

#include "text.h"
#include "theme.h"

#include <algorithm>

namespace ui {

namespace {

QString limitText(const std::optional<call::KeyLimit> &limit)
{
    return limit ? plain(limit->type) + QLatin1Char(' ') + hex(limit->value) : QString();
}

QString lifetime(const call::KeyRow &key)
{
    const QString from = limitText(key.validFrom), to = limitText(key.validTo);
    if (from.isEmpty() && to.isEmpty())
        return Words::tr("no limit");
    return QStringLiteral("%1 … %2").arg(from, to);
}

QString cell(const call::KeyRow &key, int column)
{
    switch (column) {
    case KeysModel::Session:
        return QString::number(key.csId);
    case KeysModel::Stream:
        return key.sends ? Words::tr("sends") : Words::tr("receives");
    case KeysModel::Ssrc:
        return QStringLiteral("%1").arg(key.ssrc, 8, 16, QLatin1Char('0'));
    case KeysModel::Key:
        return plain(key.tekFingerprint);
    case KeysModel::Packets:
        return grouped(key.packets);
    case KeysModel::Suite:
        return key.weak ? Words::tr("%1 (weak)").arg(plain(key.suite)) : plain(key.suite);
    case KeysModel::Mki:
        return key.mki.isEmpty() ? Words::tr("none") : hex(key.mki, 16).remove(u' ');
    case KeysModel::Roc:
        return QString::number(key.roc);
    default:
        return lifetime(key);
    }
}

QString explanation(const call::KeyRow &key, int column)
{
    switch (column) {
    case KeysModel::Session:
        return Words::tr("Number of the crypto session in the crypto session bundle (RFC 3830 6.1)");
    case KeysModel::Stream:
        return key.sends ? Words::tr("The stream this side sends") : Words::tr("The stream this side receives");
    case KeysModel::Ssrc:
        return Words::tr("Synchronisation source of the RTP stream, hexadecimal");
    case KeysModel::Key:
        return Words::
            tr("Fingerprint of the traffic encryption key (TEK): the first 8 octets of its SHA-256. Of the salt: %1")
                .arg(plain(key.saltFingerprint));
    case KeysModel::Packets:
        return Words::tr("SRTP packets with this key");
    case KeysModel::Suite:
        return suiteInWords(key.suite);
    case KeysModel::Mki:
        return Words::tr("Master key identifier in each packet (RFC 3711 3.1)");
    case KeysModel::Roc:
        return Words::tr("Roll-over counter: how often the sequence number started again (RFC 3711 3.2.1)");
    default:
        return Words::tr("From where to where the key is valid (RFC 3830 6.14)");
    }
}

bool isNumber(int column)
{
    return column == KeysModel::Packets || column == KeysModel::Roc || column == KeysModel::Session;
}

bool isOctets(int column)
{
    return column == KeysModel::Ssrc || column == KeysModel::Key || column == KeysModel::Mki ||
           column == KeysModel::Lifetime;
}

} // namespace

void KeysModel::setKeys(const std::vector<call::KeyRow> &keys)
{
    const std::size_t known = std::min(m_keys.size(), keys.size());
    for (std::size_t row = 0; row < known; ++row) {
        const call::KeyRow before = std::exchange(m_keys[row], keys[row]);
        for (int column = 0; column < ColumnCount; ++column) {
            if (cell(before, column) != cell(keys[row], column))
                Q_EMIT dataChanged(index(int(row), column), index(int(row), column));
        }
    }
    if (m_keys.size() > known) {
        beginRemoveRows({}, int(known), int(m_keys.size()) - 1);
        m_keys.resize(known);
        endRemoveRows();
    } else if (keys.size() > known) {
        beginInsertRows({}, int(known), int(keys.size()) - 1);
        m_keys.insert(m_keys.end(), keys.begin() + std::ptrdiff_t(known), keys.end());
        endInsertRows();
    }
}

int KeysModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_keys.size());
}

int KeysModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant KeysModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const call::KeyRow &key = m_keys[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return cell(key, index.column());
    case Qt::ToolTipRole:
        return toolTip(explanation(key, index.column()));
    case Qt::TextAlignmentRole:
        return isNumber(index.column()) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::FontRole:
        return isOctets(index.column()) ? fixedFont() : tabularFont(smallFont());
    default:
        return {};
    }
}

QVariant KeysModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((isNumber(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QString titles[] = {tr("CS"),    tr("Stream"), tr("SSRC"), tr("Key"),     tr("Packets"),
                              tr("Suite"), tr("MKI"),    tr("ROC"),  tr("Lifetime")};
    return titles[section];
}

} // namespace ui
