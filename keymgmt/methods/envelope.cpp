// SPDX-License-Identifier: Apache-2.0
#include "methods/envelope.h"

#include "methods/csb.h"
#include "methods/kemac.h"
#include "methods/verified.h"

#include <algorithm>

namespace mikey {

namespace {

/// RFC 3830 5.2: the MAC covers the KEMAC alone, with the Next payload field set to zero whatever follows.
std::array<std::uint8_t, sha1Octets> envelopeMac(const Envelope &envelope, ByteView key, const Kemac &kemac)
{
    Bytes covered{0};
    Writer writer(covered);
    Kemac bare = kemac;
    bare.mac = {};
    Kemac::fields(bare, writer);
    return kemacMac(authKeyFrom(key, envelope.prf, envelope.label).view(), covered);
}

Error notAuthentic()
{
    return Error::of(ErrorNumber::AuthFailure,
                     "the envelope cannot be opened: it was changed on the way, or is not for "
                     "our certificate");
}

Error broken(std::string reason)
{
    return Error::of(ErrorNumber::Unspecified, std::move(reason));
}

bool isMacRight(const Envelope &envelope, ByteView key, const Kemac &kemac)
{
    if (kemac.macAlgorithm == MacAlgorithm::Null) // checkEnvelopeForm() saw that it may be
        return true;
    return equalSecrets(envelopeMac(envelope, key, kemac), kemac.mac);
}

} // namespace

Secret envelopePlain(const Party &sender, ByteView keys)
{
    // The identity's Next payload names the Key data behind it, which encodeSubPayloads() cannot know of.
    const auto identity = encodeSubPayloads(std::vector<Payload>{sender.payload()});
    Secret plain(identity->size() + keys.size());
    const auto out = plain.writable();
    std::copy(identity->view().begin(), identity->view().end(), out.begin());
    std::copy(keys.begin(), keys.end(), out.begin() + static_cast<std::ptrdiff_t>(identity->size()));
    if (!keys.empty())
        out[0] = KeyData::name.number;
    return plain;
}

SealedEnvelope::SealedEnvelope(const Envelope &envelope, ByteView key, const Party &sender, ByteView keys,
                               const PublicKey &recipient, EnvelopeCache cache, Random &random)
    : m_mac{}, m_encryptedKey(rsaEncrypt(recipient, key, random)), m_cache(cache)
{
    const auto plain = envelopePlain(sender, keys);
    const auto encrypted =
        KeyTransport(envelope.prf, key, envelope.label, envelope.timestamp).counterMode(plain.view());
    m_encrData.assign(encrypted.view().begin(), encrypted.view().end());
    m_mac = envelopeMac(envelope, key, kemac());
}

Kemac SealedEnvelope::kemac() const
{
    return {Encryption::AesCm128, m_encrData, MacAlgorithm::HmacSha1_160, m_mac};
}

Pke SealedEnvelope::pke() const
{
    return {static_cast<std::uint8_t>(m_cache), m_encryptedKey};
}

std::optional<Error> checkEnvelopeForm(const Kemac &kemac, const Accept &accept)
{
    const bool wrapped = kemac.encryption == Encryption::AesKw128;
    const bool nullMac = kemac.macAlgorithm == MacAlgorithm::Null && (wrapped || accept.nullAuthentication);
    if (kemac.macAlgorithm == MacAlgorithm::HmacSha1_160 || nullMac)
        return std::nullopt;
    return Error::of(ErrorNumber::InvalidMac, "key authentication with " +
                                                  registry::mac.nameOf(static_cast<std::uint8_t>(kemac.macAlgorithm)) +
                                                  " is not accepted here");
}

Outcome<OpenedEnvelope> openEnvelope(const Message &message, const Envelope &envelope, ByteView key,
                                     const Accept &accept)
{
    if (!isMacRight(envelope, key, *message.find<Kemac>()))
        return notAuthentic();
    auto plain = decryptKemac(message, key, envelope.label, Id::name.number, accept);
    if (!plain) // the check of key wrap is the MAC of what it wraps
        return message.find<Kemac>()->encryption == Encryption::AesKw128 ? notAuthentic() : std::move(plain.error());
    auto subPayloads = decodeSubPayloads(plain->view(), Id::name.number);
    if (!subPayloads)
        return broken("the encrypted keys are damaged: " + subPayloads.error().reason);
    const auto *id = subPayloads->empty() ? nullptr : std::get_if<Id>(&subPayloads->front().payload);
    if (!id)
        return broken("the encrypted part does not begin with the identity of its sender");
    auto keys = transportedKeys(std::span(*subPayloads).subspan(1));
    if (!keys)
        return std::move(keys.error());
    return OpenedEnvelope{std::move(*plain), Party::of(*id), std::move(*keys)};
}

void keepEnvelopeKey(Agreement &agreement, EndpointState &state, EnvelopeCache cache, ByteView key, NtpTime now)
{
    auto &csb = *agreement.csb;
    csb.envelopeKey = cache == EnvelopeCache::None ? Secret() : Secret(key);
    if (cache == EnvelopeCache::Always && agreement.authenticated && agreement.peerCertificate)
        state.cacheEnvelope({csb.peer().canonical(), csb.method, Secret(key), now, *agreement.peerCertificate});
}

} // namespace mikey
