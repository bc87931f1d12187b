// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prf.h"
#include "methods/parties.h"
#include "methods/reply.h"

/// The verification message that answers with a pre-shared or an envelope key (RFC 3830 3.1 and 3.2).
namespace mikey {

inline constexpr std::size_t authKeyOctets = 20; ///< RFC 3830 4.2.4: the size of the hash

/// The authentication key of messages, from a pre-shared or an envelope key.
Secret authKeyFrom(ByteView key, Prf prf, const BundleLabel &label);

/// What the MAC of a verification message is made with. It views its arguments.
VerificationKey verificationKey(const Secret &authKey, const Parties &parties);

/// Whether the V payload of an answer is right. RFC 3830 5.2: it covers Identity_r. That is the IDr we sent, or the one
/// in the answer if it spells the same identity in another way.
bool isVerified(const Message &answer, ByteView timestamp, const Secret &authKey, const Parties &parties);

} // namespace mikey
