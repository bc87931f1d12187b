// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prf.h"
#include "methods/exchange.h"

/// From what a message says of its bundle (CS ID map, security policies, transported keys) to the keys of its streams.
/// The same for every method that carries or agrees TGKs.
namespace mikey {

/// A TGK or TEK as it came in a Key data sub-payload.
struct TransportedKey
{
    KeyDataType type = KeyDataType::Tgk;
    Secret key;
    Secret salt; ///< empty unless the type has one
    Bytes mki;   ///< empty: none
    std::optional<KeyInterval> interval;

    bool isTek() const { return type == KeyDataType::Tek || type == KeyDataType::TekSalt; }
};

/// The keys in decrypted sub-payloads, checked: lengths, validity data, and that several can be told apart.
Outcome<std::vector<TransportedKey>> transportedKeys(std::span<const PlacedPayload> subPayloads);

/// The suite of each entry of the CS ID map, by its policy number; refused if the endpoint does not take it.
Outcome<std::vector<const SrtpSuite *>> suitesOfMap(const Message &message, const Endpoint &endpoint);

/// The crypto sessions of all streams and keys (RFC 3830 4.1.3).
Outcome<std::vector<CryptoSession>> deriveSessions(std::span<const SrtpId> map,
                                                   std::span<const SrtpSuite *const> suites,
                                                   std::span<const TransportedKey> keys, const BundleLabel &label,
                                                   Prf prf);

} // namespace mikey
