// SPDX-License-Identifier: Apache-2.0
#include "methods/ticket_guard.h"

#include "crypto/hmac.h"
#include "crypto/key_transport.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr TicketAlgorithms table[] = {
    {Prf::Mikey1, Encryption::AesCm128, MacAlgorithm::HmacSha1_160, aes128Octets, sha1Octets},
    {Prf::HmacSha256, Encryption::AesCm256, MacAlgorithm::HmacSha256_256, aes256Octets, sha256Octets},
};

void addCounted(Bytes &to, ByteView rand)
{
    to.push_back(static_cast<std::uint8_t>(rand.size()));
    append(to, rand);
}

Error broken(std::string reason)
{
    return Error::of(ErrorNumber::Unspecified, std::move(reason));
}

KeyData keyDataOf(const TransportedKey &key)
{
    KeyData data;
    data.type = key.type;
    data.key = key.key.view();
    data.salt = key.salt.view();
    data.validity.type = KeyValidityType::Spi;
    data.validity.spi = key.mki;
    return data;
}

} // namespace

Bytes ticketLabel(TicketTag tag, const TicketRands &rands)
{
    Bytes label{static_cast<std::uint8_t>(tag)};
    addCounted(label, rands.initiator);
    addCounted(label, rands.responder);
    return label;
}

Bytes ticketLabel(TicketTag tag, ByteView rand)
{
    Bytes label{static_cast<std::uint8_t>(tag)};
    addCounted(label, rand);
    return label;
}

const TicketAlgorithms *ticketAlgorithms(Prf prf)
{
    const auto it = std::find_if(std::begin(table), std::end(table), [prf](const auto &row) { return row.prf == prf; });
    return it == std::end(table) ? nullptr : it;
}

TicketGuard::TicketGuard(const TicketAlgorithms &algorithms, ByteView key, std::uint32_t csbId, Bytes label)
    : m_algorithms(&algorithms), m_key(key), m_csbId(csbId), m_label(std::move(label))
{
}

Secret TicketGuard::counterMode(ByteView data, const Timestamp &timestamp) const
{
    const auto key =
        messageKey(m_algorithms->prf, m_key.view(), KeyUse::MessageEncr, bundle(), m_algorithms->keyOctets);
    const auto salt = messageKey(m_algorithms->prf, m_key.view(), KeyUse::MessageSalt, bundle(), aesCmSaltOctets);
    Bytes value(timestamp.value.begin(), timestamp.value.end());
    if (timestamp.type == TimestampType::NtpUtc32) // RFC 6043 6.3: the fraction is zero
        value.resize(8);
    return aesCm(key.view(), aesCmIv(salt.view(), m_csbId, value), data);
}

Bytes TicketGuard::mac(std::initializer_list<ByteView> parts) const
{
    const auto octets = m_algorithms->macOctets;
    const auto key = messageKey(m_algorithms->prf, m_key.view(), KeyUse::MessageAuth, bundle(), octets);
    Bytes mac(octets);
    hmac(octets == sha1Octets ? Hash::Sha1 : Hash::Sha256, key.view(), parts, mac);
    return mac;
}

bool TicketGuard::verifies(const Verification &v, std::initializer_list<ByteView> parts) const
{
    return v.algorithm == m_algorithms->mac && equalSecrets(mac(parts), v.data);
}

GuardedKeys::GuardedKeys(const TicketGuard &guard, ByteView subPayloads, const Timestamp &timestamp)
    : m_encryption(guard.algorithms().encryption), m_data(guard.counterMode(subPayloads, timestamp))
{
}

TicketKeySet TicketKeySet::clone() const
{
    TicketKeySet copy;
    for (const auto &mpk : mpks)
        copy.mpks.push_back(mpk.clone());
    copy.keys = cloned(keys);
    return copy;
}

Secret TicketKeySet::save() const
{
    return encodeKeys(mpks, keys);
}

Secret encodeKeys(std::span<const Secret> mpks, std::span<const TransportedKey> keys)
{
    // Every key has an SPI (RFC 6043 6.2.1); those of MPKs are never used (decision D-10).
    std::vector<Bytes> spis;
    for (std::size_t i = 0; i < mpks.size(); ++i)
        spis.push_back({0, 0, 0, static_cast<std::uint8_t>(0xf0 + i)});
    std::vector<Payload> payloads;
    for (std::size_t i = 0; i < mpks.size(); ++i) {
        KeyData data;
        data.type = KeyDataType::Mpk;
        data.key = mpks[i].view();
        data.validity.type = KeyValidityType::Spi;
        data.validity.spi = spis[i];
        payloads.emplace_back(data);
    }
    for (const auto &key : keys)
        payloads.emplace_back(keyDataOf(key));
    if (payloads.empty())
        return {};
    auto encoded = encodeSubPayloads(payloads);
    return encoded ? std::move(*encoded) : Secret();
}

Outcome<TicketKeySet> decodeKeys(ByteView subPayloads, std::size_t mpks, const TicketAlgorithms &algorithms)
{
    if (subPayloads.empty() && mpks == 0)
        return TicketKeySet();
    auto decoded = decodeSubPayloads(subPayloads, KeyData::name.number);
    if (!decoded)
        return broken("the encrypted keys are damaged: " + decoded.error().reason);
    TicketKeySet set;
    const auto isMpk = [](const PlacedPayload &placed) {
        const auto *data = std::get_if<KeyData>(&placed.payload);
        return data && data->type == KeyDataType::Mpk;
    };
    for (const auto &placed : *decoded) {
        if (!isMpk(placed))
            break;
        const auto &data = std::get<KeyData>(placed.payload);
        if (data.key.size() < aes128Octets || data.key.size() > aes256Octets) // RFC 6043 12.1
            return broken("a key that protects messages has " + std::to_string(data.key.size()) + " octets");
        set.mpks.emplace_back(data.key);
    }
    if (set.mpks.size() != mpks)
        return broken("there are " + std::to_string(set.mpks.size()) + " keys to protect messages with, not " +
                      std::to_string(mpks));
    auto keys = transportedKeys(std::span(*decoded).subspan(mpks), KeyScope::Group);
    if (!keys)
        return std::move(keys.error());
    for (const auto &key : *keys) {
        if (key.mki.empty())
            return broken("a key came without an SPI, which each needs in this method");
        if (key.key.size() > aes128Octets && algorithms.keyOctets < aes256Octets)
            return broken("a key of more than 128 bits came under algorithms of 128 bits");
    }
    set.keys = std::move(*keys);
    return set;
}

Outcome<TicketKeySet> openKeys(const TicketGuard &guard, const Kemac &kemac, const Timestamp &timestamp,
                               std::size_t mpks, Secret *plain)
{
    if (kemac.encryption != guard.algorithms().encryption)
        return Error::of(ErrorNumber::InvalidEncryption,
                         registry::encryption.nameOf(static_cast<std::uint8_t>(kemac.encryption)) +
                             " does not go with the PRF of the message");
    if (kemac.macAlgorithm != MacAlgorithm::Null)
        return Error::of(ErrorNumber::InvalidMac, "a KEMAC of this method has no MAC of its own");
    auto decrypted = guard.counterMode(kemac.encrData, timestamp);
    auto set = decodeKeys(decrypted.view(), mpks, guard.algorithms());
    if (plain)
        *plain = std::move(decrypted);
    return set;
}

Secret forkedKey(Prf ticketPrf, ByteView key, KeyUse use, const ForkModifier &modifier)
{
    const auto idOctets = modifier.responderId.size();
    Bytes label{static_cast<std::uint8_t>(TicketTag::Fork), static_cast<std::uint8_t>(idOctets >> 8),
                static_cast<std::uint8_t>(idOctets)};
    append(label, modifier.responderId);
    addCounted(label, modifier.rand);
    return messageKey(ticketPrf, key, use, {noCsbId, label}, key.size());
}

std::vector<TransportedKey> forkedKeys(Prf ticketPrf, std::span<const TransportedKey> keys,
                                       const ForkModifier &modifier)
{
    auto forked = cloned(keys);
    for (auto &key : forked) {
        if (key.type == KeyDataType::Tgk || key.type == KeyDataType::TgkSalt)
            key.key = forkedKey(ticketPrf, key.key.view(), KeyUse::ForkedTgk, modifier);
    }
    return forked;
}

std::size_t longestKey(std::span<const TransportedKey> keys)
{
    std::size_t longest = 0;
    for (const auto &key : keys)
        longest = std::max(longest, key.key.size());
    return longest;
}

} // namespace mikey
