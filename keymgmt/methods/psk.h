// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// MIKEY with a pre-shared key (RFC 3830 3.1): the I_MESSAGE carries TGKs under keys derived from the shared key, the
/// optional R_MESSAGE verifies. A cached envelope key of the methods with public keys serves as shared key too, and
/// updates of their bundles have this form (RFC 3830 4.5).
namespace mikey::psk {

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);
std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);

/// The key shared with a peer; none if there is none. An empty one counts as none: anybody could derive from it.
std::optional<ByteView> sharedKey(const Endpoint &endpoint, const std::string &peer);

/// One fresh TGK as the sub-payload Key data. Several streams share it, so it gets an MKI (RFC 3830 4.5, 6.14) unless
/// that is empty.
Secret drawKeyData(Random &random, ByteView mki);

} // namespace mikey::psk
