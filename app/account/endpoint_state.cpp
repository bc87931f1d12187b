// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_state.h"

#include "wire/text.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <set>

namespace account {

namespace {

constexpr qint64 mostOctets = qint64{64} << 20; ///< a full cache with the longest identities
constexpr auto kind = "latchkey endpoint state";

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

std::optional<mikey::Bytes> octetsAt(const QJsonObject &object, const char *member)
{
    const auto value = object[QLatin1String(member)];
    return value.isString() ? mikey::fromHex(value.toString().toStdString()) : std::nullopt;
}

std::optional<mikey::NtpTime> timeAt(const QJsonObject &object, const char *member)
{
    const auto octets = octetsAt(object, member);
    return octets ? mikey::NtpTime::fromOctets(*octets) : std::nullopt;
}

QJsonObject entryJson(const mikey::ReplayCache::Entry &entry)
{
    return {{QStringLiteral("timestamp"), hexOf(entry.timestamp.octets())},
            {QStringLiteral("digest"), hexOf(entry.digest)},
            {QStringLiteral("bundle"), hexOf(mikey::octetsOf(entry.bundle))}};
}

std::optional<mikey::ReplayCache::Entry> entryOf(const QJsonObject &json)
{
    const auto timestamp = timeAt(json, "timestamp");
    const auto digest = octetsAt(json, "digest");
    const auto bundle = octetsAt(json, "bundle");
    mikey::ReplayCache::Entry entry;
    if (!timestamp || !digest || digest->size() != entry.digest.size() || !bundle)
        return std::nullopt;
    entry.timestamp = *timestamp;
    std::copy(digest->begin(), digest->end(), entry.digest.begin());
    entry.bundle = mikey::textOf(*bundle);
    return entry;
}

/// The cache forgets what is outside the clock window. On disk that must not be lost without a trace: clocks are set
/// back, and `--at` of mikeytool is any time.
void noteForgotten(const std::vector<mikey::ReplayCache::Entry> &once, mikey::ReplayCache &replays)
{
    std::set<mikey::ReplayCache::Digest> kept;
    for (const auto &entry : replays.entries())
        kept.insert(entry.digest);
    for (const auto &entry : once) {
        if (!kept.contains(entry.digest))
            replays.lostTrackAt(entry.timestamp);
    }
}

QByteArray contentsOf(const mikey::EndpointState &state, bool open)
{
    QJsonArray replays;
    for (const auto &entry : state.replays.entries())
        replays += entryJson(entry);
    QJsonObject file{{QStringLiteral("kind"), QLatin1String(kind)},
                     {QStringLiteral("open"), open},
                     {QStringLiteral("last_sent"), hexOf(state.lastSent.octets())},
                     {QStringLiteral("replays"), replays}};
    if (const auto forgotten = state.replays.forgotten())
        file[QStringLiteral("forgotten")] = hexOf(forgotten->octets());
    return QJsonDocument(file).toJson(QJsonDocument::Compact);
}

std::optional<std::vector<mikey::ReplayCache::Entry>> entriesOf(const QJsonObject &file)
{
    std::vector<mikey::ReplayCache::Entry> entries;
    for (const auto &value : file[QLatin1String("replays")].toArray()) {
        auto entry = entryOf(value.toObject());
        if (!entry)
            return std::nullopt;
        entries.push_back(std::move(*entry));
    }
    return entries;
}

} // namespace

StateFile::StateFile(QString path) : m_path(std::move(path)), m_lock(m_path) {}

Loaded<mikey::EndpointState> StateFile::load(mikey::NtpTime now, std::int64_t skewSeconds, int longestWaitMs)
{
    if (auto trouble = m_lock.take(longestWaitMs))
        return std::move(*trouble);
    if (!QFileInfo::exists(m_path))
        return mikey::EndpointState();
    const auto contents = readFile(m_path, mostOctets);
    if (!contents)
        return contents.error();
    if (contents->isEmpty())
        return mikey::EndpointState();
    const auto file = QJsonDocument::fromJson(*contents).object();
    const auto lastSent = timeAt(file, "last_sent");
    auto entries = entriesOf(file);
    if (file[QLatin1String("kind")] != QLatin1String(kind) || !lastSent || !entries)
        return QStringLiteral("%1: this is not the state of an endpoint, or it is damaged").arg(m_path);
    m_loaded = std::move(*entries);
    mikey::EndpointState state;
    state.lastSent = *lastSent;
    for (const auto &entry : m_loaded)
        state.replays.add(entry, now, skewSeconds);
    noteForgotten(m_loaded, state.replays);
    if (const auto forgotten = timeAt(file, "forgotten"))
        state.replays.lostTrackAt(*forgotten);
    if (file[QLatin1String("open")].toBool())
        state.replays.lostTrackAt(now);
    return state;
}

std::optional<QString> StateFile::write(mikey::EndpointState state, bool open) const
{
    noteForgotten(m_loaded, state.replays);
    return writePrivateFile(m_path, contentsOf(state, open));
}

} // namespace account
