// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/open_keys.h"
#include "srtp/sender.h"

namespace media {

/// The keys that protect what we send, one after the other. New ones take over as soon as they are valid, and go on
/// with the SRTP index of the ones before, which are wiped; a new SSRC begins a new stream. Of the keys of one
/// agreement the first is used, then the next one that is valid when it ends.
class SrtpSendKeys
{
public:
    /// The keys of the first agreement, from openKeys().
    SrtpSendKeys(std::vector<SrtpSender> first, const KeyLimits &limits, Time now);

    /// The keys of a new agreement.
    void renew(std::vector<SrtpSender> next, Time now);

    // Of the next packet to protect.
    std::uint32_t ssrc() const { return m_current.sender.ssrc(); }
    std::uint16_t nextSequence() const { return m_current.sender.nextSequence(); }
    std::uint64_t nextIndex() const { return m_current.sender.nextIndex(); }

    /// No key may protect another RTP packet, until there are new ones.
    bool expired() const { return !mayProtect(m_current); }
    /// New keys are due, well before these end (RFC 3830 section 9.2). True once a key.
    bool takeRekeyDue();

    /// As SrtpSender's.
    ProtectOutcome protectRtp(std::span<std::uint8_t> buffer, std::size_t &size);
    ProtectOutcome protectRtcp(std::span<std::uint8_t> buffer, std::size_t &size);

    std::vector<KeyGeneration> generations() const; ///< the one in force first

private:
    struct Generation
    {
        SrtpSender sender;
        unsigned number;
        Time installedAt;
        bool rekeyTold = false;
    };

    static std::vector<Generation> generationsOf(std::vector<SrtpSender> senders, unsigned number, Time now);
    static Generation takeFirst(std::vector<Generation> &from);
    std::uint64_t left(const Generation &generation) const;
    bool mayProtect(const Generation &generation) const;
    bool hasSuccessor() const;
    void choose();
    KeyGeneration describe(const Generation &generation, KeyState state) const;

    KeyLimits m_limits;
    unsigned m_newest = 0;
    std::vector<Generation> m_waiting; // newest agreement first
    Generation m_current;
};

} // namespace media
