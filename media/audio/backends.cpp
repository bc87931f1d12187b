// SPDX-License-Identifier: Apache-2.0
#include "audio/backends.h"

#include "audio/device_endpoints.h"
#include "audio/file_endpoints.h"
#include "audio/virtual_endpoints.h"

#include <array>

namespace media {

namespace {

using Opener = Result<AudioEndpoints> (*)(std::string_view argument);

Result<AudioEndpoints> openDevice(std::string_view name)
{
    return AudioEndpoints{deviceMicrophone(std::string(name)), deviceSpeaker(std::string(name))};
}

Result<AudioEndpoints> openFiles(std::string_view paths)
{
    const std::size_t comma = paths.find(',');
    if (comma == 0 || comma == std::string_view::npos || comma + 1 == paths.size())
        return Error{"The file back end needs two files: file:IN.wav,OUT.wav."};
    auto microphone = FileMicrophone::open(std::string(paths.substr(0, comma)));
    if (!microphone)
        return microphone.error();
    auto speaker = FileSpeaker::open(std::string(paths.substr(comma + 1)));
    if (!speaker)
        return speaker.error();
    return AudioEndpoints{*microphone, *speaker};
}

Result<AudioEndpoints> openTone(std::string_view)
{
    return AudioEndpoints{std::make_shared<ToneMicrophone>(), std::make_shared<NullSpeaker>()};
}

Result<AudioEndpoints> openNone(std::string_view)
{
    return AudioEndpoints{std::make_shared<SilentMicrophone>(), std::make_shared<NullSpeaker>()};
}

struct Backend
{
    std::string_view name;
    bool takesArgument;
    Opener open;
};

constexpr std::array<Backend, 4> backends{{
    {"device", true, openDevice},
    {"file", true, openFiles},
    {"tone", false, openTone},
    {"none", false, openNone},
}};

} // namespace

Result<AudioEndpoints> openAudio(std::string_view description)
{
    const std::size_t colon = description.find(':');
    const bool hasArgument = colon != std::string_view::npos;
    for (const Backend &backend : backends) {
        if (description.substr(0, colon) == backend.name && (backend.takesArgument || !hasArgument))
            return backend.open(hasArgument ? description.substr(colon + 1) : std::string_view());
    }
    return Error{"There is no audio back end \"" + std::string(description) +
                 "\"; it is one of device, device:NAME, file:IN.wav,OUT.wav, tone and none."};
}

} // namespace media
