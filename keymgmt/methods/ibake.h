// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// IBAKE (RFC 6267): both half keys of an elliptic-curve Diffie-Hellman exchange travel encrypted to the identity of
/// who gets them, and each proves himself by sending the other's back. Two round trips.
namespace mikey::ibake {

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);
Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
/// A new exchange, which makes a new bundle: RFC 6267 5.3 has updates whose first message nobody authenticates (rule
/// S-2).
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);

/// The keys of something that was left for us: the SK of the ESK in an I_MESSAGE_2 that a mailbox kept (decision D-08).
/// Nothing authenticates an ESK, so who left it is the mailbox's word (rule S-1): the agreement is not authenticated.
Outcome<Agreement> openDeposit(Context context, ByteView iMessage2);

} // namespace mikey::ibake
