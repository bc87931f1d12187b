// SPDX-License-Identifier: Apache-2.0
#include "methods/kemac.h"

#include "crypto/key_transport.h"
#include "methods/bundle.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t kwMostPadding = 7; ///< zeros that fill the last block of AES key wrap

/// The zeros that pad key wrap to whole blocks follow the last sub-payload, whose chain ends before them.
ByteView withoutPadding(ByteView plain, std::uint8_t first)
{
    for (std::size_t cut = 0; cut <= std::min(kwMostPadding, plain.size()); ++cut) {
        if (cut > 0 && plain[plain.size() - cut] != 0)
            break;
        const auto rest = plain.first(plain.size() - cut);
        if (decodeSubPayloads(rest, first))
            return rest;
    }
    return plain;
}

} // namespace

std::array<std::uint8_t, sha1Octets> kemacMac(ByteView authKey, ByteView covered)
{
    std::array<std::uint8_t, sha1Octets> mac{};
    hmac(Hash::Sha1, authKey, {covered}, mac);
    return mac;
}

Secret KeyTransport::derive(KeyUse use, std::size_t size) const
{
    return messageKey(m_prf, m_key, use, m_label, size);
}

Secret KeyTransport::counterMode(ByteView data) const
{
    const auto key = derive(KeyUse::MessageEncr, aes128Octets);
    const auto salt = derive(KeyUse::MessageSalt, aesCmSaltOctets);
    return aesCm(key.view(), aesCmIv(salt.view(), m_label.csbId, m_timestamp), data);
}

Bytes KeyTransport::wrap(ByteView plain) const
{
    const auto key = derive(KeyUse::MessageEncr, aes128Octets);
    return aesKeyWrap(key.view(), derive(KeyUse::MessageSalt, aesKwSaltOctets).view(), plain);
}

std::optional<Secret> KeyTransport::unwrap(ByteView data) const
{
    const auto key = derive(KeyUse::MessageEncr, aes128Octets);
    return aesKeyUnwrap(key.view(), derive(KeyUse::MessageSalt, aesKwSaltOctets).view(), data);
}

void noteKeyEncryption(Agreement &agreement, const Kemac &kemac)
{
    if (kemac.encryption == Encryption::Null && !kemac.encrData.empty())
        agreement.weaknesses.emplace_back("the keys were sent unencrypted (NULL encryption)");
}

Outcome<Secret> decryptKemac(const Message &message, ByteView key, const BundleLabel &label, std::uint8_t first,
                             const Accept &accept)
{
    const auto &kemac = *message.find<Kemac>();
    const KeyTransport transport(message.header.prf, key, label, message.find<Timestamp>()->value);
    switch (kemac.encryption) {
    case Encryption::AesCm128:
        return transport.counterMode(kemac.encrData);
    case Encryption::AesKw128:
        if (const auto plain = transport.unwrap(kemac.encrData))
            return Secret(withoutPadding(plain->view(), first));
        return Error::of(ErrorNumber::Unspecified, "the wrapped keys do not pass the check of AES key wrap");
    case Encryption::Null:
        if (accept.nullEncryption)
            return Secret(kemac.encrData);
        return Error::of(ErrorNumber::InvalidEncryption, "the keys came unencrypted, which is not allowed here");
    case Encryption::AesCm256: // of TICKET only (RFC 6043 6.2)
        break;
    }
    return Error::of(ErrorNumber::InvalidEncryption,
                     "key encryption with " + registry::encryption.nameOf(static_cast<std::uint8_t>(kemac.encryption)) +
                         " is not supported");
}

} // namespace mikey
