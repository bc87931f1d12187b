// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// MIKEY with a pre-shared key (RFC 3830 3.1): the I_MESSAGE carries TGKs under keys derived from the shared key, the
/// optional R_MESSAGE verifies.
namespace mikey::psk {

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);
std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);

} // namespace mikey::psk
