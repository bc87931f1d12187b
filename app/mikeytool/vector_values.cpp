// SPDX-License-Identifier: Apache-2.0
#include "vector_values.h"

#include "account/inspection_json.h"
#include "account/result_json.h"
#include "crypto/hmac.h"
#include "methods/csb.h"
#include "methods/parties.h"
#include "methods/psk.h"
#include "methods/signing.h"
#include "methods/verified.h"
#include "vector_envelope.h"
#include "vector_keys.h"
#include "vector_sakke.h"
#include "wire/inspector.h"

#include <QJsonArray>

#include <algorithm>
#include <stdexcept>

namespace tool {

namespace {

using mikey::Bytes;
using mikey::ByteView;
using mikey::KeyUse;
using mikey::Message;

class Exchange
{
public:
    Exchange(const PlayedExchange &played, const VectorEnds &ends);
    QJsonObject json() const;

private:
    struct Side
    {
        const char *name;
        const mikey::Endpoint &self;
        const mikey::Endpoint &peer;
    };

    ByteView timestamp() const { return m_request.find<mikey::Timestamp>()->value; }
    mikey::Parties parties() const;
    const mikey::PrivateKey &decryptionKey() const;
    std::optional<MessageKeys> messageKeys() const;
    std::optional<ByteView> sharedKey() const;
    mikey::Secret plainOf(const Message &message) const;
    QJsonObject messageJson(const PlayedMessage &played, const Message &message, const Side &sender) const;
    QJsonValue encryptionJson(const Message &message) const;
    QJsonValue envelopeJson(const Message &message) const;
    QJsonValue macJson(const Message &message) const;
    QJsonValue signatureJson(const Message &message, const Side &signer) const;
    QJsonValue halfKeysJson() const;
    QJsonArray keysJson() const;
    QJsonArray sessionsJson() const;

    const PlayedExchange &m_played;
    const VectorEnds &m_ends;
    Side m_initiator;
    Side m_responder;
    Message m_request;
    std::optional<Message> m_answer;
    mikey::BundleLabel m_label;
    std::optional<MessageKeys> m_keys;
};

Exchange::Exchange(const PlayedExchange &played, const VectorEnds &ends)
    : m_played(played),
      m_ends(ends), m_initiator{"initiator", ends.initiator, ends.responder}, m_responder{"responder", ends.responder,
                                                                                          ends.initiator},
      m_request(*mikey::decode(played.request.octets)), m_label(played.agreement.csb->label())
{
    if (played.answer)
        m_answer = *mikey::decode(played.answer->octets);
    m_keys = messageKeys();
}

mikey::Parties Exchange::parties() const
{
    return *mikey::partiesOfOwn(m_request);
}

/// Of whom the envelope is for.
const mikey::PrivateKey &Exchange::decryptionKey() const
{
    const auto &recipient = m_request.find<mikey::Pke>() ? m_responder : m_initiator;
    return recipient.self.x509.own.front().key;
}

/// The key that both sides had before a message of that form.
std::optional<ByteView> Exchange::sharedKey() const
{
    const auto type = m_request.header.dataType;
    if (type != mikey::DataType::PskInit && type != mikey::DataType::DhHmacInit)
        return std::nullopt;
    if (m_played.updated && !m_played.updated->envelopeKey.empty())
        return m_played.updated->envelopeKey.view();
    return mikey::psk::sharedKey(m_initiator.self, m_responder.self.identity);
}

std::optional<MessageKeys> Exchange::messageKeys() const
{
    const auto *pke = m_request.find<mikey::Pke>();
    if (!pke && m_answer)
        pke = m_answer->find<mikey::Pke>();
    if (pke)
        return MessageKeys("envelope key", envelopeKeyIn(*pke, decryptionKey()).view(), m_label);
    const auto shared = sharedKey();
    if (!shared)
        return std::nullopt;
    const bool cached = m_played.updated && !m_played.updated->envelopeKey.empty();
    return MessageKeys(cached ? "cached envelope key" : "pre-shared key", *shared, m_label);
}

mikey::Secret Exchange::plainOf(const Message &message) const
{
    const auto *kemac = message.find<mikey::Kemac>();
    if (!kemac || kemac->encrData.empty())
        return {};
    return m_keys->counterMode(kemac->encrData, timestamp());
}

QJsonValue Exchange::encryptionJson(const Message &message) const
{
    const auto *kemac = message.find<mikey::Kemac>();
    if (!kemac || kemac->encrData.empty())
        return QJsonValue::Null;
    return m_keys->encryptionJson(kemac->encrData, timestamp());
}

QJsonValue Exchange::envelopeJson(const Message &message) const
{
    const auto *pke = message.find<mikey::Pke>();
    if (!pke)
        return QJsonValue::Null;
    return tool::envelopeJson(*pke, decryptionKey());
}

/// The octets of the KEMAC alone, without its MAC and with Next payload 0: what the MAC in an envelope covers.
Bytes bareKemac(const Message &message)
{
    const auto placed = std::find_if(message.payloads.begin(), message.payloads.end(),
                                     [](const auto &p) { return std::holds_alternative<mikey::Kemac>(p.payload); });
    const auto octets = message.octets.subspan(placed->offset, placed->length - mikey::sha1Octets);
    Bytes bare(octets.begin(), octets.end());
    bare.front() = 0;
    return bare;
}

Bytes allBut(const Message &message, std::size_t last)
{
    return {message.octets.begin(), message.octets.end() - static_cast<std::ptrdiff_t>(last)};
}

QJsonValue Exchange::macJson(const Message &message) const
{
    const auto *kemac = message.find<mikey::Kemac>();
    const auto *v = message.find<mikey::Verification>();
    if (!kemac && !v)
        return QJsonValue::Null;
    const auto value = kemac ? kemac->mac : v->data;
    const bool envelope = message.find<mikey::Pke>() != nullptr;
    auto covered = envelope ? bareKemac(message) : allBut(message, value.size());
    if (v) {
        const auto ids = parties();
        mikey::append(covered, mikey::octetsOf(ids.initiator.data));
        mikey::append(covered, mikey::octetsOf(ids.responder.data));
        mikey::append(covered, timestamp());
    }
    return QJsonObject{{QStringLiteral("payload"), QLatin1String(kemac ? "KEMAC" : "V")},
                       {QStringLiteral("key"), hexText(m_keys->auth.key.view())},
                       {QStringLiteral("input"), hexText(covered)},
                       {QStringLiteral("value"), hexText(value)}};
}

QJsonValue Exchange::signatureJson(const Message &message, const Side &signer) const
{
    const auto *sign = message.find<mikey::Sign>();
    if (!sign)
        return QJsonValue::Null;
    const bool reverse = message.header.dataType == mikey::DataType::RsaRResponse;
    constexpr std::size_t signHeaderOctets = 2; // S type and length, which RFC 4738 3.6 leaves out
    auto covered = allBut(message, sign->signature.size() + (reverse ? signHeaderOctets : 0));
    if (reverse) {
        const auto ids = parties();
        for (const auto part : mikey::rsaRScope(ids, timestamp()).appended)
            mikey::append(covered, part);
    }
    return QJsonObject{{QStringLiteral("signer"), QLatin1String(signer.name)},
                       {QStringLiteral("input"), hexText(covered)},
                       {QStringLiteral("value"), hexText(sign->signature)}};
}

QJsonObject Exchange::messageJson(const PlayedMessage &played, const Message &message, const Side &sender) const
{
    const auto inspected = mikey::inspect(message.octets, plainOf(message).view());
    return {{QStringLiteral("message"), utf8Text(inspected.message)},
            {QStringLiteral("from"), QLatin1String(sender.name)},
            {QStringLiteral("octets"), hexText(played.octets)},
            {QStringLiteral("random"), hexArray(played.draws)},
            {QStringLiteral("encryption"), encryptionJson(message)},
            {QStringLiteral("envelope"), envelopeJson(message)},
            {QStringLiteral("mac"), macJson(message)},
            {QStringLiteral("signature"), signatureJson(message, sender)},
            {QStringLiteral("decoded"), account::inspectionJson(inspected)}};
}

/// The draw whose power is the half key.
mikey::DhKey halfKeyOf(const std::vector<Bytes> &draws, const mikey::Dh &half)
{
    for (const auto &draw : draws) {
        auto key = mikey::DhKey::restore(static_cast<mikey::DhGroup>(half.group), draw);
        if (key && mikey::sameOctets(key->publicValue(), half.value))
            return std::move(*key);
    }
    throw std::logic_error("test vector: no draw is the exponent of a half key");
}

QJsonValue Exchange::halfKeysJson() const
{
    const auto *half = m_request.find<mikey::Dh>();
    if (!half)
        return QJsonValue::Null;
    const auto initiators = halfKeyOf(m_played.request.draws, *half);
    const auto responders = halfKeyOf(m_played.answer->draws, *m_answer->find<mikey::Dh>());
    const auto json = [](const mikey::DhKey &key) {
        return QJsonObject{{QStringLiteral("exponent"), hexText(key.exponent())},
                           {QStringLiteral("public_value"), hexText(key.publicValue())}};
    };
    return QJsonObject{{QStringLiteral("group"), utf8Text(mikey::registry::dhGroup.nameOf(half->group))},
                       {QStringLiteral("initiator"), json(initiators)},
                       {QStringLiteral("responder"), json(responders)},
                       {QStringLiteral("shared_secret"), hexText(initiators.agree(responders.publicValue())->view())}};
}

QJsonArray Exchange::keysJson() const
{
    QJsonArray keys;
    for (const auto &key : m_played.agreement.csb->keys)
        keys +=
            QJsonObject{{QStringLiteral("tgk"), hexText(key.key.view())}, {QStringLiteral("mki"), hexText(key.mki)}};
    return keys;
}

QJsonArray Exchange::sessionsJson() const
{
    QJsonArray sessions;
    for (const auto &session : m_played.agreement.sessions) {
        auto json = account::sessionJson(session, account::Keys::Revealed);
        json[QStringLiteral("tek_label")] = hexText(labelOctets(KeyUse::Tek, session.csId, m_label));
        json[QStringLiteral("salt_label")] = hexText(labelOctets(KeyUse::SessionSalt, session.csId, m_label));
        sessions += json;
    }
    return sessions;
}

QJsonObject Exchange::json() const
{
    QJsonArray messages{messageJson(m_played.request, m_request, m_initiator)};
    if (m_answer)
        messages += messageJson(*m_played.answer, *m_answer, m_responder);
    QJsonObject json{{QStringLiteral("time"), utf8Text(mikey::ntpTimeText(m_played.time.octets()))},
                     {QStringLiteral("timestamp"), hexText(timestamp())},
                     {QStringLiteral("csb_id"), utf8Text(mikey::hexOf32(m_request.header.csbId))},
                     {QStringLiteral("label_csb_id"), utf8Text(mikey::hexOf32(m_label.csbId))},
                     {QStringLiteral("rand"), hexText(m_label.rand)},
                     {QStringLiteral("messages"), messages},
                     {QStringLiteral("message_key"), m_keys ? QJsonValue(m_keys->json()) : QJsonValue()},
                     {QStringLiteral("diffie_hellman"), halfKeysJson()},
                     {QStringLiteral("keys"), keysJson()},
                     {QStringLiteral("crypto_sessions"), sessionsJson()}};
    const auto sakke = sakkeJson(m_request, m_ends, m_played.agreement.csb->keys.front().key.view());
    if (!sakke.isNull())
        json[QStringLiteral("sakke")] = sakke;
    return json;
}

} // namespace

QJsonObject exchangeJson(const PlayedExchange &exchange, const VectorEnds &ends)
{
    return Exchange(exchange, ends).json();
}

} // namespace tool
