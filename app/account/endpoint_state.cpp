// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_state.h"

#include "crypto/ecdh.h"
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
constexpr std::size_t mostBundles = 64;

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

QJsonObject envelopeJson(const mikey::CachedEnvelope &envelope)
{
    return {{QStringLiteral("peer"), QString::fromStdString(envelope.peer)},
            {QStringLiteral("method"), QString::fromStdString(envelope.method)},
            {QStringLiteral("key"), hexOf(envelope.key.view())},
            {QStringLiteral("certificate"), hexOf(envelope.certificate.der())},
            {QStringLiteral("since"), hexOf(envelope.since.octets())}};
}

std::optional<mikey::CachedEnvelope> envelopeOf(const QJsonObject &json)
{
    auto key = octetsAt(json, "key");
    const auto since = timeAt(json, "since");
    const auto der = octetsAt(json, "certificate");
    const auto certificate = der ? mikey::Certificate::fromDer(*der) : std::nullopt;
    auto secret = key ? mikey::Secret(*key) : mikey::Secret();
    if (key)
        mikey::wipe(*key);
    if (secret.empty() || !since || !certificate)
        return std::nullopt;
    return mikey::CachedEnvelope{json[QLatin1String("peer")].toString().toStdString(),
                                 json[QLatin1String("method")].toString().toStdString(), std::move(secret), *since,
                                 *certificate};
}

QJsonObject ticketJson(const mikey::HeldTicket &held)
{
    return {{QStringLiteral("peer"), QString::fromStdString(held.peer)},
            {QStringLiteral("ticket"), hexOf(held.ticket)},
            {QStringLiteral("keys"), hexOf(held.keys.view())},
            {QStringLiteral("until"), hexOf(held.until.octets())}};
}

QJsonObject resolvedJson(const mikey::ResolvedTicket &resolved)
{
    return {{QStringLiteral("ticket"), hexOf(resolved.ticket)},
            {QStringLiteral("keys"), hexOf(resolved.keys.view())},
            {QStringLiteral("responder"), hexOf(resolved.responderId)},
            {QStringLiteral("rand"), hexOf(resolved.rand)},
            {QStringLiteral("until"), hexOf(resolved.until.octets())}};
}

QJsonObject pendingJson(const mikey::PendingIbake &pending)
{
    QJsonArray map;
    for (const auto &stream : pending.map)
        map += QJsonArray{stream.policyNo, static_cast<qint64>(stream.ssrc), static_cast<qint64>(stream.roc)};
    return {{QStringLiteral("question"), hexOf(pending.question)},
            {QStringLiteral("answer"), hexOf(pending.answer)},
            {QStringLiteral("peer"), QString::fromStdString(pending.peer)},
            {QStringLiteral("csb_id"), static_cast<qint64>(pending.csbId)},
            {QStringLiteral("prf"), static_cast<int>(pending.prf)},
            {QStringLiteral("rand"), hexOf(pending.rand)},
            {QStringLiteral("scalar"), hexOf(pending.scalar.view())},
            {QStringLiteral("curve"), pending.curve},
            {QStringLiteral("their_x"), hexOf(pending.theirX)},
            {QStringLiteral("their_y"), hexOf(pending.theirY)},
            {QStringLiteral("map"), map},
            {QStringLiteral("sent"), hexOf(pending.sent.octets())},
            {QStringLiteral("since"), hexOf(pending.since.octets())}};
}

std::optional<mikey::Secret> secretAt(const QJsonObject &object, const char *member)
{
    auto octets = octetsAt(object, member);
    if (!octets)
        return std::nullopt;
    mikey::Secret secret{mikey::ByteView(*octets)};
    mikey::wipe(*octets);
    return secret;
}

/// The tickets that may serve again; false if one is damaged.
bool readTickets(const QJsonObject &file, mikey::EndpointState &state)
{
    for (const auto &value : file[QLatin1String("tickets")].toArray()) {
        const auto json = value.toObject();
        auto ticket = octetsAt(json, "ticket");
        auto keys = secretAt(json, "keys");
        const auto until = timeAt(json, "until");
        if (!ticket || !keys || !until)
            return false;
        state.tickets.push_back(
            {json[QLatin1String("peer")].toString().toStdString(), std::move(*ticket), std::move(*keys), *until});
    }
    for (const auto &value : file[QLatin1String("resolved_tickets")].toArray()) {
        const auto json = value.toObject();
        auto ticket = octetsAt(json, "ticket"), responder = octetsAt(json, "responder"), rand = octetsAt(json, "rand");
        auto keys = secretAt(json, "keys");
        const auto until = timeAt(json, "until");
        if (!ticket || !responder || !rand || !keys || !until)
            return false;
        state.resolved.push_back(
            {std::move(*ticket), std::move(*keys), std::move(*responder), std::move(*rand), *until});
    }
    return true;
}

/// The IBAKE exchanges that wait for their second message; false if one is damaged.
bool readPending(const QJsonObject &file, mikey::EndpointState &state)
{
    for (const auto &value : file[QLatin1String("pending_ibake")].toArray()) {
        const auto json = value.toObject();
        auto question = octetsAt(json, "question"), answer = octetsAt(json, "answer");
        auto rand = octetsAt(json, "rand"), x = octetsAt(json, "their_x"), y = octetsAt(json, "their_y");
        auto scalar = secretAt(json, "scalar");
        const auto sent = timeAt(json, "sent"), since = timeAt(json, "since");
        const auto curve = static_cast<std::uint8_t>(json[QLatin1String("curve")].toInt());
        if (!question || !answer || !rand || !x || !y || !scalar || !sent || !since || !mikey::ecCurve(curve))
            return false;
        if (!scalar->empty() && !mikey::EcdhKey::of(*mikey::ecCurve(curve), *scalar))
            return false;
        mikey::PendingIbake pending;
        pending.question = std::move(*question);
        pending.answer = std::move(*answer);
        pending.prf = static_cast<mikey::Prf>(json[QLatin1String("prf")].toInt());
        pending.peer = json[QLatin1String("peer")].toString().toStdString();
        pending.csbId = static_cast<std::uint32_t>(json[QLatin1String("csb_id")].toInteger());
        pending.rand = std::move(*rand);
        pending.scalar = std::move(*scalar);
        pending.curve = curve;
        pending.theirX = std::move(*x);
        pending.theirY = std::move(*y);
        pending.sent = *sent;
        pending.since = *since;
        for (const auto &stream : json[QLatin1String("map")].toArray())
            pending.map.push_back({static_cast<std::uint8_t>(stream[0].toInt()),
                                   static_cast<std::uint32_t>(stream[1].toInteger()),
                                   static_cast<std::uint32_t>(stream[2].toInteger())});
        state.pendingIbake.push_back(std::move(pending));
    }
    return true;
}

QByteArray contentsOf(const mikey::EndpointState &state, const mikey::ReplayCache &replays,
                      const std::vector<mikey::Csb> &bundles, bool open)
{
    QJsonArray entries, envelopes, standing, tickets, resolved, pending;
    for (const auto &entry : replays.entries())
        entries += entryJson(entry);
    for (const auto &envelope : state.envelopes)
        envelopes += envelopeJson(envelope);
    for (const auto &held : state.tickets)
        tickets += ticketJson(held);
    for (const auto &ticket : state.resolved)
        resolved += resolvedJson(ticket);
    for (const auto &one : state.pendingIbake)
        pending += pendingJson(one);
    const auto oldest = bundles.size() > mostBundles ? bundles.size() - mostBundles : 0;
    for (auto i = oldest; i < bundles.size(); ++i)
        standing += hexOf(bundles[i].save().view());
    QJsonObject file{{QStringLiteral("kind"), QLatin1String(kind)},
                     {QStringLiteral("open"), open},
                     {QStringLiteral("last_sent"), hexOf(state.lastSent.octets())},
                     {QStringLiteral("replays"), entries},
                     {QStringLiteral("envelopes"), envelopes},
                     {QStringLiteral("bundles"), standing},
                     {QStringLiteral("tickets"), tickets},
                     {QStringLiteral("resolved_tickets"), resolved},
                     {QStringLiteral("pending_ibake"), pending}};
    if (const auto forgotten = replays.forgotten())
        file[QStringLiteral("forgotten")] = hexOf(forgotten->octets());
    return QJsonDocument(file).toJson(QJsonDocument::Compact);
}

/// What envelopes and bundles the file holds; false if one is damaged.
bool readKeys(const QJsonObject &file, mikey::EndpointState &state, std::vector<mikey::Csb> &bundles)
{
    for (const auto &value : file[QLatin1String("envelopes")].toArray()) {
        auto envelope = envelopeOf(value.toObject());
        if (!envelope)
            return false;
        state.envelopes.push_back(std::move(*envelope));
    }
    for (const auto &value : file[QLatin1String("bundles")].toArray()) {
        auto saved = mikey::fromHex(value.toString().toStdString());
        auto bundle = saved ? mikey::Csb::load(*saved) : std::nullopt;
        if (saved)
            mikey::wipe(*saved);
        if (!bundle)
            return false;
        bundles.push_back(std::move(*bundle));
    }
    return true;
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
    auto contents = readFile(m_path, mostOctets);
    if (!contents)
        return contents.error();
    if (contents->isEmpty())
        return mikey::EndpointState();
    const auto file = QJsonDocument::fromJson(*contents).object();
    wipe(*contents);
    const auto lastSent = timeAt(file, "last_sent");
    auto entries = entriesOf(file);
    mikey::EndpointState state;
    m_bundles.clear();
    if (file[QLatin1String("kind")] != QLatin1String(kind) || !lastSent || !entries ||
        !readKeys(file, state, m_bundles) || !readTickets(file, state) || !readPending(file, state))
        return QStringLiteral("%1: this is not the state of an endpoint, or it is damaged").arg(m_path);
    m_loaded = std::move(*entries);
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

void StateFile::keep(const mikey::Csb &bundle)
{
    std::erase_if(m_bundles, [&bundle](const auto &other) { // peers choose the IDs
        return other.csbId == bundle.csbId && other.peer().canonical() == bundle.peer().canonical();
    });
    m_bundles.push_back(bundle.clone());
}

std::optional<QString> StateFile::write(const mikey::EndpointState &state, bool open) const
{
    auto replays = state.replays;
    noteForgotten(m_loaded, replays);
    auto contents = contentsOf(state, replays, m_bundles, open);
    auto trouble = writePrivateFile(m_path, contents);
    wipe(contents);
    return trouble;
}

} // namespace account
