// SPDX-License-Identifier: Apache-2.0
#include "audio/virtual_endpoints.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace media {

std::optional<Error> SilentMicrophone::start(Time now)
{
    m_clock.start(now);
    return std::nullopt;
}

std::size_t SilentMicrophone::read(std::span<Sample> to, Time now)
{
    const std::size_t count = std::min(to.size(), m_clock.due(now));
    std::ranges::fill(to.first(count), Sample{0});
    m_clock.take(count, now);
    return count;
}

std::optional<Error> ToneMicrophone::start(Time now)
{
    m_clock.start(now);
    m_position = 0;
    return std::nullopt;
}

std::size_t ToneMicrophone::read(std::span<Sample> to, Time now)
{
    constexpr double amplitude = 32767.0 * 0.1 * std::numbers::sqrt2; // -20 dBFS
    constexpr double radiansPerSample = 2 * std::numbers::pi * 440 / sampleRate;
    const std::size_t count = std::min(to.size(), m_clock.due(now));
    for (Sample &sample : to.first(count)) {
        const bool on = m_position < sampleRate / 2; // whole periods of 440 Hz: it stops and starts at zero
        sample = on ? static_cast<Sample>(amplitude * std::sin(radiansPerSample * static_cast<double>(m_position)))
                    : Sample{0};
        m_position = (m_position + 1) % sampleRate;
    }
    m_clock.take(count, now);
    return count;
}

MemoryMicrophone::MemoryMicrophone(std::vector<Sample> loop) : m_loop(std::move(loop)) {}

std::optional<Error> MemoryMicrophone::start(Time now)
{
    if (m_loop.empty())
        return Error{"There is nothing to speak."};
    m_clock.start(now);
    m_position = 0;
    return std::nullopt;
}

std::size_t MemoryMicrophone::read(std::span<Sample> to, Time now)
{
    const std::size_t count = std::min(to.size(), m_clock.due(now));
    for (Sample &sample : to.first(count)) {
        sample = m_loop[m_position];
        m_position = (m_position + 1) % m_loop.size();
    }
    m_clock.take(count, now);
    return count;
}

std::optional<Error> NullSpeaker::start(Time now)
{
    m_clock.start(now, samplesPerQuantum);
    return std::nullopt;
}

std::size_t NullSpeaker::wanted(Time now) const
{
    return m_clock.due(now);
}

void NullSpeaker::write(std::span<const Sample> samples, Time now)
{
    m_clock.take(samples.size(), now);
}

MemorySpeaker::MemorySpeaker(std::size_t capacity) : m_capacity(capacity)
{
    m_recording.reserve(capacity);
}

std::optional<Error> MemorySpeaker::start(Time now)
{
    m_clock.start(now, samplesPerQuantum);
    return std::nullopt;
}

std::size_t MemorySpeaker::wanted(Time now) const
{
    return m_clock.due(now);
}

void MemorySpeaker::write(std::span<const Sample> samples, Time now)
{
    const std::size_t count = std::min(samples.size(), m_capacity - m_recording.size());
    m_recording.insert(m_recording.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count));
    m_clock.take(samples.size(), now);
}

TeeSpeaker::TeeSpeaker(std::shared_ptr<Speaker> primary, std::shared_ptr<Speaker> copy)
    : m_primary(std::move(primary)), m_copy(std::move(copy))
{
}

std::optional<Error> TeeSpeaker::start(Time now)
{
    std::optional<Error> trouble = m_primary->start(now);
    m_primaryRuns = !trouble;
    if (std::optional<Error> copyTrouble = m_copy->start(now); copyTrouble && !trouble)
        trouble = copyTrouble;
    return trouble;
}

void TeeSpeaker::stop()
{
    if (m_primaryRuns)
        m_primary->stop();
    m_copy->stop();
}

std::size_t TeeSpeaker::wanted(Time now) const
{
    return m_primaryRuns ? m_primary->wanted(now) : m_copy->wanted(now);
}

void TeeSpeaker::write(std::span<const Sample> samples, Time now)
{
    if (m_primaryRuns)
        m_primary->write(samples, now);
    m_copy->write(samples, now);
}

} // namespace media
