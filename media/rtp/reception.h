// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media_time.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

namespace media {

/// What is known about the packets of one source: counts, losses and jitter as in RFC 3550 sections A.1, A.3 and A.8.
/// Sources are authenticated, so there is no probation.
class Reception
{
public:
    /// `clockRate` is that of the RTP timestamps, in Hz.
    explicit Reception(unsigned clockRate) : m_clockRate(clockRate) {}

    void packet(const RtpHeader &header, Time arrival);
    void senderReport(std::uint64_t ntp, Time arrival);

    std::uint64_t received() const { return m_received; }
    std::int64_t lost() const; ///< negative if packets came twice
    double jitterMs() const { return m_jitter * 1000 / m_clockRate; }

    /// The report to send now; the fraction lost counts from the last call on. Nothing before the first packet.
    std::optional<ReportBlock> report(std::uint32_t ssrc, Time now);

private:
    std::int64_t expected() const;
    void updateJitter(const RtpHeader &header, Time arrival);
    std::uint8_t takeFractionLost();

    unsigned m_clockRate;
    std::uint64_t m_received = 0;
    std::int64_t m_firstSequence = 0;
    std::int64_t m_highestSequence = 0; // extended by the number of wraps
    double m_jitter = 0;                // in timestamp units
    Time m_lastArrival{};
    std::uint32_t m_lastTimestamp = 0;
    std::int64_t m_expectedAtReport = 0;
    std::int64_t m_receivedAtReport = 0;
    std::uint32_t m_lastSr = 0;
    Time m_lastSrArrival{};
};

} // namespace media
