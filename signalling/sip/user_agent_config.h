// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/timers.h"
#include "sip/uri.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace sip {

struct UserAgentConfig
{
    Uri identity{};                   ///< From of what we send, and user part of our Contact
    std::string displayName{};        ///< may be empty
    std::string product = "Latchkey"; ///< User-Agent and Server
    TimerConfig timers{};
    TcpTimes tcp{};
    bool offersReliable = true;     ///< our INVITEs say that we take provisional responses reliably (RFC 3262)
    std::size_t maxSessions = 64;   ///< calls at a time; beyond, an INVITE gets 503
    std::size_t maxRemnants = 1024; ///< ended sessions that still wait for retransmissions
    /// Unpredictable numbers for tags, branches and Call-IDs.
    std::function<std::uint64_t()> random{};
};

} // namespace sip
