// SPDX-License-Identifier: Apache-2.0
#include "keys_model.h"

#include "text.h"
#include "theme.h"

#include <QApplication>
#include <QFontMetrics>

#include <algorithm>
#include <tuple>

namespace ui {

namespace {

QString limitText(const std::optional<call::KeyLimit> &limit)
{
    return limit ? plain(limit->type) + QLatin1Char(' ') + hex(limit->value) : QString();
}

QString validity(const call::KeyRow &key)
{
    const QString from = limitText(key.validFrom), to = limitText(key.validTo);
    if (from.isEmpty() && to.isEmpty())
        return Words::tr("no limit");
    return QStringLiteral("%1 … %2").arg(from, to);
}

bool isNumber(int column)
{
    switch (column) {
    case KeysModel::Generation:
    case KeysModel::Age:
    case KeysModel::Packets:
    case KeysModel::Roc:
    case KeysModel::Session:
        return true;
    default:
        return false;
    }
}

bool isOctets(int column)
{
    switch (column) {
    case KeysModel::Ssrc:
    case KeysModel::Key:
    case KeysModel::Mki:
    case KeysModel::Validity:
        return true;
    default:
        return false;
    }
}

QFont fontOf(int column)
{
    return isOctets(column) ? fixedFont() : tabularFont(smallFont());
}

/// The widest that a column with changing content usually gets, so that it is as wide from the start.
QString widest(int column)
{
    switch (column) {
    case KeysModel::State:
        return Words::tr("kept for late packets");
    case KeysModel::Age:
        return QStringLiteral("0:00:00");
    case KeysModel::Packets:
        return grouped(9'999'999);
    case KeysModel::Left:
        return QStringLiteral("00:00, ≈ 2⁴⁷ ") + Words::tr("packets");
    default:
        return {};
    }
}

/// A size for the columns that change, so that no column moves while numbers run; none for the others.
QVariant steadySize(int column, const QString &text)
{
    if (widest(column).isEmpty())
        return {};
    const QFontMetrics metrics(fontOf(column));
    const int width = std::max(metrics.horizontalAdvance(widest(column)), metrics.horizontalAdvance(text));
    constexpr int margins = 2 * (space::small + 1), rounding = 4; // text is laid out a little wider than measured
    return QSize(width + margins + rounding, metrics.height());
}

/// What makes a row the same key as before.
auto identityOf(const call::KeyRow &key)
{
    return std::tuple(-key.generation, key.csId, !key.sends, key.tekFingerprint);
}

} // namespace

KeysModel::Use KeysModel::useOf(const call::KeyRow &key, const std::vector<call::KeyRow> &keys)
{
    if (key.inForce)
        return Use::InForce;
    const auto current = std::find_if(keys.begin(), keys.end(), [&](const call::KeyRow &other) {
        return other.inForce && other.csId == key.csId && other.sends == key.sends;
    });
    if (current == keys.end())
        return Use::None;
    return key.generation < current->generation ? Use::Late : Use::New;
}

QString KeysModel::useInWords(Use use)
{
    switch (use) {
    case Use::InForce:
        return Words::tr("in use");
    case Use::Late:
        return Words::tr("kept for late packets");
    case Use::New:
        return Words::tr("agreed, not used yet");
    case Use::None:
        break;
    }
    return Words::tr("not in use");
}

QString KeysModel::useExplained(Use use)
{
    switch (use) {
    case Use::InForce:
        return Words::tr("Packets are protected with this key now.");
    case Use::Late:
        return Words::tr("A newer key has taken its place. It still opens packets that were on their way, and is then "
                         "wiped.");
    case Use::New:
        return Words::tr("Both sides have agreed on this key; it takes the place of the one in use.");
    case Use::None:
        break;
    }
    return Words::tr("No packets are protected with this key.");
}

QString KeysModel::left(const Row &row) const
{
    QStringList parts;
    if (row.use == Use::InForce && m_renewalDue.isValid())
        parts << clock(m_now.secsTo(m_renewalDue));
    if (row.key.packetsLeft)
        parts << Words::tr("%1 packets").arg(magnitude(*row.key.packetsLeft));
    return parts.isEmpty() ? QStringLiteral("–") : parts.join(QStringLiteral(", "));
}

QString KeysModel::cell(const Row &row, int column) const
{
    const call::KeyRow &key = row.key;
    switch (column) {
    case Stream:
        return key.sends ? tr("sends") : tr("receives");
    case State:
        return useInWords(row.use);
    case Generation:
        return QString::number(key.generation);
    case Age:
        return key.since.isValid() ? age(key.since.secsTo(m_now)) : QStringLiteral("–");
    case Packets:
        return grouped(key.packets);
    case Left:
        return left(row);
    case Key:
        return plain(key.tekFingerprint);
    case Suite:
        return key.weak ? tr("%1 (weak)").arg(plain(key.suite)) : plain(key.suite);
    case Ssrc:
        return QStringLiteral("%1").arg(key.ssrc, 8, 16, QLatin1Char('0'));
    case Session:
        return QString::number(key.csId);
    case Mki:
        return key.mki.isEmpty() ? tr("none") : hex(key.mki, 16).remove(u' ');
    case Roc:
        return QString::number(key.roc);
    default:
        return validity(key);
    }
}

QString KeysModel::explanation(const Row &row, int column) const
{
    const call::KeyRow &key = row.key;
    switch (column) {
    case Stream:
        return key.sends ? tr("The stream this side sends") : tr("The stream this side receives");
    case State:
        return useExplained(row.use);
    case Generation:
        return tr("How often keys had been renewed when this one was agreed; 0 are the first keys of the call");
    case Age:
        return key.since.isValid()
                   ? tr("Installed at %1").arg(key.since.toLocalTime().toString(QStringLiteral("HH:mm:ss")))
                   : tr("It is not known when this key was installed");
    case Packets:
        return tr("SRTP packets with this key");
    case Left:
        return key.packetsLeft ? tr("When this key is renewed at the latest, and how many packets it may still "
                                    "protect: %1")
                                     .arg(grouped(*key.packetsLeft))
                               : tr("When this key is renewed at the latest");
    case Key:
        return tr("Fingerprint of the traffic encryption key (TEK): the first 8 octets of its SHA-256. Of the salt: %1")
            .arg(plain(key.saltFingerprint));
    case Suite:
        return suiteInWords(key.suite);
    case Ssrc:
        return tr("Synchronisation source of the RTP stream, hexadecimal");
    case Session:
        return tr("Number of the crypto session in the crypto session bundle (RFC 3830 6.1)");
    case Mki:
        return tr("Master key identifier in each packet (RFC 3711 3.1)");
    case Roc:
        return tr("Roll-over counter: how often the sequence number started again (RFC 3711 3.2.1)");
    default:
        return tr("From where to where the key is valid (RFC 3830 6.14)");
    }
}

std::vector<KeysModel::Row> KeysModel::rowsOf(const std::vector<call::KeyRow> &keys) const
{
    std::vector<Row> rows;
    for (const call::KeyRow &key : keys) {
        Row row{key, useOf(key, keys), {}};
        for (int column = 0; column < ColumnCount; ++column)
            row.cells[std::size_t(column)] = cell(row, column);
        rows.push_back(std::move(row));
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row &a, const Row &b) { return identityOf(a.key) < identityOf(b.key); });
    return rows;
}

/// What stays of the old rows stands in the order of the new ones, since both are sorted alike.
void KeysModel::setKeys(const std::vector<call::KeyRow> &keys, const QDateTime &now, const QDateTime &renewalDue)
{
    m_now = now;
    m_renewalDue = renewalDue;
    std::vector<Row> rows = rowsOf(keys);
    dropRowsWithout(rows);
    const std::size_t count = rows.size();
    for (std::size_t at = 0; at < count; ++at) {
        if (at < m_rows.size() && identityOf(m_rows[at].key) == identityOf(rows[at].key))
            updateRow(at, std::move(rows[at]));
        else
            addRow(at, std::move(rows[at]));
    }
    while (m_rows.size() > count) // the same key twice
        forgetRow(m_rows.size() - 1);
}

void KeysModel::dropRowsWithout(const std::vector<Row> &wanted)
{
    for (std::size_t at = m_rows.size(); at-- > 0;) {
        const bool stays = std::any_of(wanted.begin(), wanted.end(), [&](const Row &row) {
            return identityOf(row.key) == identityOf(m_rows[at].key);
        });
        if (!stays)
            forgetRow(at);
    }
}

void KeysModel::forgetRow(std::size_t at)
{
    beginRemoveRows({}, int(at), int(at));
    m_rows.erase(m_rows.begin() + std::ptrdiff_t(at));
    endRemoveRows();
}

void KeysModel::addRow(std::size_t at, Row row)
{
    beginInsertRows({}, int(at), int(at));
    m_rows.insert(m_rows.begin() + std::ptrdiff_t(at), std::move(row));
    endInsertRows();
}

void KeysModel::updateRow(std::size_t at, Row row)
{
    const Row before = std::exchange(m_rows[at], std::move(row));
    if (before.use != m_rows[at].use) // the colour of all cells
        return Q_EMIT dataChanged(index(int(at), 0), index(int(at), ColumnCount - 1));
    for (int column = 0; column < ColumnCount; ++column) {
        if (before.cells[std::size_t(column)] != m_rows[at].cells[std::size_t(column)])
            Q_EMIT dataChanged(index(int(at), column), index(int(at), column));
    }
}

void KeysModel::tick(const QDateTime &now)
{
    m_now = now;
    for (std::size_t at = 0; at < m_rows.size(); ++at) {
        Row row = m_rows[at];
        for (const int column : {Age, Left})
            row.cells[std::size_t(column)] = cell(row, column);
        updateRow(at, std::move(row));
    }
}

int KeysModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int KeysModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant KeysModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row &row = m_rows[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return row.cells[std::size_t(index.column())];
    case Qt::ToolTipRole:
        return toolTip(explanation(row, index.column()));
    case Qt::TextAlignmentRole:
        return isNumber(index.column()) ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case Qt::FontRole:
        return fontOf(index.column());
    case Qt::SizeHintRole:
        return steadySize(index.column(), row.cells[std::size_t(index.column())]);
    case Qt::ForegroundRole:
        return row.use == Use::InForce ? QVariant() : QVariant(secondaryText(QApplication::palette()));
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
    const QString titles[ColumnCount] = {tr("Stream"), tr("State"), tr("Gen."),  tr("Age"),  tr("Packets"),
                                         tr("Left"),   tr("Key"),   tr("Suite"), tr("SSRC"), tr("CS"),
                                         tr("MKI"),    tr("ROC"),   tr("Valid")};
    return titles[section];
}

} // namespace ui
