// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace sip {

/// A message body and what it is.
struct Body
{
    std::string type;    ///< media type, "application/sdp"; empty: no body
    std::string content; ///< octets

    bool empty() const { return content.empty(); }
    bool operator==(const Body &) const = default;
};

/// How a call or an offer is refused: the final response to an INVITE, or the Reason of a BYE (RFC 3326).
struct Refusal
{
    int status = 0;      ///< 400..699; 0 takes what the state calls for
    std::string reason;  ///< phrase; empty: the usual one for the status
    Body body;           ///< e.g. an SDP with a MIKEY error (RFC 4567 section 4.1.2)
    int warningCode = 0; ///< RFC 3261 section 20.43, e.g. 306 or 399; 0: no Warning
    std::string warningText;
};

} // namespace sip
