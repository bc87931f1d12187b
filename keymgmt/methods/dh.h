// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// MIKEY with signed Diffie-Hellman (RFC 3830 3.3): both sides send a half key and sign, the TGK is what they agree on.
namespace mikey::dh {

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);
std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);

} // namespace mikey::dh
