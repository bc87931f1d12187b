// SPDX-License-Identifier: Apache-2.0
#include "call/event_json.h"

#include <QJsonArray>

namespace call {

namespace {

QJsonValue toJson(const std::optional<KeyLimit> &limit)
{
    if (!limit)
        return QJsonValue::Null;
    return QJsonObject{{QStringLiteral("type"), limit->type},
                       {QStringLiteral("value"), QString::fromLatin1(limit->value.toHex())}};
}

QJsonValue orNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

template <class Items>
QJsonArray toArray(const Items &items)
{
    QJsonArray array;
    for (const auto &item : items)
        array.append(toJson(item));
    return array;
}

QString nameOf(Security::Level level)
{
    switch (level) {
    case Security::Level::Pending:
        return QStringLiteral("pending");
    case Security::Level::Verified:
        return QStringLiteral("verified");
    case Security::Level::Unverified:
        return QStringLiteral("unverified");
    case Security::Level::Weak:
        return QStringLiteral("weak");
    case Security::Level::Refused:
        return QStringLiteral("refused");
    }
    return {};
}

} // namespace

QString nameOf(Phase phase)
{
    switch (phase) {
    case Phase::Calling:
        return QStringLiteral("calling");
    case Phase::Ringing:
        return QStringLiteral("ringing");
    case Phase::Incoming:
        return QStringLiteral("incoming");
    case Phase::Connecting:
        return QStringLiteral("connecting");
    case Phase::Established:
        return QStringLiteral("established");
    case Phase::Ended:
        return QStringLiteral("ended");
    }
    return {};
}

QString nameOf(EndedBy by)
{
    switch (by) {
    case EndedBy::Local:
        return QStringLiteral("local");
    case EndedBy::Peer:
        return QStringLiteral("peer");
    case EndedBy::Error:
        return QStringLiteral("error");
    }
    return {};
}

QJsonObject toJson(const ListeningPoint &point)
{
    return {{QStringLiteral("transport"), point.transport},
            {QStringLiteral("address"), point.address},
            {QStringLiteral("port"), point.port}};
}

QJsonObject toJson(const MikeyError &error)
{
    return {{QStringLiteral("number"), error.number ? QJsonValue(*error.number) : QJsonValue(QJsonValue::Null)},
            {QStringLiteral("name"), error.name},
            {QStringLiteral("reason"), error.reason}};
}

QJsonObject toJson(const KeyRow &key)
{
    return {{QStringLiteral("cs_id"), key.csId},
            {QStringLiteral("ssrc"), QStringLiteral("%1").arg(key.ssrc, 8, 16, QLatin1Char('0'))},
            {QStringLiteral("direction"), key.sends ? QStringLiteral("sent") : QStringLiteral("received")},
            {QStringLiteral("suite"), key.suite},
            {QStringLiteral("tek_fingerprint"), key.tekFingerprint},
            {QStringLiteral("salt_fingerprint"), key.saltFingerprint},
            {QStringLiteral("mki"), QString::fromLatin1(key.mki.toHex())},
            {QStringLiteral("roc"), static_cast<qint64>(key.roc)},
            {QStringLiteral("valid_from"), toJson(key.validFrom)},
            {QStringLiteral("valid_to"), toJson(key.validTo)},
            {QStringLiteral("packets"), static_cast<qint64>(key.packets)},
            {QStringLiteral("generation"), key.generation},
            {QStringLiteral("in_force"), key.inForce},
            {QStringLiteral("since"), key.since.toString(Qt::ISODateWithMs)},
            {QStringLiteral("packets_left"),
             key.packetsLeft ? QJsonValue(static_cast<qint64>(*key.packetsLeft)) : QJsonValue(QJsonValue::Null)}};
}

QJsonArray toJson(const std::vector<KeyRow> &keys)
{
    return toArray(keys);
}

QJsonObject toJson(const MediaStats &media)
{
    return {{QStringLiteral("sent"), static_cast<qint64>(media.sent)},
            {QStringLiteral("received"), static_cast<qint64>(media.received)},
            {QStringLiteral("lost"), static_cast<qint64>(media.lost)},
            {QStringLiteral("recovered"), static_cast<qint64>(media.recovered)},
            {QStringLiteral("auth_failures"), static_cast<qint64>(media.authFailures)},
            {QStringLiteral("replayed"), static_cast<qint64>(media.replayed)},
            {QStringLiteral("jitter_ms"), media.jitterMs},
            {QStringLiteral("buffer_ms"), media.bufferMs},
            {QStringLiteral("level_in_db"), media.levelInDb},
            {QStringLiteral("level_out_db"), media.levelOutDb},
            {QStringLiteral("rtt_ms"), media.rttMs ? QJsonValue(*media.rttMs) : QJsonValue(QJsonValue::Null)}};
}

QJsonObject toJson(const CallSnapshot &call)
{
    QJsonObject json{{QStringLiteral("call"), call.id},
                     {QStringLiteral("direction"),
                      call.direction == Direction::Outgoing ? QStringLiteral("outgoing") : QStringLiteral("incoming")},
                     {QStringLiteral("phase"), nameOf(call.phase)},
                     {QStringLiteral("peer"), call.peer},
                     {QStringLiteral("address"), call.address},
                     {QStringLiteral("method"), call.security.method},
                     {QStringLiteral("suite"), orNull(call.security.suite)},
                     {QStringLiteral("security"), nameOf(call.security.level)},
                     {QStringLiteral("certificate_fingerprint"), orNull(call.security.certificateFingerprint)},
                     {QStringLiteral("warnings"), QJsonArray::fromStringList(call.security.warnings)},
                     {QStringLiteral("renewals"), call.security.renewals},
                     {QStringLiteral("renewal_due"), orNull(call.security.renewalDue.toString(Qt::ISODate))},
                     {QStringLiteral("muted"), call.muted},
                     {QStringLiteral("keys"), toArray(call.keys)},
                     {QStringLiteral("media"), toJson(call.media)}};
    if (call.phase == Phase::Ended)
        json.insert(QStringLiteral("reason"), call.reason);
    return json;
}

QJsonObject toJson(const PhoneSnapshot &phone)
{
    return {{QStringLiteral("identity"), phone.identity},
            {QStringLiteral("certificate"), orNull(phone.certificate)},
            {QStringLiteral("listening"), toArray(phone.listening)},
            {QStringLiteral("calls"), toArray(phone.calls)},
            {QStringLiteral("audio_trouble"), orNull(phone.audioTrouble)}};
}

} // namespace call
