// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

namespace mikey {

/// A MAC key and the identities that the MAC of a verification message covers besides the message (RFC 3830 5.2).
struct VerificationKey
{
    ByteView authKey;
    ByteView initiatorId; ///< data of the ID payloads, as transported
    ByteView responderId;
};

/// HMAC over the message without its Ver data, the identities and the TS value.
std::array<std::uint8_t, 20> verificationMac(const VerificationKey &key, ByteView messageWithoutMac,
                                             ByteView timestamp);

/// A message that ends in a V payload, with its MAC filled in. `payloads` come without V.
std::optional<Bytes> encodeVerified(const Header &header, std::vector<Payload> payloads, ByteView timestamp,
                                    const VerificationKey &key);

/// Checks the V payload that ends a message.
bool verifies(const Message &message, const Verification &v, ByteView timestamp, const VerificationKey &key);

/// Ends a message with what proves where it comes from (V, KEMAC or SIGN), and encodes it. None if it is too long.
using Closing = std::function<std::optional<Bytes>(const Header &, std::vector<Payload>)>;

/// The MIKEY error message (RFC 3830 5.1.2) that answers `request`. Without a closing it is unauthenticated, as it has
/// to be when the peer is not. For unsupported SRTP parameters it tells the suites we take. None if the request has no
/// timestamp to repeat, or the error is one to keep silent about.
std::optional<Bytes> errorMessage(const Message &request, const Error &error, const Endpoint &endpoint,
                                  const Closing &closing = nullptr);

/// What an error message says, as an error of our own.
Error errorOf(const Message &message, bool authenticated);

} // namespace mikey
