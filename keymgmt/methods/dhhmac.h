// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// MIKEY with Diffie-Hellman authenticated by a pre-shared key (RFC 4650): as the signed one, with an HMAC in place of
/// signatures.
namespace mikey::dhhmac {

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);
std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);

} // namespace mikey::dhhmac
