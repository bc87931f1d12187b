// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/endpoint.h"
#include "audio/sample_clock.h"
#include "audio/wav.h"

namespace media {

/// Speaks a WAV file, again from its start when it ends. The file is read as it is spoken, not held in memory.
class FileMicrophone final : public Microphone
{
public:
    static Result<std::shared_ptr<FileMicrophone>> open(const std::string &path);

    explicit FileMicrophone(WavReader reader);
    std::optional<Error> start(Time now) override;
    void stop() override {}
    std::size_t read(std::span<Sample> to, Time now) override;

private:
    WavReader m_reader;
    SampleClock m_clock;
};

/// Records into a WAV file. The file begins with the first start(); a later stream is appended.
class FileSpeaker final : public Speaker
{
public:
    static Result<std::shared_ptr<FileSpeaker>> open(const std::string &path);

    explicit FileSpeaker(WavWriter writer);
    std::optional<Error> start(Time now) override;
    void stop() override;
    std::size_t wanted(Time now) const override;
    void write(std::span<const Sample> samples, Time now) override;

private:
    WavWriter m_writer;
    SampleClock m_clock;
};

} // namespace media
