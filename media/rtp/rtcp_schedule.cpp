// SPDX-License-Identifier: Apache-2.0
#include "rtp/rtcp_schedule.h"

#include <algorithm>
#include <cmath>

namespace media {

namespace {
constexpr double udpAndIpHeader = 28;
constexpr double sessionBandwidth = 2 * 58'000 / 8.0;     // octets/s: two senders of 32 kbit/s Opus with all headers
constexpr double rtcpBandwidth = 0.05 * sessionBandwidth; // RFC 3550 section 6.2
constexpr double members = 2;
} // namespace

void RtcpSchedule::start(Time now, double random)
{
    m_next = now + interval(true, random);
}

void RtcpSchedule::received(std::size_t size)
{
    average(size);
}

void RtcpSchedule::sent(std::size_t size, Time now, double random)
{
    average(size);
    m_next = now + interval(false, random);
}

void RtcpSchedule::average(std::size_t size)
{
    m_averageSize += (static_cast<double>(size) + udpAndIpHeader - m_averageSize) / 16;
}

Duration RtcpSchedule::interval(bool initial, double random) const
{
    const double least = initial ? 2.5 : 5.0;
    const double deterministic = std::max(least, members * m_averageSize / rtcpBandwidth);
    const double compensation = std::exp(1.0) - 1.5; // RFC 3550 section 6.3.1
    const double seconds = deterministic * (0.5 + random) / compensation;
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

} // namespace media
