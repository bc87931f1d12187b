// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Session descriptions (RFC 8866). A description is its lines in their order, so that what is not understood is kept;
/// what is understood is read out of the lines on demand.
namespace sdp {

template <typename T>
using Result = sip::Result<T>;
using Fault = sip::Fault;

/// "x=value".
struct Line
{
    char type = 'a';
    std::string value;

    bool operator==(const Line &) const = default;
};

using Lines = std::vector<Line>;

/// Where a stream is received, of a c= or an a=rtcp line.
struct Connection
{
    bool ipv6 = false;
    std::string address; ///< IP address or host name, without the TTL of a multicast one

    bool operator==(const Connection &) const = default;
};

/// An m= line and the lines that belong to it.
struct Media
{
    std::string kind;       ///< "audio"
    std::uint16_t port = 0; ///< 0: refused
    unsigned portCount = 1;
    std::string protocol;               ///< "RTP/SAVP"
    std::vector<std::string> formats{}; ///< payload types as written
    Lines lines{};

    bool operator==(const Media &) const = default;
};

struct Description
{
    Lines lines; ///< of the session level, from v= on
    std::vector<Media> media;

    /// Takes at most 64 KiB, 1000 lines and 32 media; checks what section 5 of RFC 8866 demands. CRLF and bare LF end a
    /// line. The fault's status is 400.
    static Result<Description> parse(std::string_view text);
    std::string toString() const;

    bool operator==(const Description &) const = default;
};

/// Value of the first a=name line ("" for a flag), or nothing.
std::optional<std::string_view> attribute(const Lines &lines, std::string_view name);
/// Values of all a=name:value lines, in order.
std::vector<std::string_view> attributes(const Lines &lines, std::string_view name);
/// "IN IP4 192.0.2.1" of a c= or a=rtcp line.
std::optional<Connection> parseConnection(std::string_view value);
/// The c= line that holds for the media: its own or the session's.
std::optional<Connection> connectionOf(const Description &description, const Media &media);

} // namespace sdp
