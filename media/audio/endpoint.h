// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/samples.h"
#include "media_result.h"

#include <memory>
#include <optional>
#include <span>

/// Where sound comes from and where it goes. The media thread calls everything here, one stream at a time, about every
/// 10 ms; no call blocks on the sound hardware but start() and stop(), which may take long for a device.
namespace media {

class Microphone
{
public:
    virtual ~Microphone() = default;

    /// Begins delivering samples at `now`. May be called again after stop().
    [[nodiscard]] virtual std::optional<Error> start(Time now) = 0;
    virtual void stop() = 0;

    /// Fills `to` with what has been captured up to `now` and returns how many samples that were.
    virtual std::size_t read(std::span<Sample> to, Time now) = 0;
};

class Speaker
{
public:
    virtual ~Speaker() = default;

    /// Begins playing at `now`. May be called again after stop().
    [[nodiscard]] virtual std::optional<Error> start(Time now) = 0;
    virtual void stop() = 0;

    /// How many samples it takes at `now` so that it does not run dry before the next quantum.
    virtual std::size_t wanted(Time now) const = 0;
    virtual void write(std::span<const Sample> samples, Time now) = 0;
};

/// The two ends of a stream; any microphone goes with any speaker.
struct AudioEndpoints
{
    std::shared_ptr<Microphone> microphone;
    std::shared_ptr<Speaker> speaker;
};

} // namespace media
