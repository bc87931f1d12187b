// SPDX-License-Identifier: Apache-2.0
#include "event_writer.h"

#include "call/event_json.h"

#include <QDateTime>
#include <QJsonArray>

#include <cstdio>

using call::CallSnapshot;
using call::Phase;

EventWriter::EventWriter(call::Phone &phone, JsonOutput &output, const QString &side)
    : m_phone(phone), m_output(output), m_side(side)
{
    connect(&phone, &call::Phone::callChanged, this, &EventWriter::tell);
    connect(&phone, &call::Phone::mediaMeasured, this, [this](int id) {
        auto fields = call::toJson(m_phone.snapshotOf(id)->media);
        fields.insert(QStringLiteral("call"), id);
        write(QStringLiteral("media"), fields);
    });
    connect(&phone, &call::Phone::keysRenewed, this, [this](int id) {
        const auto *call = m_phone.snapshotOf(id);
        write(QStringLiteral("rekeyed"), {{QStringLiteral("call"), id},
                                          {QStringLiteral("renewals"), call->security.renewals},
                                          {QStringLiteral("keys"), call::toJson(call->keys)}});
    });
    connect(&phone, &call::Phone::notice, this,
            [](const QString &sentence) { std::fprintf(stderr, "latchkey: %s\n", qUtf8Printable(sentence)); });
}

void EventWriter::write(const QString &event, QJsonObject fields)
{
    fields.insert(QStringLiteral("event"), event);
    fields.insert(QStringLiteral("at"), QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs));
    if (!m_side.isEmpty())
        fields.insert(QStringLiteral("side"), m_side);
    m_output.write(fields,
                   event == QLatin1String("media") ? JsonOutput::Weight::Dispensable : JsonOutput::Weight::Important);
}

void EventWriter::error(const QString &reason)
{
    write(QStringLiteral("error"), {{QStringLiteral("reason"), reason}});
}

void EventWriter::listening()
{
    for (const auto &point : m_phone.snapshot().listening)
        write(QStringLiteral("listening"), {{QStringLiteral("transport"), point.transport},
                                            {QStringLiteral("address"), point.address},
                                            {QStringLiteral("port"), point.port}});
}

void EventWriter::tell(int id)
{
    const auto *call = m_phone.snapshotOf(id);
    auto &told = m_told[id];
    if (!call)
        return;
    if (!told.ended)
        tellBeginning(*call, told);
    tellMikey(*call, told); // what is sent to end a call goes out after its end was decided
    tellEstablished(*call, told);
    tellEnd(*call, told);
    while (m_told.size() > 100) // the phone keeps fewer ended calls than that
        m_told.erase(m_told.begin());
}

void EventWriter::tellBeginning(const CallSnapshot &call, Told &told)
{
    const bool outgoing = call.direction == call::Direction::Outgoing;
    const QJsonObject fields{{QStringLiteral("call"), call.id},
                             {QStringLiteral("peer"), call.peer},
                             {QStringLiteral("address"), call.address},
                             {QStringLiteral("method"), call.security.method}};
    // An incoming call that is refused over its offer never rings; its end tells why.
    const bool wanted = outgoing || (!call.security.suite.isEmpty() && call.phase != Phase::Ended);
    if (!told.begun && wanted) {
        told.begun = true;
        write(outgoing ? QStringLiteral("calling") : QStringLiteral("incoming"), fields);
    }
    if (!told.ringing && call.phase == Phase::Ringing) {
        told.ringing = true;
        write(QStringLiteral("ringing"), fields);
    }
}

void EventWriter::tellMikey(const CallSnapshot &call, Told &told)
{
    told.steps.resize(call.exchange.size());
    for (std::size_t i = 0; i < call.exchange.size(); ++i) {
        const auto &step = call.exchange[i];
        const bool judged = step.sent || step.accepted.has_value() || call.phase == Phase::Ended;
        if (told.steps[i] || step.mikey.isEmpty() || step.retransmission || !judged)
            continue;
        told.steps[i] = true;
        write(QStringLiteral("mikey"),
              {{QStringLiteral("call"), call.id},
               {QStringLiteral("direction"), step.sent ? QStringLiteral("sent") : QStringLiteral("received")},
               {QStringLiteral("message"), step.mikey},
               {QStringLiteral("bytes"), step.mikeyOctets.size()},
               {QStringLiteral("base64"), QString::fromLatin1(step.mikeyOctets.toBase64())},
               {QStringLiteral("accepted"), step.accepted ? QJsonValue(*step.accepted) : QJsonValue(QJsonValue::Null)},
               {QStringLiteral("error"),
                step.error ? QJsonValue(call::toJson(*step.error)) : QJsonValue(QJsonValue::Null)}});
    }
}

void EventWriter::tellEstablished(const CallSnapshot &call, Told &told)
{
    if (told.established || call.phase != Phase::Established)
        return;
    told.established = true;
    const auto &security = call.security;
    write(QStringLiteral("established"),
          {{QStringLiteral("call"), call.id},
           {QStringLiteral("peer"), call.peer},
           {QStringLiteral("address"), call.address},
           {QStringLiteral("peer_verified"),
            QJsonObject{{QStringLiteral("ok"), !security.verifiedPeer.isEmpty()},
                        {QStringLiteral("by"), security.verifiedBy},
                        {QStringLiteral("until"), security.verifiedUntil.toString(Qt::ISODate)},
                        {QStringLiteral("fingerprint"), security.certificateFingerprint},
                        {QStringLiteral("weak"), security.level == call::Security::Level::Weak}}},
           {QStringLiteral("method"), security.method},
           {QStringLiteral("suite"), security.suite},
           {QStringLiteral("setup_ms"), call.setupMs},
           {QStringLiteral("mikey_ms"), call.mikeyMs},
           {QStringLiteral("warnings"), QJsonArray::fromStringList(security.warnings)},
           {QStringLiteral("keys"), call::toJson(call.keys)}});
}

void EventWriter::tellEnd(const CallSnapshot &call, Told &told)
{
    if (told.ended || call.phase != Phase::Ended)
        return;
    told.ended = true;
    const double duration =
        call.establishedAt.isValid() ? static_cast<double>(call.establishedAt.msecsTo(call.endedAt)) / 1000 : 0;
    write(QStringLiteral("ended"),
          {{QStringLiteral("call"), call.id},
           {QStringLiteral("peer"), call.peer},
           {QStringLiteral("address"), call.address},
           {QStringLiteral("by"), call::nameOf(call.endedBy)},
           {QStringLiteral("sip_status"), call.sipStatus ? QJsonValue(call.sipStatus) : QJsonValue(QJsonValue::Null)},
           {QStringLiteral("mikey_error"),
            call.mikeyError ? QJsonValue(call::toJson(*call.mikeyError)) : QJsonValue(QJsonValue::Null)},
           {QStringLiteral("reason"), call.reason},
           {QStringLiteral("duration_s"), duration}});
}
