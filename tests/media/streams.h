// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/virtual_endpoints.h"
#include "keys.h"
#include "stream/stream.h"

inline std::unique_ptr<media::Stream> bindStream(const char *host = "127.0.0.1")
{
    auto stream = media::Stream::bind(host);
    return stream ? std::move(*stream) : nullptr;
}

/// With the stream at that port of this machine; a tone is spoken, and nothing heard.
inline media::StreamConfig config(std::uint16_t remotePort, media::SrtpKey sendKey, media::SrtpKey receiveKey)
{
    media::StreamConfig configuration;
    configuration.remoteRtp = {"127.0.0.1", remotePort};
    configuration.sendKeys.push_back(std::move(sendKey));
    configuration.receiveKeys.push_back(std::move(receiveKey));
    configuration.audio = {std::make_shared<media::ToneMicrophone>(), std::make_shared<media::NullSpeaker>()};
    return configuration;
}
