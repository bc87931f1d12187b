// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace sip {

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// The base values of RFC 3261 Table 4, from which every timer follows.
struct TimerConfig
{
    Duration t1 = std::chrono::milliseconds(500); ///< round-trip estimate
    Duration t2 = std::chrono::seconds(4);        ///< longest retransmission interval
    Duration t4 = std::chrono::seconds(5);        ///< how long a message stays in the network
    Duration d = std::chrono::seconds(32);        ///< timer D on unreliable transports
    Duration ringing = std::chrono::minutes(3);   ///< longest wait for a final response once a provisional came (C)
};

/// How long a TCP connection is waited for.
struct TcpTimes
{
    Duration connect = std::chrono::seconds(3);  ///< a peer on the same network answers in milliseconds
    Duration message = std::chrono::seconds(32); ///< the first message, and the rest of one that has begun
    Duration idle = std::chrono::minutes(30);    ///< between messages
};

} // namespace sip
