// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/message.h"
#include "sip/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace sip {

/// No more than this is read of one message.
struct ParserLimits
{
    static constexpr std::size_t head = 32 * 1024;    ///< octets of start line and header fields
    static constexpr std::size_t content = 64 * 1024; ///< octets of the body
    static constexpr std::size_t headers = 256;       ///< header field values
};

/// A message as far as it was understood. With a fault it serves only to be answered with the fault's status: it may
/// lack anything. Without start line there is no message at all; without that and fault nothing but line ends came,
/// which keep a way through NATs open.
struct Parsed
{
    std::variant<std::monostate, Request, Response> message;
    std::optional<Fault> fault;

    const Request *request() const { return std::get_if<Request>(&message); }
    const Response *response() const { return std::get_if<Response>(&message); }
};

/// One message that fills a datagram; what follows the body is ignored (RFC 3261 section 18.3).
Parsed parseDatagram(std::string_view datagram);

/// Cuts a stream into messages by Content-Length. Holds at most one message of the largest size and one chunk.
class StreamParser
{
public:
    void append(std::string_view octets);
    /// The next whole message, or nothing until there is more.
    std::optional<Parsed> next();
    /// The stream cannot be cut any further: answer what next() gave, then close it.
    bool isBroken() const { return m_broken; }
    /// CRLF CRLF came, which asks for CRLF (RFC 5626 section 3.5.1); true once.
    bool takePing() { return std::exchange(m_pinged, false); }
    /// A message has begun and is not whole.
    bool isWaiting() const { return !m_buffer.empty(); }

private:
    void skipEmptyLines();
    Parsed breakWith(Parsed parsed, Fault fault);

    std::string m_buffer;
    std::size_t m_scanned = 0; ///< octets known to hold no end of the head
    std::size_t m_needed = 0;  ///< octets of the message that has begun, once its head is read
    bool m_broken = false;
    bool m_pinged = false;
};

} // namespace sip
