// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// SAKKE (RFC 6509): one message, encrypted to the Identifier of the one called and signed with ECCSI. No answer.
namespace mikey::sakke {

/// Keys of a period are taken from so long before it begins until so long after it ended (RFC 6509 3.3).
inline constexpr std::int64_t overlapSeconds = 2 * 24 * 3600;

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer);
Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now);
/// There are no updates: a new exchange makes a new bundle, with the suites and our streams of the one that stands.
Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now);
Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved);
std::unique_ptr<Responder> responder(Context context);

} // namespace mikey::sakke
