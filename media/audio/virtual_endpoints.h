// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/endpoint.h"
#include "audio/sample_clock.h"

#include <vector>

/// Microphones and speakers without hardware, paced by the steady clock.
namespace media {

class SilentMicrophone final : public Microphone
{
public:
    std::optional<Error> start(Time now) override;
    void stop() override {}
    std::size_t read(std::span<Sample> to, Time now) override;

private:
    SampleClock m_clock;
};

/// A 440 Hz tone at -20 dBFS, half a second on, half a second off.
class ToneMicrophone final : public Microphone
{
public:
    std::optional<Error> start(Time now) override;
    void stop() override {}
    std::size_t read(std::span<Sample> to, Time now) override;

private:
    SampleClock m_clock;
    std::size_t m_position = 0;
};

/// Speaks the given samples again and again.
class MemoryMicrophone final : public Microphone
{
public:
    explicit MemoryMicrophone(std::vector<Sample> loop);

    std::optional<Error> start(Time now) override;
    void stop() override {}
    std::size_t read(std::span<Sample> to, Time now) override;

private:
    const std::vector<Sample> m_loop;
    SampleClock m_clock;
    std::size_t m_position = 0;
};

/// Takes what it is given and forgets it.
class NullSpeaker final : public Speaker
{
public:
    std::optional<Error> start(Time now) override;
    void stop() override {}
    std::size_t wanted(Time now) const override;
    void write(std::span<const Sample> samples, Time now) override;

private:
    SampleClock m_clock;
};

/// Keeps the first `capacity` samples it is given; the memory is taken at construction.
class MemorySpeaker final : public Speaker
{
public:
    explicit MemorySpeaker(std::size_t capacity);

    std::optional<Error> start(Time now) override;
    void stop() override {}
    std::size_t wanted(Time now) const override;
    void write(std::span<const Sample> samples, Time now) override;

    /// What was heard so far. Only while no stream uses the speaker: after Stream::stop().
    const std::vector<Sample> &recording() const { return m_recording; }

private:
    SampleClock m_clock;
    std::size_t m_capacity;
    std::vector<Sample> m_recording;
};

/// Plays on `primary`, at its pace, and gives `copy` the same samples. If `primary` does not start, `copy` goes on
/// alone and start() still tells the trouble.
class TeeSpeaker final : public Speaker
{
public:
    TeeSpeaker(std::shared_ptr<Speaker> primary, std::shared_ptr<Speaker> copy);

    std::optional<Error> start(Time now) override;
    void stop() override;
    std::size_t wanted(Time now) const override;
    void write(std::span<const Sample> samples, Time now) override;

private:
    std::shared_ptr<Speaker> m_primary;
    std::shared_ptr<Speaker> m_copy;
    bool m_primaryRuns = false;
};

} // namespace media
