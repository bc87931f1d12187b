// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/bundle.h"

/// DH payloads (RFC 3830 6.4), the same for signed Diffie-Hellman and DH-HMAC.
namespace mikey {

/// That the group is one we know and take, before any exponentiation.
std::optional<Error> checkGroup(const Dh &half, const Accept &accept);

/// A half key as a payload; it views the key and the MKI.
Dh halfKey(const DhKey &key, ByteView mki);

/// The half keys of an answer: DHr and the copy of our DHi, which has to be there octet for octet (RFC 3830 3.3).
/// Either both, or in an update without DHi none.
Outcome<const Dh *> responderHalf(const Message &answer, const Dh *own);

/// TGK = g^(xi xr), with the validity that DHi tells.
Outcome<std::vector<TransportedKey>> keyFrom(const DhKey &own, const Dh &peers, const KeyValidity &validity);

/// Our group in the notation of messages.
DhGroup groupOf(const Dh &half);

/// Whether we may propose the group.
std::optional<Error> checkOwnGroup(DhGroup group, const Accept &accept);

} // namespace mikey
