// SPDX-License-Identifier: Apache-2.0
#include "methods/dhhmac.h"

#include "methods/half_key_exchange.h"
#include "methods/kemac.h"
#include "methods/psk.h"
#include "methods/verified.h"
#include "wire/text.h"

namespace mikey::dhhmac {

namespace {

constexpr std::string_view name = "dh-hmac";

/// A message that ends in a KEMAC without keys, whose MAC covers all before it and nothing else (RFC 4650 3). The
/// numbers of its algorithms are those of the registry: 4.2 of the RFC prints others, 7 claims no own name space.
std::optional<Bytes> encodeMaced(const Header &header, std::vector<Payload> payloads, const Secret &authKey)
{
    payloads.emplace_back(Kemac{Encryption::Null, {}, MacAlgorithm::HmacSha1_160, {}});
    auto octets = encode(header, payloads);
    if (octets)
        append(*octets, kemacMac(authKey.view(), *octets));
    if (octets && octets->size() > maxMessageOctets)
        return std::nullopt;
    return octets;
}

/// Whether the KEMAC that ends the message holds its HMAC. An HMAC under the number that RFC 4650 prints is one.
bool isMaced(const Message &message, const Secret &authKey)
{
    const auto *kemac = message.payloads.empty() ? nullptr : std::get_if<Kemac>(&message.payloads.back().payload);
    if (!kemac || kemac->mac.size() != sha1Octets)
        return false;
    const auto covered = message.octets.first(message.octets.size() - sha1Octets);
    return equalSecrets(kemacMac(authKey.view(), covered), kemac->mac);
}

std::optional<Error> checkKemac(const Message &message)
{
    const auto *kemac = message.find<Kemac>();
    if (!kemac || !kemac->encrData.empty())
        return Error::of(ErrorNumber::Unspecified, "the KEMAC of DH-HMAC holds no keys");
    // RFC 4650 4.2 prints 2 for NULL, which is AES key wrap in the registry; with no data both are the same.
    if (kemac->encryption != Encryption::Null && kemac->encryption != Encryption::AesKw128)
        return Error::of(ErrorNumber::InvalidEncryption, "the KEMAC of DH-HMAC has no encryption");
    if (kemac->mac.size() != sha1Octets)
        return Error::of(ErrorNumber::InvalidMac, "the message is not authenticated by HMAC-SHA-1");
    return std::nullopt;
}

Error notSharing(const Party &party)
{
    return Error::of(ErrorNumber::AuthFailure, "the message does not match the key shared with " +
                                                   printableStart(octetsOf(party.data)) +
                                                   ": it was changed on the way, or the two sides hold different keys");
}

class DhHmacResponder final : public HalfKeyResponding
{
public:
    using HalfKeyResponding::HalfKeyResponding;

private:
    std::string_view method() const override { return name; }
    DataType answerType() const override { return DataType::DhHmacResponse; }
    std::optional<Error> checkProof() override { return checkKemac(message()); }

    std::optional<Error> prepare() override
    {
        const auto key = psk::sharedKey(endpoint(), m_parties.initiator.canonical());
        if (!key)
            return Error::of(ErrorNumber::InvalidId,
                             "there is no key shared with " + printableStart(octetsOf(m_parties.initiator.data)));
        m_authKey = authKeyFrom(*key, message().header.prf, label());
        return std::nullopt;
    }

    std::optional<Error> authenticate() override
    {
        m_authenticated = isMaced(message(), m_authKey);
        return m_authenticated ? std::nullopt : std::optional(notSharing(m_parties.initiator));
    }

    Closing closing() const override
    {
        return [this](const Header &header, std::vector<Payload> payloads) {
            return encodeMaced(header, std::move(payloads), m_authKey);
        };
    }

    Closing errorClosing() const override { return m_authenticated ? closing() : nullptr; }
    void note(Agreement &) const override {}

    Secret m_authKey;
    bool m_authenticated = false;
};

class DhHmacInitiator final : public HalfKeyInitiating
{
public:
    DhHmacInitiator(Context context, Bytes message, std::optional<DhKey> key, ByteView psk,
                    std::shared_ptr<const Csb> updated)
        : HalfKeyInitiating(context, std::move(message), std::move(key), std::move(updated)), m_psk(psk)
    {
    }

private:
    std::string_view method() const override { return name; }
    DataType answerType() const override { return DataType::DhHmacResponse; }

    std::optional<Error> authenticate(const Message &answer) override
    {
        if (auto error = checkKemac(answer))
            return error;
        return isMaced(answer, authKey()) ? std::nullopt : std::optional(notSharing(m_parties.responder));
    }

    /// RFC 4650 has no V payload among its own; who follows RFC 3830 5.1.2 sends one in an error message.
    bool isAuthenticError(const Message &answer) const override
    {
        return isMaced(answer, authKey()) || isVerified(answer, timestamp(), authKey(), m_parties);
    }

    Secret authKey() const { return authKeyFrom(m_psk.view(), own().header.prf, label()); }
    void note(Agreement &) const override {}
    void saveProof(Packer &to) const override { to.add(m_psk.view()); }

    Secret m_psk;
};

Outcome<std::unique_ptr<Initiator>> build(Context context, const Opening &opening, std::optional<DhKey> key,
                                          ByteView psk, std::shared_ptr<const Csb> updated)
{
    const auto mki = opening.mki();
    auto octets = encodeMaced(halfKeyHeader(opening), halfKeyPayloads(opening, key ? &*key : nullptr, mki),
                              authKeyFrom(psk, opening.header().prf, opening.label()));
    if (!octets)
        return Error::local("an identity is too long for a MIKEY message");
    return std::unique_ptr<Initiator>(
        std::make_unique<DhHmacInitiator>(context, std::move(*octets), std::move(key), psk, std::move(updated)));
}

} // namespace

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer)
{
    return psk::obstacle(endpoint, peer);
}

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    if (auto error = checkOwnGroup(offer.group, context.endpoint.accept))
        return std::move(*error);
    const Opening opening(context, offer, DataType::DhHmacInit, now);
    return build(context, opening, DhKey::generate(offer.group, context.random),
                 *psk::sharedKey(context.endpoint, offer.peer), nullptr);
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    if (auto error = checkRenewal(csb, renewal))
        return std::move(*error);
    const auto peer = csb.peer().canonical();
    const auto psk = psk::sharedKey(context.endpoint, peer);
    if (!psk)
        return Error::local(*obstacle(context.endpoint, peer));
    const Opening opening(context, csb, renewal, DataType::DhHmacInit, now);
    return build(context, opening, renewedHalfKey(renewal, DhGroup::Oakley5, context.random), *psk,
                 std::make_shared<Csb>(csb.clone()));
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    Unpacker from(saved);
    auto key = unpackHalfKey(from);
    const auto psk = from.field();
    auto loaded = loadInitiating(from, DataType::DhHmacInit);
    if (!loaded || !isKeyOf(key, loaded->message))
        return damagedExchange();
    return std::unique_ptr<Initiator>(std::make_unique<DhHmacInitiator>(
        context, std::move(loaded->message), std::move(key), psk, std::move(loaded->updated)));
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<DhHmacResponder>(context);
}

} // namespace mikey::dhhmac
