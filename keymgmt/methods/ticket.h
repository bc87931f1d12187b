// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/base_ticket.h"
#include "methods/exchange.h"

/// MIKEY-TICKET (RFC 6043): keys by a ticket that a key management service issues to the Initiator and resolves for the
/// Responder; in other modes one of them, or both, do without the service.
namespace mikey::ticket {

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
/// By a TRANSFER_INIT without a ticket (RFC 6043 5.2), if the policy of the bundle's ticket lets us bring keys.
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);
/// Media of a bundle that we were called with do not authenticate. If its ticket was not resolved for this call, what
/// is remembered of it is forgotten, and the service is asked when it comes again (rule S-4).
void forgetResolved(EndpointState &state, const Csb &csb);
std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);

/// The policy that we wish for a call.
TicketRules wishFor(const Endpoint &endpoint, const Offer &offer, NtpTime now);

} // namespace mikey::ticket
