// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prf.h"
#include "methods/parties.h"

/// From what a message says of its bundle (CS ID map, security policies, transported keys) to the keys of its streams.
/// The same for every method that carries or agrees TGKs.
namespace mikey {

/// A TGK or TEK as it came in a Key data sub-payload.
struct TransportedKey
{
    KeyDataType type = KeyDataType::Tgk;
    Secret key;
    Secret salt; ///< only if the type has one
    Bytes mki;   ///< empty: none
    std::optional<KeyInterval> interval;

    TransportedKey clone() const { return {type, key.clone(), salt.clone(), mki, interval}; }
    bool hasSalt() const
    {
        return type == KeyDataType::TgkSalt || type == KeyDataType::TekSalt || type == KeyDataType::GtgkSalt;
    }
    bool isTek() const { return type == KeyDataType::Tek || type == KeyDataType::TekSalt; }
};

std::vector<TransportedKey> cloned(std::span<const TransportedKey> keys);

/// More keys in one message are refused: each stream has all of them, and SRTP libraries keep so many a stream.
inline constexpr std::size_t mostKeys = 16;

/// Whether the GTGKs of RFC 6043 6.2.1 may be among the keys.
enum class KeyScope { Pair, Group };

/// The keys in decrypted sub-payloads, checked: lengths, validity data, and that several can be told apart.
Outcome<std::vector<TransportedKey>> transportedKeys(std::span<const PlacedPayload> subPayloads,
                                                     KeyScope scope = KeyScope::Pair);

/// The suite of each entry of the map, by its policy number; refused if the endpoint does not take it. Policies that
/// the message does not state are those of the bundle it updates (`updated`, may be null), else SRTP's defaults.
Outcome<std::vector<const SrtpSuite *>> suitesOfMap(const Message &message, std::span<const SrtpId> map,
                                                    const Endpoint &endpoint, const Csb *updated = nullptr);

/// The suite we like best among those that an offer leaves room for; null if it is none that we take.
const SrtpSuite *acceptableSuite(const SecurityPolicy &offer, const Endpoint &endpoint);

/// The label that binds keys to the bundle of a message that makes one. A message without RAND gives an empty one.
BundleLabel labelOf(const Message &message);

/// Of what an agreement is made.
struct Terms
{
    std::string_view method; ///< name of the method table, of the exchange that made the bundle
    const Message &request;  ///< the I_MESSAGE; it must have a 64-bit timestamp
    const Parties &parties;  ///< of this exchange
    bool weInitiate;         ///< this exchange
    const Csb *updated;      ///< the bundle that it updates, or null
    BundleLabel label;
    std::span<const SrtpId> map;              ///< with the SSRCs that the Responder filled in
    std::span<const SrtpSuite *const> suites; ///< of each entry of the map
    std::span<const TransportedKey> keys;
};

/// What both sides agreed on, with the crypto sessions of all streams and keys (RFC 3830 4.1.3), and the bundle as it
/// stands from now on.
Outcome<Agreement> agreementOf(const Terms &terms);

/// The keys of a validity that stands beside a key derived from Diffie-Hellman (RFC 3830 6.4).
Outcome<std::vector<TransportedKey>> agreedKey(ByteView tgk, const KeyValidity &validity);

} // namespace mikey
