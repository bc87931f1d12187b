// SPDX-License-Identifier: Apache-2.0
#include "vector_ticket.h"

#include "methods/csb.h"
#include "methods/ticket_question.h"
#include "vector_envelope.h"
#include "vector_service_steps.h"

#include <algorithm>
#include <stdexcept>

namespace tool {

namespace {

using mikey::Bytes;
using mikey::ByteView;
using mikey::DataType;
using mikey::KeyUse;
using mikey::Message;
using mikey::TicketTag;

Message decoded(const ServiceMessage &message)
{
    return *mikey::decode(message.played.octets);
}

Message messageOf(const ServiceExchange &exchange, DataType type)
{
    for (const auto &message : exchange.messages) {
        if (auto read = decoded(message); read.header.dataType == type)
            return read;
    }
    throw std::logic_error("test vector: a message is missing");
}

MessageAlgorithms algorithmsOf(mikey::Prf prf)
{
    const auto &algorithms = *mikey::ticketAlgorithms(prf);
    return {prf, algorithms.keyOctets, algorithms.macOctets};
}

/// What a label of forked keys has behind the CSB ID (RFC 6043 5.1.1).
Bytes forkLabel(ByteView id, ByteView rand)
{
    Bytes label{static_cast<std::uint8_t>(TicketTag::Fork), static_cast<std::uint8_t>(id.size() >> 8),
                static_cast<std::uint8_t>(id.size())};
    mikey::append(label, id);
    label.push_back(static_cast<std::uint8_t>(rand.size()));
    mikey::append(label, rand);
    return label;
}

/// The ticket in a TRANSFER_INIT, opened.
class OpenedTicket
{
public:
    explicit OpenedTicket(const PlayedService &played);
    QJsonObject json() const;

    const Message &init() const { return m_init; }
    bool isForked() const { return m_ticket.terms.i; }
    ByteView mpki() const { return m_mpki.key.view(); }
    /// With forking MPKr', else MPKi: what protects the answer.
    ByteView mpkOfAnswer() const { return isForked() ? m_forkedMpk->key.view() : mpki(); }
    const char *kindOfAnswer() const { return isForked() ? "MPKr'" : "MPKi"; }

private:
    MessageKeys protectionKeys() const;
    DerivedKey forked(KeyUse use, ByteView key) const;
    ByteView payloadOctets() const;
    QJsonArray keysJson() const;
    QJsonObject macJson() const;
    QJsonValue forksJson() const;
    QJsonValue initiatorDataJson() const;

    const PlayedService &m_played;
    Message m_init, m_answer;
    mikey::Ticket m_ticket;
    MessageAlgorithms m_algorithms;
    mikey::Payloads m_data;
    MessageKeys m_keys; ///< of the TPK
    mikey::Secret m_mpk;
    DerivedKey m_mpki, m_mpkr;
    std::vector<mikey::TransportedKey> m_sessionKeys;
    std::optional<DerivedKey> m_forkedMpk;
};

/// Services name their own; that of a user is the only other one.
const mikey::Secret &tpkNamed(const PlayedService &played, const std::string &id)
{
    for (const auto &tpk : played.services.ticket.tpks) {
        if (tpk.id == id)
            return tpk.key;
    }
    const auto &initiators = played.ends.initiator.ticket.tpk;
    return initiators.empty() ? played.ends.responder.ticket.tpk : initiators;
}

OpenedTicket::OpenedTicket(const PlayedService &played)
    : m_played(played), m_init(messageOf(played.exchanges.front(), DataType::TransferInit)),
      m_answer(messageOf(played.exchanges.front(), DataType::TransferResponse)),
      m_ticket(*m_init.find<mikey::Ticket>()), m_algorithms(algorithmsOf(m_ticket.terms.prf)),
      m_data(*mikey::decodeTicketData(m_ticket.ticketData)), m_keys(protectionKeys())
{
    const auto plain = m_keys.counterMode(mikey::findIn<mikey::Kemac>(m_data)->encrData,
                                          mikey::findIn<mikey::Timestamp>(m_data)->value);
    auto set = mikey::decodeKeys(plain.view(), 1, *mikey::ticketAlgorithms(m_algorithms.prf));
    m_mpk = std::move(set->mpks.front());
    m_sessionKeys = std::move(set->keys);
    const auto label = mikey::ticketLabel(TicketTag::Mpk, mikey::findIn<mikey::Rand>(m_data)->rand);
    const auto ofMpk = [&](KeyUse use) {
        return derive(m_algorithms.prf, m_mpk.view(), use, {mikey::noCsbId, label}, m_mpk.size());
    };
    m_mpki = ofMpk(KeyUse::InitiatorMpk);
    m_mpkr = ofMpk(KeyUse::ResponderMpk);
    if (isForked())
        m_forkedMpk = forked(KeyUse::ForkedMpk, m_mpkr.key.view());
}

MessageKeys OpenedTicket::protectionKeys() const
{
    const auto label = mikey::ticketLabel(TicketTag::Ticket, mikey::findIn<mikey::Rand>(m_data)->rand);
    const auto &tpk = tpkNamed(m_played, mikey::tpkIdOf(m_ticket));
    return {"TPK", tpk.view(), {mikey::noCsbId, label}, m_algorithms};
}

DerivedKey OpenedTicket::forked(KeyUse use, ByteView key) const
{
    const auto label = forkLabel(idData(m_answer, mikey::IdRole::Responder),
                                 m_answer.find<mikey::RandWithRole>(mikey::RandRole::Kms)->rand);
    return derive(m_algorithms.prf, key, use, {mikey::noCsbId, label}, key.size());
}

ByteView OpenedTicket::payloadOctets() const
{
    const auto placed = std::find_if(m_init.payloads.begin(), m_init.payloads.end(),
                                     [](const auto &p) { return std::holds_alternative<mikey::Ticket>(p.payload); });
    return m_init.octets.subspan(placed->offset, placed->length);
}

QString typeOf(const mikey::TransportedKey &key)
{
    return utf8Text(mikey::registry::keyDataType.nameOf(static_cast<std::uint8_t>(key.type)));
}

QJsonArray OpenedTicket::keysJson() const
{
    QJsonArray keys;
    for (const auto &key : m_sessionKeys)
        keys += QJsonObject{{QStringLiteral("type"), typeOf(key)},
                            {QStringLiteral("spi"), hexText(key.mki)},
                            {QStringLiteral("key"), hexText(key.key.view())}};
    return keys;
}

QJsonObject OpenedTicket::macJson() const
{
    const auto &v = std::get<mikey::Verification>(m_data.back().payload);
    const auto covered = *mikey::coveredByTicketMac(payloadOctets(), m_ticket, v.data.size());
    return {{QStringLiteral("payload"), QStringLiteral("V")},
            {QStringLiteral("key"), hexText(m_keys.auth.key.view())},
            {QStringLiteral("input"), hexText(covered)},
            {QStringLiteral("value"), hexText(v.data)}};
}

/// MPKr' and TGK'; TEKs and GTGKs stay as they are.
QJsonValue OpenedTicket::forksJson() const
{
    if (!isForked())
        return QJsonValue::Null;
    QJsonObject forks{
        {QStringLiteral("IDRr"), hexText(idData(m_answer, mikey::IdRole::Responder))},
        {QStringLiteral("RANDRkms"), hexText(m_answer.find<mikey::RandWithRole>(mikey::RandRole::Kms)->rand)},
        {QStringLiteral("MPKr'"), m_forkedMpk->json()}};
    for (const auto &key : m_sessionKeys) {
        if (key.type == mikey::KeyDataType::Tgk)
            forks[QStringLiteral("TGK'")] = forked(KeyUse::ForkedTgk, key.key.view()).json();
    }
    return forks;
}

/// Vr, by which the service sees that the ticket comes from who asked for it (RFC 6043 6.10). Vi is V of the message.
QJsonValue OpenedTicket::initiatorDataJson() const
{
    if (!isForked())
        return QJsonValue::Null;
    const Bytes tag{static_cast<std::uint8_t>(TicketTag::InitiatorData)};
    const auto auth = derive(m_algorithms.prf, m_mpkr.key.view(), KeyUse::MessageAuth, {mikey::noCsbId, tag},
                             m_algorithms.authOctets);
    const auto data = m_ticket.initiatorData;
    const auto covered = data.size() - m_algorithms.authOctets;
    return QJsonObject{{QStringLiteral("auth"), auth.json()},
                       {QStringLiteral("input"), hexText(data.first(covered))},
                       {QStringLiteral("value"), hexText(data.subspan(covered))}};
}

QJsonObject OpenedTicket::json() const
{
    const auto encrypted = mikey::findIn<mikey::Kemac>(m_data)->encrData;
    return {{QStringLiteral("TPK"), m_keys.json()},
            {QStringLiteral("encryption"),
             m_keys.encryptionJson(encrypted, mikey::findIn<mikey::Timestamp>(m_data)->value)},
            {QStringLiteral("mac"), macJson()},
            {QStringLiteral("RAND"), hexText(mikey::findIn<mikey::Rand>(m_data)->rand)},
            {QStringLiteral("MPK"), hexText(m_mpk.view())},
            {QStringLiteral("MPKi"), m_mpki.json()},
            {QStringLiteral("MPKr"), m_mpkr.json()},
            {QStringLiteral("keys"), keysJson()},
            {QStringLiteral("forked"), forksJson()},
            {QStringLiteral("initiator_data"), initiatorDataJson()}};
}

/// The messages of an exchange, one after the other.
class TicketMessages
{
public:
    TicketMessages(const PlayedService &played, const ServiceExchange &exchange, const OpenedTicket &ticket)
        : m_played(played), m_exchange(exchange), m_ticket(ticket)
    {
    }
    QJsonArray json();

private:
    Protection protectionOf(const ServiceMessage &played, const Message &message);
    MessageKeys keysWithService(TicketTag tag) const;
    Protection ofQuestion(const ServiceMessage &played, const Message &message);
    Protection ofReply() const;
    Protection ofTransfer(const Message &message) const;
    Protection ofUpdate(const Message &message) const;
    const mikey::PrivateKey &serviceKey() const { return m_played.services.ticket.x509.own.front().key; }
    ByteView transferInit() const { return messageOf(m_exchange, DataType::TransferInit).octets; }

    const PlayedService &m_played;
    const ServiceExchange &m_exchange;
    const OpenedTicket &m_ticket; ///< of the first exchange
    Message m_question;           ///< that the service answers next
    const mikey::Endpoint *m_asking = nullptr;
};

QJsonArray TicketMessages::json()
{
    QJsonArray all;
    for (const auto &played : m_exchange.messages) {
        const auto message = decoded(played);
        all += protectedMessageJson(played, message, protectionOf(played, message));
    }
    return all;
}

Protection TicketMessages::protectionOf(const ServiceMessage &played, const Message &message)
{
    switch (message.header.dataType) {
    case DataType::TransferInit:
    case DataType::TransferResponse:
        return m_exchange.updated ? ofUpdate(message) : ofTransfer(message);
    case DataType::RequestResponse:
    case DataType::ResolveResponse:
        return ofReply();
    default:
        return ofQuestion(played, message);
    }
}

/// Of the pre-shared key, or the envelope key of the question (RFC 6043 5.1.2).
MessageKeys TicketMessages::keysWithService(TicketTag tag) const
{
    const auto *pke = m_question.find<mikey::Pke>();
    const auto type = m_question.header.dataType;
    const bool request = type == DataType::RequestInitPsk || type == DataType::RequestInitPk;
    const auto &exchange = request ? mikey::ticketRequest : mikey::ticketResolve;
    const auto label =
        mikey::ticketLabel(tag, exchange.rands(m_question.find<mikey::RandWithRole>(exchange.rand)->rand));
    const auto key = pke ? envelopeKeyIn(*pke, serviceKey()) : m_asking->ticket.psk.clone();
    return {pke ? "envelope key" : "pre-shared key",
            key.view(),
            {m_question.header.csbId, label},
            algorithmsOf(m_question.header.prf)};
}

Protection TicketMessages::ofQuestion(const ServiceMessage &played, const Message &message)
{
    m_question = message;
    m_asking = &endpointOf(m_played.ends, played.from);
    Protection protection;
    if (message.find<mikey::Pke>())
        protection.envelope = &serviceKey();
    else
        protection.keys = keysWithService(TicketTag::InitialMessage);
    mikey::append(protection.appended, mikey::octetsOf(m_asking->identity));
    mikey::append(protection.appended, idData(message, mikey::IdRole::Kms));
    return protection;
}

Protection TicketMessages::ofReply() const
{
    Protection protection;
    protection.keys = keysWithService(TicketTag::ResponseMessage);
    mikey::append(protection.appended, m_question.octets);
    return protection;
}

Protection TicketMessages::ofTransfer(const Message &message) const
{
    const auto randOf = [&message](mikey::RandRole role) {
        const auto *rand = message.find<mikey::RandWithRole>(role);
        return rand ? rand->rand : ByteView();
    };
    const auto &init = m_ticket.init();
    const auto ofInitiator = init.find<mikey::RandWithRole>(mikey::RandRole::Initiator)->rand;
    const bool answers = message.header.dataType == DataType::TransferResponse;
    const auto label = mikey::ticketLabel(answers ? TicketTag::ResponseMessage : TicketTag::InitialMessage,
                                          {ofInitiator, randOf(mikey::RandRole::Responder)});
    Protection protection;
    protection.keys.emplace(answers ? m_ticket.kindOfAnswer() : "MPKi",
                            answers ? m_ticket.mpkOfAnswer() : m_ticket.mpki(),
                            mikey::BundleLabel{message.header.csbId, label}, algorithmsOf(message.header.prf));
    if (answers) {
        mikey::append(protection.appended, init.octets);
    } else {
        mikey::append(protection.appended, idData(message, mikey::IdRole::Initiator));
        mikey::append(protection.appended, idData(message, mikey::IdRole::Responder));
    }
    return protection;
}

/// The keys that protected the last message of the exchange that made the bundle (RFC 6043 5.2).
Protection TicketMessages::ofUpdate(const Message &message) const
{
    const auto &csb = *m_exchange.updated;
    Protection protection;
    protection.keys.emplace(m_ticket.kindOfAnswer(), csb.ticket.mpk.view(),
                            mikey::BundleLabel{csb.csbId, csb.ticket.label}, algorithmsOf(csb.prf));
    if (message.header.dataType == DataType::TransferResponse) {
        mikey::append(protection.appended, transferInit());
    } else {
        mikey::append(protection.appended, mikey::octetsOf(csb.parties.initiator.data));
        mikey::append(protection.appended, mikey::octetsOf(csb.parties.responder.data));
    }
    return protection;
}

} // namespace

QJsonObject ticketMembers(const PlayedService &played, const ServiceExchange &exchange)
{
    const OpenedTicket ticket(played);
    QJsonObject members{{QStringLiteral("messages"), TicketMessages(played, exchange, ticket).json()}};
    if (!exchange.updated)
        members[QStringLiteral("ticket")] = ticket.json();
    return members;
}

} // namespace tool
