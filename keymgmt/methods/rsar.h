// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// MIKEY with public keys in reverse mode (RFC 4738): the initiator asks, signed; the responder chooses the TGK and
/// sends it in an envelope for the initiator's certificate, signed. A group's key server answers each member with the
/// keys of the group.
namespace mikey::rsar {

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);
std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);

} // namespace mikey::rsar
