// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/message.h"
#include "sip/output.h"

namespace sip {

/// Section 18.2.1 and RFC 3581: writes into the top Via where the request really came from.
void stampSource(Request &request, const Flow &source);
/// Where the response to a request goes (section 18.2.2, RFC 3581).
Flow replyFlow(const Request &request, const Flow &source);

} // namespace sip
