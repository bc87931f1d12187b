// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// MIKEY with public-key encryption (RFC 3830 3.2): the I_MESSAGE carries TGKs in an envelope for the peer's
/// certificate, which has to be known beforehand, and is signed; the optional R_MESSAGE verifies.
namespace mikey::pk {

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);
std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);

} // namespace mikey::pk
