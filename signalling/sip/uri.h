// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sip {

enum class Transport { Udp, Tcp };

/// ";name=value" or ";name" of a URI or a header field. Values are unescaped and unquoted.
struct Parameter
{
    std::string name;
    std::optional<std::string> value;
    bool quoted = false; ///< the value was, and is written as, a quoted string (header fields only)

    bool operator==(const Parameter &) const = default;
};

using Parameters = std::vector<Parameter>;

/// The parameter of that name (compared without case), or null.
const Parameter *findParameter(const Parameters &parameters, std::string_view name);

/// A SIP or SIPS URI (RFC 3261 section 19.1); one of another scheme keeps its text in `opaque`.
struct Uri
{
    std::string scheme = "sip"; ///< lower case
    std::string user;           ///< unescaped; empty: none
    std::string password;
    std::string host;       ///< lower case; an IPv6 address without its brackets
    std::uint16_t port = 0; ///< 0: not given
    Parameters parameters;
    Parameters headers;
    std::string opaque; ///< all after the colon when scheme is neither sip nor sips

    /// Status 400 when the text is no URI. Another scheme than sip and sips is no fault here.
    static Result<Uri> parse(std::string_view text);
    std::string toString() const;

    bool isSip() const { return scheme == "sip" || scheme == "sips"; }
    /// Where the transport of section 19.1.1's ";transport=" is one we have; nothing when absent or foreign.
    std::optional<Transport> transport() const;
    /// We can send there: it asks for none but UDP and TCP, in particular not for TLS.
    bool isReachable() const { return scheme == "sip" && (transport() || !findParameter(parameters, "transport")); }
    std::uint16_t effectivePort() const { return port != 0 ? port : std::uint16_t(scheme == "sips" ? 5061 : 5060); }

    /// Equivalence by section 19.1.4 as far as it concerns who is meant: scheme, user, host and port.
    bool sameTarget(const Uri &other) const;
};

/// "127.0.0.1:5060" or "[::1]:5060"; without the port when it is 0.
std::string hostPort(std::string_view host, std::uint16_t port);

} // namespace sip
