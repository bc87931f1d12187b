// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/endpoint.h"

#include <string>
#include <vector>

/// Sound devices through PortAudio. The audio callback touches only a lock-free ring; opening and closing devices is
/// serialised over all threads since PortAudio is not thread-safe.
namespace media {

struct AudioDevice
{
    std::string name;
    bool captures = false;
    bool plays = false;
};

/// The devices there are now; an Error says in a sentence why there are none. May take some 100 ms.
Result<std::vector<AudioDevice>> audioDevices();

/// The device of that name, or the system's default one if `name` is empty. Opened by start().
std::shared_ptr<Microphone> deviceMicrophone(std::string name = {});
std::shared_ptr<Speaker> deviceSpeaker(std::string name = {});

} // namespace media
