// SPDX-License-Identifier: Apache-2.0
#include "rtp/reception.h"

#include <algorithm>
#include <cmath>

namespace media {

void Reception::packet(const RtpHeader &header, Time arrival)
{
    if (m_received++ == 0) {
        m_firstSequence = m_highestSequence = header.sequence;
    } else {
        const auto step = static_cast<std::int16_t>(header.sequence - static_cast<std::uint16_t>(m_highestSequence));
        m_highestSequence = std::max(m_highestSequence, m_highestSequence + step);
        updateJitter(header, arrival);
    }
    m_lastArrival = arrival;
    m_lastTimestamp = header.timestamp;
}

/// RFC 3550 section 6.4.1. Differences of 32 bit timestamps wrap as they should.
void Reception::updateJitter(const RtpHeader &header, Time arrival)
{
    const std::chrono::duration<double> passed = arrival - m_lastArrival;
    const auto spoken = static_cast<std::int32_t>(header.timestamp - m_lastTimestamp);
    const double difference = std::abs(passed.count() * m_clockRate - spoken);
    m_jitter += (difference - m_jitter) / 16;
}

void Reception::senderReport(std::uint64_t ntp, Time arrival)
{
    m_lastSr = static_cast<std::uint32_t>(ntp >> 16);
    m_lastSrArrival = arrival;
}

std::int64_t Reception::expected() const
{
    return m_received == 0 ? 0 : m_highestSequence - m_firstSequence + 1;
}

std::int64_t Reception::lost() const
{
    return expected() - static_cast<std::int64_t>(m_received);
}

std::uint8_t Reception::takeFractionLost()
{
    const std::int64_t expectedNow = expected() - m_expectedAtReport;
    const std::int64_t lostNow = expectedNow - (static_cast<std::int64_t>(m_received) - m_receivedAtReport);
    m_expectedAtReport = expected();
    m_receivedAtReport = static_cast<std::int64_t>(m_received);
    if (expectedNow <= 0 || lostNow <= 0)
        return 0;
    return static_cast<std::uint8_t>(std::min<std::int64_t>(lostNow * 256 / expectedNow, 255));
}

std::optional<ReportBlock> Reception::report(std::uint32_t ssrc, Time now)
{
    if (m_received == 0)
        return std::nullopt;
    ReportBlock block;
    block.ssrc = ssrc;
    block.fractionLost = takeFractionLost();
    block.cumulativeLost = static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x800000, 0x7fffff));
    block.highestSequence = static_cast<std::uint32_t>(m_highestSequence);
    block.jitter = static_cast<std::uint32_t>(std::min(m_jitter, 4e9));
    if (m_lastSr != 0) {
        const std::chrono::duration<double> delay = now - m_lastSrArrival;
        block.lastSr = m_lastSr;
        block.delaySinceLastSr = static_cast<std::uint32_t>(std::clamp(delay.count(), 0.0, 65535.0) * 65536);
    }
    return block;
}

} // namespace media
