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

    bool hasSalt() const { return type == KeyDataType::TgkSalt || type == KeyDataType::TekSalt; }
    bool isTek() const { return type == KeyDataType::Tek || type == KeyDataType::TekSalt; }
};

/// More keys in one message are refused: each stream has all of them, and SRTP libraries keep so many a stream.
inline constexpr std::size_t mostKeys = 16;

/// The keys in decrypted sub-payloads, checked: lengths, validity data, and that several can be told apart.
Outcome<std::vector<TransportedKey>> transportedKeys(std::span<const PlacedPayload> subPayloads);

/// The suite of each entry of the CS ID map, by its policy number; refused if the endpoint does not take it.
Outcome<std::vector<const SrtpSuite *>> suitesOfMap(const Message &message, const Endpoint &endpoint);

/// The label that binds keys to the bundle of a message. A message without RAND gives an empty one.
BundleLabel labelOf(const Message &message);

/// What a bundle is made of.
struct Bundle
{
    std::span<const SrtpId> map; ///< with the SSRCs that the Responder filled in
    std::span<const SrtpSuite *const> suites;
    std::span<const TransportedKey> keys;
};

/// What both sides agreed on, with the crypto sessions of all streams and keys (RFC 3830 4.1.3). `message` is the
/// I_MESSAGE, which must have a 64-bit timestamp.
Outcome<Agreement> agreementOf(std::string_view method, const Message &message, const Parties &parties,
                               const Bundle &bundle);

} // namespace mikey
