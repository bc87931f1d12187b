// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/parties.h"

/// The checks that stand before any processing of a first message, in the order of RFC 3830 5.3.
namespace mikey {

/// That the message has a timestamp, of a type that is understood.
std::optional<Error> checkTimestamp(const Message &message);

/// Clock window and replay cache, then `authenticate`, then the entry in the cache. A message that is out of the window
/// is told so only if it is authentic; else it is discarded as RFC 3830 5.3 says. The message must have passed
/// checkTimestamp().
std::optional<Error> admit(Context context, const Message &message, const Parties &parties, NtpTime now,
                           const std::function<std::optional<Error>()> &authenticate);

} // namespace mikey
