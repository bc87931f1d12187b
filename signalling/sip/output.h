// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/events.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What the user agent core wants done and tells.
namespace sip {

/// Where a message goes or came from.
struct Flow
{
    Transport transport = Transport::Udp;
    std::string localHost{};  ///< our address that faces the peer
    std::string remoteHost{}; ///< an IP address; a host name only where a Contact or Route names one
    std::uint16_t remotePort = 0;
    std::uint64_t connection = 0; ///< the shell's number of a TCP connection; 0: the one to remoteHost and remotePort
    std::size_t largestDatagram = 1300; ///< octets of a request over UDP, beyond that TCP (RFC 3261 section 18.1.1)
};

namespace output {

struct Send
{
    Flow flow;
    std::string octets;
};

/// A new incoming session.
struct Incoming
{
    SessionId session;
    SessionInfo info;
};

struct Ringing
{
    SessionId session;
    int status;
};

/// A reliable provisional response with a description (RFC 3262): prack() has to follow. Where a call forks there is
/// one of each answerer, told apart by the tag that names his dialog.
struct EarlyAnswered
{
    SessionId session;
    std::string dialog;
    Body answer;
};

/// The peer's answer to the offer in our PRACK; an empty one refuses that, as the response to the INVITE may explain.
struct PrackAnswered
{
    SessionId session;
    std::string dialog;
    Body answer;
};

struct PrackFailed
{
    SessionId session;
    std::string dialog;
    Ending why;
};

/// The caller has our reliable provisional response, and offered nothing with that.
struct ProgressConfirmed
{
    SessionId session;
};

struct Answered
{
    SessionId session;
    Body answer; ///< of the 2xx, or if it has none, of a reliable response before it
    std::string dialog;
};

struct Acknowledged
{
    SessionId session;
    Body body;
};

/// The peer offers a change: by re-INVITE, by UPDATE, or in the PRACK of our progress().
struct ReinviteReceived
{
    SessionId session;
    OfferId id;
    Body offer;
};

struct ReinviteAnswered
{
    SessionId session;
    Body answer;
};

struct ReinviteFailed
{
    SessionId session;
    Ending why;
};

struct Ended
{
    SessionId session;
    Ending ending;
};

/// Nothing more will come of this session.
struct Released
{
    SessionId session;
};

struct Traced
{
    SessionId session;
    TraceEntry entry;
};

/// A sentence for the log.
struct Notice
{
    std::string sentence;
};

} // namespace output

using Output = std::variant<output::Send, output::Incoming, output::Ringing, output::EarlyAnswered,
                            output::PrackAnswered, output::PrackFailed, output::ProgressConfirmed, output::Answered,
                            output::Acknowledged, output::ReinviteReceived, output::ReinviteAnswered,
                            output::ReinviteFailed, output::Ended, output::Released, output::Traced, output::Notice>;

using Outputs = std::vector<Output>;

} // namespace sip
