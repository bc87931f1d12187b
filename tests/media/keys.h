// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/receive_keys.h"
#include "srtp/send_keys.h"

#include <vector>

/// A key of the default policy; different `fill` octets make different keys.
inline media::SrtpKey testKey(std::uint32_t ssrc, std::uint8_t fill, const media::SrtpPolicy &policy = {})
{
    media::SrtpKey key;
    key.ssrc = ssrc;
    key.policy = policy;
    key.masterKey = media::SecretBytes(std::vector<std::uint8_t>(policy.encrKeyLength, fill));
    key.masterSalt =
        media::SecretBytes(std::vector<std::uint8_t>(policy.saltLength, static_cast<std::uint8_t>(fill + 1)));
    return key;
}

template <class... Keys>
std::vector<media::SrtpKey> keyList(Keys... keys)
{
    std::vector<media::SrtpKey> list;
    (list.push_back(std::move(keys)), ...);
    return list;
}

template <class Keyed, class... Keys>
std::vector<Keyed> opened(Keys... keys)
{
    return std::move(media::openKeys<Keyed>(keyList(std::move(keys)...), media::WeakPolicy::Refuse).value());
}

template <class... Keys>
media::SrtpSendKeys sendKeys(Keys... keys)
{
    return {opened<media::SrtpSender>(std::move(keys)...), media::KeyLimits(), media::Time()};
}

template <class... Keys>
media::SrtpReceiveKeys receiveKeys(Keys... keys)
{
    return {opened<media::SrtpReceiver>(std::move(keys)...), media::KeyLimits(), media::Time()};
}
