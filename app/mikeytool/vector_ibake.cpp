// SPDX-License-Identifier: Apache-2.0
#include "vector_ibake.h"

#include "crypto/ecdh.h"
#include "methods/csb.h"
#include "methods/ibake_message.h"
#include "vector_envelope.h"
#include "vector_service_steps.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace tool {

namespace {

using mikey::Bytes;
using mikey::ByteView;
using mikey::DataType;
using mikey::IdRole;
using mikey::Message;

constexpr std::uint32_t noCsbId = 0xffffffff; ///< in labels of MPK and TGK (RFC 6267 5.1)

/// Nothing here comes from outside, so what is missing is a bug.
[[noreturn]] void missing(const char *what)
{
    throw std::logic_error(std::string("test vector: there is no ") + what);
}

/// An IBAKE payload or an ESK, decrypted.
struct Sealed
{
    const char *payload;
    ByteView encrypted;
    const mikey::IbakeIssue *reader;
    mikey::Secret plain;
};

/// Tries the keys of all: encryption does not tell to whom, and with one key only it opens (RFC 5091 5.5).
class Readers
{
public:
    explicit Readers(const PlayedService &played)
    {
        const auto parameters = played.services.ibake.parameters();
        for (const auto &issue : played.issued) {
            const auto id = mikey::ibakeId(issue.identity, issue.date);
            m_keys.emplace_back(&issue, *mikey::ibe::PrivateKey::fromDer(issue.block.view(), id, *parameters));
        }
    }

    Sealed open(const char *payload, ByteView encrypted) const
    {
        for (const auto &[issue, key] : m_keys) {
            if (auto plain = key.decrypt(encrypted))
                return {payload, encrypted, issue, std::move(*plain)};
        }
        missing("key that decrypts a payload");
    }

private:
    std::vector<std::pair<const mikey::IbakeIssue *, mikey::ibe::PrivateKey>> m_keys;
};

/// A message, read.
struct ReadMessage
{
    const ServiceMessage *sent;
    Message message;
    std::vector<Sealed> sealed;
};

std::vector<ReadMessage> read(const PlayedService &played, const ServiceExchange &exchange)
{
    const Readers readers(played);
    std::vector<ReadMessage> all;
    for (const auto &sent : exchange.messages) {
        auto &one = all.emplace_back(ReadMessage{&sent, *mikey::decode(sent.played.octets), {}});
        if (const auto *ibake = one.message.find<mikey::Ibake>())
            one.sealed.push_back(readers.open("IBAKE", ibake->encrData));
        if (const auto *esk = one.message.find<mikey::EncryptedSecretKey>())
            one.sealed.push_back(readers.open("ESK", esk->encrData));
    }
    return all;
}

Bytes exclusiveOr(ByteView a, ByteView b)
{
    Bytes out(a.begin(), a.end());
    std::transform(out.begin(), out.end(), b.begin(), out.begin(), std::bit_xor<>());
    return out;
}

/// The draw that the ciphertext began with: W, its end, is the plain text under the hash of it (RFC 5091 5.4).
const Bytes &rhoOf(const std::vector<Bytes> &draws, const Sealed &sealed)
{
    const auto plain = sealed.plain.view();
    for (const auto &draw : draws) {
        const auto mask = mikey::ibe::hashBytes(mikey::ibe::BfHash::Sha256, draw, plain.size());
        if (mikey::sameOctets(exclusiveOr(plain, mask.view()), sealed.encrypted.last(plain.size())))
            return draw;
    }
    missing("draw of a ciphertext");
}

QJsonArray sealedJson(const ReadMessage &read)
{
    QJsonArray all;
    for (const auto &one : read.sealed)
        all += QJsonObject{{QStringLiteral("payload"), QLatin1String(one.payload)},
                           {QStringLiteral("identity"), utf8Text(one.reader->identity)},
                           {QStringLiteral("date"), utf8Text(one.reader->date)},
                           {QStringLiteral("rho"), hexText(rhoOf(read.sent->played.draws, one))},
                           {QStringLiteral("plain"), hexText(one.plain.view())},
                           {QStringLiteral("encrypted"), hexText(one.encrypted)}};
    return all;
}

/// The point behind the identity with that role in an IBAKE payload.
std::optional<mikey::EcPointValue> pointIn(const Sealed &sealed, IdRole role)
{
    if (std::string_view(sealed.payload) != "IBAKE")
        return std::nullopt;
    const auto payloads = mikey::decodeSubPayloads(sealed.plain.view(), mikey::IdWithRole::name.number);
    std::optional<IdRole> before;
    for (const auto &placed : *payloads) {
        if (const auto *id = std::get_if<mikey::IdWithRole>(&placed.payload))
            before = id->role;
        else if (const auto *point = std::get_if<mikey::EcPoint>(&placed.payload); point && before == role)
            return mikey::EcPointValue{
                point->curve, {point->x.begin(), point->x.end()}, {point->y.begin(), point->y.end()}};
    }
    return std::nullopt;
}

/// The draw whose multiple of the base point is the half key.
mikey::EcdhKey keyOf(const std::vector<ReadMessage> &messages, const mikey::EcPointValue &half)
{
    const auto &curve = *mikey::ecCurve(half.curve);
    for (const auto &message : messages) {
        for (const auto &draw : message.sent->played.draws) {
            auto key = draw.size() == curve.octets ? mikey::EcdhKey::of(curve, mikey::Secret(draw)) : std::nullopt;
            if (key && half.isSame(mikey::EcPointValue::of(*key)))
                return std::move(*key);
        }
    }
    missing("draw of a half key");
}

/// The last half key of the one with this role: a mailbox that answers is told another ECCPTi than who was called.
mikey::EcdhKey halfKeyOf(const std::vector<ReadMessage> &messages, IdRole role)
{
    std::optional<mikey::EcPointValue> last;
    for (const auto &message : messages) {
        for (const auto &sealed : message.sealed) {
            if (auto point = pointIn(sealed, role))
                last = std::move(point);
        }
    }
    if (!last)
        missing("half key");
    return keyOf(messages, *last);
}

QJsonObject halfKeyJson(const mikey::EcdhKey &key)
{
    return {{QStringLiteral("private"), hexText(key.scalar().view())},
            {QStringLiteral("x"), hexText(key.x())},
            {QStringLiteral("y"), hexText(key.y())}};
}

/// An exchange from its messages and the keys that the users fetched.
class IbakeExchange
{
public:
    IbakeExchange(const PlayedService &played, const ServiceExchange &exchange)
        : m_played(played), m_csb(*exchange.agreement.csb), m_messages(read(played, exchange)),
          m_initiator(halfKeyOf(m_messages, IdRole::Initiator)), m_responder(halfKeyOf(m_messages, IdRole::Responder)),
          m_session(*m_initiator.agree(m_responder.x(), m_responder.y())),
          m_mpk(sessionKey(mikey::KeyUse::InitiatorMpk)), m_tgk(sessionKey(mikey::KeyUse::ResponderMpk))
    {
    }

    QJsonArray messagesJson();
    QJsonObject keysJson() const;

private:
    DerivedKey sessionKey(mikey::KeyUse use) const;
    Protection protectionOf(const ReadMessage &read);
    Protection ofKeyRequest(const Message &message) const;
    Protection ofSecondAnswer(const Message &message) const;

    const PlayedService &m_played;
    const mikey::Csb &m_csb;
    std::vector<ReadMessage> m_messages;
    mikey::EcdhKey m_initiator, m_responder;
    mikey::Secret m_session; ///< K_SESSION
    DerivedKey m_mpk, m_tgk;
    const ReadMessage *m_question = nullptr; ///< that the service answers next
};

/// RFC 6267 5.1, whose constants for MPK and TGK are those of MPKi and MPKr of RFC 6043 A.2.2.
DerivedKey IbakeExchange::sessionKey(mikey::KeyUse use) const
{
    return derive(m_csb.prf, m_session.view(), use, {noCsbId, m_csb.rand}, mikey::ibakeKeyOctets(m_csb.prf));
}

QJsonArray IbakeExchange::messagesJson()
{
    QJsonArray all;
    for (const auto &one : m_messages) {
        auto json = protectedMessageJson(*one.sent, one.message, protectionOf(one));
        json[QStringLiteral("ibe")] = sealedJson(one);
        all += json;
    }
    return all;
}

Protection IbakeExchange::protectionOf(const ReadMessage &read)
{
    switch (read.message.header.dataType) {
    case DataType::RequestKeyPsk:
    case DataType::RequestKeyPk:
        m_question = &read;
        return ofKeyRequest(read.message);
    case DataType::RequestKeyResponse:
        return ofKeyRequest(read.message);
    case DataType::IbakeResponse2:
        return ofSecondAnswer(read.message);
    default:
        return {}; // encrypted, and nothing else
    }
}

/// Question and answer are protected by the same keys, derived as in RFC 3830 (RFC 6267 5.2).
Protection IbakeExchange::ofKeyRequest(const Message &message) const
{
    Protection protection;
    const auto &question = m_question->message;
    const auto *pke = question.find<mikey::Pke>();
    if (pke)
        protection.envelope = &m_played.services.ticket.x509.own.front().key;
    if (!message.find<mikey::Pke>()) {
        const auto &asking = endpointOf(m_played.ends, m_question->sent->from);
        const auto key = pke ? envelopeKeyIn(*pke, *protection.envelope) : asking.ibake.psk.clone();
        protection.keys.emplace(pke ? "envelope key" : "pre-shared key", key.view(),
                                mikey::BundleLabel{question.header.csbId, question.find<mikey::Rand>()->rand});
    }
    for (const auto role : {IdRole::Initiator, IdRole::Kms})
        mikey::append(protection.appended, idData(message, role));
    return protection;
}

Protection IbakeExchange::ofSecondAnswer(const Message &message) const
{
    Protection protection;
    protection.keys.emplace("MPK", m_mpk.key.view(), m_csb.label(),
                            MessageAlgorithms{m_csb.prf, mikey::ibakeKeyOctets(m_csb.prf),
                                              message.find<mikey::Verification>()->data.size()});
    for (const auto role : {IdRole::Initiator, IdRole::Responder})
        mikey::append(protection.appended, idData(message, role));
    return protection;
}

QJsonObject IbakeExchange::keysJson() const
{
    return {{QStringLiteral("curve"), utf8Text(m_initiator.curve().name)},
            {QStringLiteral("ECCPTi"), halfKeyJson(m_initiator)},
            {QStringLiteral("ECCPTr"), halfKeyJson(m_responder)},
            {QStringLiteral("K_SESSION"), hexText(m_session.view())},
            {QStringLiteral("MPK"), m_mpk.json()},
            {QStringLiteral("TGK"), m_tgk.json()}};
}

} // namespace

QJsonObject ibakeMembers(const PlayedService &played, const ServiceExchange &exchange)
{
    IbakeExchange told(played, exchange);
    return {{QStringLiteral("messages"), told.messagesJson()}, {QStringLiteral("ibake"), told.keysJson()}};
}

} // namespace tool
