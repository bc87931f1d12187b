// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/device_endpoints.h"

#include <portaudio.h>

#include <mutex>

namespace media {

/// PortAudio, initialised while somebody holds it. It lists the devices when it is initialised, so a headset plugged in
/// between two calls is found by the second.
class PortAudio
{
public:
    /// Held by whoever calls PortAudio, which is not thread-safe. Never by the audio callback.
    static std::mutex &lock();

    /// Only with lock() held, as is letting go of it.
    static Result<std::shared_ptr<PortAudio>> acquire();

    ~PortAudio();

    enum class Side { Capture, Playback };

    /// The device to use for that side, by name or (empty name) the default one.
    Result<PaDeviceIndex> find(const std::string &name, Side side) const;
    std::vector<AudioDevice> devices() const;

private:
    PortAudio() = default;
};

} // namespace media
