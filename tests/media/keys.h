// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/key.h"

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
