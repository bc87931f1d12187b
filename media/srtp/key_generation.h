// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media_time.h"
#include "srtp/key.h"

namespace media {

/// How long keys live. The first two are bounded by RFC 3711 section 9.2, which libsrtp2 enforces too.
struct KeyLimits
{
    std::uint64_t packets = std::uint64_t{1} << 48; ///< SRTP packets that a key protects at most
    std::uint64_t reports = std::uint64_t{1} << 31; ///< SRTCP packets

    // When new keys are due, well before the end.
    std::uint64_t rekeyAfterPackets = std::uint64_t{1} << 47; ///< SRTP packets protected
    std::uint64_t rekeyAfterReports = std::uint64_t{1} << 30; ///< SRTCP packets protected
    std::uint64_t rekeyBeforeEnd = 3000;                      ///< SRTP packets before the validity ends; a minute

    Duration grace = std::chrono::seconds(5); ///< how long packets of superseded keys are still accepted
};

/// What was done under one key.
struct KeyUse
{
    std::uint64_t packets = 0; ///< SRTP
    std::uint64_t reports = 0; ///< SRTCP
};

/// SRTP packets that may still be protected under the key, when the next one has the index `next`.
std::uint64_t packetsLeft(const SrtpKey &key, const KeyUse &use, std::uint64_t next, const KeyLimits &limits);

/// The same until it is time to agree on new keys; 0: it is.
std::uint64_t packetsUntilRekey(const SrtpKey &key, const KeyUse &use, std::uint64_t next, const KeyLimits &limits);

enum class KeyState {
    Waiting, ///< installed; sending: its time has not come; receiving: no packet of it has come yet
    InForce, ///< sending: protects what is sent; receiving: protected what came last
    Ending,  ///< receiving: superseded, accepted for late packets until `endsAt`
};

/// What one key in memory does. Keys that were wiped are not told about.
struct KeyGeneration
{
    unsigned number = 0; ///< of the agreement it came with, from 0; the keys of one agreement differ in their MKI
    std::vector<std::uint8_t> mki;
    KeyState state = KeyState::Waiting;
    KeyUse use;
    std::uint64_t packetsLeft = 0;       ///< until the key's lifetime or validity ends
    std::uint64_t packetsUntilRekey = 0; ///< until new keys are due
    Time installedAt{};
    std::optional<Time> endsAt; ///< when it is wiped, if that is known
};

} // namespace media
