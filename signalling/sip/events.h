// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/body.h"
#include "sip/timers.h"
#include "sip/uri.h"

#include <cstdint>
#include <string>

/// What a user agent tells about its sessions. All text is UTF-8; what came from the peer is untrusted.
namespace sip {

using SessionId = std::uint32_t;
using OfferId = std::uint32_t; ///< tells the offers apart that a peer makes in a session

/// What is known of a session from its start.
struct SessionInfo
{
    bool incoming = false;
    std::string callId{};
    Uri remoteIdentity{};            ///< From of an incoming call, To of an outgoing one
    std::string remoteDisplayName{}; ///< may be empty
    Uri requestUri{};                ///< whom the call asks for
    Body offer{};                    ///< of the INVITE; empty when it had none, and once the session has ended
    bool takesReliable = false;      ///< an incoming call whose caller takes provisional responses reliably (RFC 3262)
    std::string localHost{};         ///< our address that faces the peer
    std::string remoteHost{};        ///< the peer's address
    std::uint16_t remotePort = 0;
};

/// One message of a session as it went over the network.
struct TraceEntry
{
    bool sent = false;
    std::string summary{};       ///< "INVITE", "180 Ringing"
    std::size_t octets = 0;      ///< of the whole message
    bool retransmission = false; ///< the same message went this way before
    Time at{};
    Body body{};
};

/// How a session ended.
struct Ending
{
    enum class By { Local, Peer, Error };
    By by = By::Local;
    bool answered = false; ///< the call had been accepted with a 2xx
    int status = 0;        ///< the response, or the cause of the peer's Reason header; 0: none
    std::string reason{};  ///< a plain sentence
    std::string phrase{};  ///< the peer's own words: reason phrase, or text of its Reason header
    std::string warning{}; ///< text of the peer's Warning
    Body body{};           ///< of the response that refused the call
};

} // namespace sip
