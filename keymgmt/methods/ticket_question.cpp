// SPDX-License-Identifier: Apache-2.0
#include "methods/ticket_question.h"

#include "methods/certificates.h"
#include "methods/identity.h"
#include "methods/signing.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey {

const TicketExchange ticketRequest{IdRole::Initiator, RandRole::Initiator, DataType::RequestInitPsk,
                                   DataType::RequestInitPk, DataType::RequestResponse};
const TicketExchange ticketResolve{IdRole::Responder, RandRole::Responder, DataType::ResolveInitPsk,
                                   DataType::ResolveInitPk, DataType::ResolveResponse};

TicketRands TicketExchange::rands(ByteView octets) const
{
    return rand == RandRole::Initiator ? TicketRands{octets, {}} : TicketRands{{}, octets};
}

namespace {

Bytes macOver(const TicketGuard &guard, ByteView message, std::initializer_list<ByteView> appended)
{
    Bytes behind;
    for (const auto part : appended)
        append(behind, part);
    return guard.mac({message, behind});
}

} // namespace

std::optional<Bytes> encodeGuarded(const Header &header, std::vector<Payload> payloads, const TicketGuard &guard,
                                   std::initializer_list<ByteView> appended)
{
    payloads.emplace_back(Verification{guard.algorithms().mac, {}});
    auto octets = encode(header, payloads);
    if (!octets || octets->size() + guard.algorithms().macOctets > maxMessageOctets)
        return std::nullopt;
    append(*octets, macOver(guard, *octets, appended));
    return octets;
}

bool isGuarded(const Message &message, const TicketGuard &guard, std::initializer_list<ByteView> appended)
{
    const auto *v = message.payloads.empty() ? nullptr : std::get_if<Verification>(&message.payloads.back().payload);
    if (!v || v->algorithm != guard.algorithms().mac)
        return false;
    return equalSecrets(macOver(guard, message.octets.first(message.octets.size() - v->data.size()), appended),
                        v->data);
}

Outcome<std::unique_ptr<TicketQuestion>> TicketQuestion::make(Context context, const TicketExchange &exchange, Prf prf,
                                                              const Payload &subject, NtpTime now, std::string pskId)
{
    const auto &keys = context.endpoint.ticket;
    const auto *algorithms = ticketAlgorithms(prf);
    if (!algorithms)
        return Error::of(ErrorNumber::InvalidPrf, "the PRF of the ticket is not known here");
    if (!keys.reachesKms())
        return Error::local("there is no account at a key management service");
    auto key = keys.psk.empty() ? context.random.secret(algorithms->keyOctets) : keys.psk.clone();
    std::unique_ptr<TicketQuestion> question(new TicketQuestion(exchange, *algorithms, std::move(key), keys.kms));
    question->m_pskId = std::move(pskId);
    if (auto error = question->build(context, subject, now))
        return std::move(*error);
    return question;
}

/// HDR, T, RANDRx, IDRx, {CERTx}, IDRkms, TP or TICKET, and V, or CHASH, PKE and SIGNx.
std::optional<Error> TicketQuestion::build(Context context, const Payload &subject, NtpTime now)
{
    const auto &endpoint = context.endpoint;
    m_csbId = context.random.number32();
    m_rand.resize(std::max(m_algorithms.keyOctets, m_key.size())); // RFC 6043 12.1
    context.random.fill(m_rand);
    Header header;
    header.dataType = endpoint.ticket.psk.empty() ? m_exchange.withPk : m_exchange.withPsk;
    header.v = true; // RFC 6043 4.2.1.1; 6.1 says otherwise
    header.prf = m_algorithms.prf;
    header.csbId = m_csbId;
    header.mapType = CsIdMapType::Empty;
    const auto sent = context.state.uniqueTime(now).octets();
    const auto &user = endpoint.identity;
    std::vector<Payload> payloads{Timestamp{TimestampType::NtpUtc, sent}, RandWithRole{m_exchange.rand, m_rand},
                                  IdWithRole{m_exchange.user, identityType(user), octetsOf(user)}};
    const IdWithRole kms{IdRole::Kms, identityType(m_kms), octetsOf(m_kms)};
    std::optional<Bytes> octets;
    if (!endpoint.ticket.psk.empty()) {
        payloads.insert(payloads.end(), {kms, subject});
        if (!m_pskId.empty())
            payloads.emplace_back(IdWithRole{IdRole::Psk, IdType::ByteString, octetsOf(m_pskId)});
        octets = encodeGuarded(header, std::move(payloads), guard(TicketTag::InitialMessage),
                               {octetsOf(user), octetsOf(m_kms)});
    } else {
        const auto *own = ownCertificate(endpoint.x509, true, false);
        const auto &theirs = *endpoint.ticket.kmsCertificate;
        const auto envelope = rsaEncrypt(theirs.key(), m_key.view(), context.random);
        if (!own || envelope.empty())
            return Error::local("no certificate of ours proves us to the key management service");
        for (auto &payload : certPayloads(endpoint.x509, *own))
            payloads.push_back(std::move(payload));
        const auto hash = certificateHash(theirs);
        payloads.insert(payloads.end(), {kms, subject, Chash{0, hash}, Pke{0, envelope}});
        octets = encodeSigned(header, std::move(payloads), *own, endpoint.x509.signatureType,
                              {true, {octetsOf(user), octetsOf(m_kms)}});
    }
    if (!octets)
        return Error::local("the question to the key management service becomes too long");
    m_message = std::move(*octets);
    return std::nullopt;
}

TicketGuard TicketQuestion::guard(TicketTag tag) const
{
    return {m_algorithms, m_key.view(), m_csbId, ticketLabel(tag, m_exchange.rands(m_rand))};
}

Outcome<TicketReply> TicketQuestion::open(ByteView octets, bool forking) const
{
    const auto answer = decode(octets);
    if (!answer)
        return Error::of(answer.error().error, "the answer of the key management service is damaged at octet " +
                                                   std::to_string(answer.error().offset) + ": " +
                                                   answer.error().reason);
    const auto &header = answer->header;
    if (header.csbId != m_csbId || header.prf != m_algorithms.prf)
        return Error::discarded("the answer of the key management service belongs to another question");
    if (header.dataType == DataType::Error) {
        auto error = errorOf(*answer, isGuarded(*answer, guard(TicketTag::InitialMessage), {}));
        error.reason = "the key management service refused: " + error.reason;
        return error;
    }
    if (header.dataType != m_exchange.response)
        return Error::of(ErrorNumber::InvalidDataType,
                         messageName(static_cast<std::uint8_t>(header.dataType)) + " does not answer our question");
    const auto response = guard(TicketTag::ResponseMessage);
    if (!isGuarded(*answer, response, {m_message}))
        return Error::of(ErrorNumber::AuthFailure,
                         "the answer does not come from " + m_kms + ", or belongs to another question");
    const auto *timestamp = answer->find<Timestamp>();
    const auto *kemac = answer->find<Kemac>();
    const auto *ticket = answer->find<Ticket>();
    if (!timestamp || !kemac || (m_exchange.response == DataType::RequestResponse && !ticket))
        return Error::of(ErrorNumber::Unspecified, "the answer of the key management service lacks a payload");
    TicketReply reply;
    if (ticket)
        reply.ticket = OwnedTicket::of(*ticket);
    const bool forked = ticket ? ticket->terms.i : forking;
    auto keys = openKeys(response, *kemac, *timestamp, forked ? 2 : 1, &reply.plain);
    if (!keys)
        return std::move(keys.error());
    reply.keys = std::move(*keys);
    if (const auto *id = answer->find<IdWithRole>(IdRole::Responder))
        reply.responderId.assign(id->data.begin(), id->data.end());
    const auto *rand = answer->find<RandWithRole>(RandRole::Kms);
    if (m_exchange.response == DataType::ResolveResponse && forking) {
        if (!rand || reply.responderId.empty())
            return Error::of(ErrorNumber::Unspecified, "the answer does not tell how the keys were forked");
        reply.modifier = ForkModifier{reply.responderId, Bytes(rand->rand.begin(), rand->rand.end())};
    }
    return reply;
}

} // namespace mikey
