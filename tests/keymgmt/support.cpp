// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/reply.h"
#include "wire/text.h"

#include <QFile>
#include <QJsonDocument>

#include <algorithm>
#include <stdexcept>

namespace mikey::test {

namespace {

constexpr std::uint8_t tgk[] = {0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
                                0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f};

} // namespace

Bytes octets(std::string_view hexDigits)
{
    auto decoded = fromHex(hexDigits);
    if (!decoded)
        throw std::invalid_argument("no hex");
    return *decoded;
}

QJsonObject vectors(const char *file)
{
    QFile in(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/") + QLatin1String(file));
    if (!in.open(QIODevice::ReadOnly))
        throw std::runtime_error("no test vectors");
    return QJsonDocument::fromJson(in.readAll()).object();
}

void SeededRandom::fill(std::span<std::uint8_t> out)
{
    for (auto &octet : out) {
        m_state = m_state * 6364136223846793005u + 1442695040888963407u;
        octet = static_cast<std::uint8_t>(m_state >> 56);
    }
}

void ScriptedRandom::fill(std::span<std::uint8_t> out)
{
    if (m_script.size() - m_used < out.size())
        throw std::logic_error("the script of random octets is too short");
    std::copy_n(m_script.begin() + static_cast<std::ptrdiff_t>(m_used), out.size(), out.begin());
    m_used += out.size();
}

Bytes sharedKey()
{
    return octets("404142434445464748494a4b4c4d4e4f");
}

Side side(std::string_view self, std::string_view peer, ByteView key)
{
    Side side;
    side.endpoint.identity = self;
    side.endpoint.psk.emplace(std::string(peer), Secret(key));
    return side;
}

Side alice()
{
    return side(aliceId, bobId, sharedKey());
}

Side bob()
{
    return side(bobId, aliceId, sharedKey());
}

Offer offerToBob()
{
    Offer offer;
    offer.peer = bobId;
    return offer;
}

PskInit::PskInit()
{
    header.dataType = DataType::PskInit;
    header.v = true;
    header.csbId = 0x1a2b3c4d;
    header.map = {{0, 0x11111111, 0}, {0, 0, 0}};
    ids = {idPayload(aliceId), idPayload(bobId)};
    keys = {keyData(KeyDataType::Tgk, tgk)};
}

Bytes PskInit::octetsOf() const
{
    const auto timeOctets = time.octets();
    std::vector<Payload> payloads;
    const ByteView stamp(timeOctets.data(), timestampType == TimestampType::Counter ? 4 : 8);
    if (hasTimestamp)
        payloads.emplace_back(Timestamp{timestampType, stamp});
    if (rand)
        payloads.emplace_back(Rand{*rand});
    for (const auto *part : {&ids, &policies, &extensions})
        payloads.insert(payloads.end(), part->begin(), part->end());

    const BundleLabel label{header.csbId, rand ? ByteView(*rand) : ByteView{}};
    const KeyTransport transport(header.prf, psk, label, stamp);
    const auto plain = keys.empty() ? Secret() : std::move(*encodeSubPayloads(keys));
    Secret sealed = plain.clone();
    if (encryption == Encryption::AesCm128)
        sealed = transport.counterMode(plain.view());
    else if (encryption == Encryption::AesKw128)
        sealed = Secret(ByteView(transport.wrap(plain.view())));
    if (hasKemac)
        payloads.emplace_back(Kemac{encryption, sealed.view(), mac, {}});

    Header counted = header;
    if (header.mapType == CsIdMapType::SrtpId)
        counted.csCount = static_cast<std::uint8_t>(header.map.size());
    auto message = *encode(counted, payloads);
    if (hasKemac && mac == MacAlgorithm::HmacSha1_160)
        append(message, kemacMac(messageKey(header.prf, psk, KeyUse::MessageAuth, label, 20).view(), message));
    else if (hasKemac && mac != MacAlgorithm::Null)
        message.resize(message.size() + registry::mac.impliedOctets(static_cast<std::uint8_t>(mac)).value_or(0));
    return message;
}

KeyData keyData(KeyDataType type, ByteView key, ByteView salt, ByteView mki)
{
    KeyData data;
    data.type = type;
    data.key = key;
    data.salt = salt;
    if (!mki.empty())
        data.validity = {KeyValidityType::Spi, mki, {}, {}};
    return data;
}

KeyData keyDataValid(KeyDataType type, ByteView key, ByteView salt, ByteView from, ByteView to)
{
    auto data = keyData(type, key, salt);
    data.validity = {KeyValidityType::Interval, {}, from, to};
    return data;
}

Bytes answerTo(ByteView init, DataType type, std::vector<Payload> payloads, ByteView psk,
               std::optional<std::vector<SrtpId>> map, std::string_view responderId)
{
    const auto request = decode(init);
    Header header = request->header;
    header.dataType = type;
    header.v = false;
    if (map) {
        header.map = *map;
        header.csCount = static_cast<std::uint8_t>(map->size());
    }
    const BundleLabel label{header.csbId, request->find<Rand>()->rand};
    const auto authKey = messageKey(header.prf, psk, KeyUse::MessageAuth, label, 20);
    const auto ids = request->all<Id>();
    const auto idr = responderId.empty() ? ids[1]->data : mikey::octetsOf(responderId);
    const auto timestamp = request->find<Timestamp>()->value;
    return *encodeVerified(header, std::move(payloads), timestamp, {authKey.view(), ids[0]->data, idr});
}

bool sameKeys(const Agreement &a, const Agreement &b)
{
    const auto same = [](const CryptoSession &x, const CryptoSession &y) {
        return x.csId == y.csId && x.policyNo == y.policyNo && x.ssrc == y.ssrc && x.roc == y.roc &&
               x.suite == y.suite && x.mki == y.mki && equalSecrets(x.tek.view(), y.tek.view()) &&
               equalSecrets(x.salt.view(), y.salt.view());
    };
    return a.csbId == b.csbId && a.initiator == b.initiator && a.responder == b.responder &&
           a.timestamp == b.timestamp && a.tgks.size() == b.tgks.size() &&
           std::equal(a.sessions.begin(), a.sessions.end(), b.sessions.begin(), b.sessions.end(), same);
}

std::optional<int> number(const std::optional<Error> &error)
{
    if (!error)
        return std::nullopt;
    return error->number ? static_cast<int>(*error->number) : -1;
}

} // namespace mikey::test
