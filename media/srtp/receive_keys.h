// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/open_keys.h"
#include "srtp/receiver.h"

namespace media {

/// The keys that check and decrypt what we receive. All are accepted: a packet is tried with those whose MKI it
/// carries, newest first. With the first authentic packet of an agreement the keys of older ones come to their end, and
/// are wiped after a time of grace; until then they keep their own replay windows. Without authentication (a weak
/// policy) nothing but the MKI tells keys apart.
class SrtpReceiveKeys
{
public:
    /// The keys of the first agreement, from openKeys(); an SSRC of 0 is not known yet.
    SrtpReceiveKeys(std::vector<SrtpReceiver> first, const KeyLimits &limits, Time now);

    /// The keys of a new agreement. An SSRC that is known already is theirs as well, unless they are for
    /// another; then their first RTP packet begins a new stream, and ends the old one at once.
    void renew(std::vector<SrtpReceiver> next, Time now);

    /// Wipes the keys whose grace is over.
    void wipeEnded(Time now);

    std::uint32_t ssrc() const { return m_ssrc; } ///< 0: not known yet
    std::uint32_t roc() const;                    ///< of the highest index received, else as agreed

    /// Check and decrypt in place. `packet` is aligned to 4 octets; `size` is what remains of it if the outcome is Ok.
    UnprotectOutcome unprotectRtp(std::span<std::uint8_t> packet, std::size_t &size, Time now);
    UnprotectOutcome unprotectRtcp(std::span<std::uint8_t> packet, std::size_t &size, Time now);

    std::vector<KeyGeneration> generations() const; ///< newest agreement first

private:
    struct Generation
    {
        SrtpReceiver receiver;
        unsigned number;
        Time installedAt;
        bool inForce = false;
        std::optional<Time> endsAt;
    };
    using Unprotect = UnprotectOutcome (SrtpReceiver::*)(std::span<std::uint8_t>, std::size_t &);

    void add(std::vector<SrtpReceiver> receivers, Time now);
    UnprotectOutcome unprotect(Unprotect how, std::span<std::uint8_t> packet, std::size_t &size, Time now);
    void accepted(Generation &by, Time now);
    void bindAll();
    void beginStream(std::uint32_t ssrc);
    void endOlder(Time now);
    KeyGeneration describe(const Generation &generation) const;

    KeyLimits m_limits;
    std::vector<Generation> m_generations; // newest agreement first
    unsigned m_newest = 0;                 // number of the newest agreement
    unsigned m_newestUsed = 0;             // of the newest one that a packet came of
    std::uint32_t m_ssrc = 0;
    std::optional<std::uint64_t> m_highestIndex; // of the stream, under whatever key
    std::vector<std::uint8_t> m_original;        // a packet as it came
};

} // namespace media
