// SPDX-License-Identifier: Apache-2.0
#include "audio/sample_clock.h"

namespace media {

namespace {
constexpr std::int64_t longestBacklog = sampleRate;
}

void SampleClock::start(Time now, std::size_t lead)
{
    m_start = now;
    m_taken = -static_cast<std::int64_t>(lead);
}

std::int64_t SampleClock::position(Time now) const
{
    return (now - m_start) / quantum * static_cast<std::int64_t>(samplesPerQuantum);
}

std::size_t SampleClock::due(Time now) const
{
    const std::int64_t due = position(now) - m_taken;
    if (due <= 0)
        return 0;
    return static_cast<std::size_t>(due > longestBacklog ? std::int64_t{samplesPerQuantum} : due);
}

void SampleClock::take(std::size_t samples, Time now)
{
    if (position(now) - m_taken > longestBacklog)
        m_taken = position(now);
    else
        m_taken += static_cast<std::int64_t>(samples);
}

} // namespace media
