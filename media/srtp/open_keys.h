// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/session.h"

#include <algorithm>
#include <string>

namespace media {

/// More keys than this are not taken from one agreement: a packet without MKI is tried with each.
inline constexpr std::size_t mostKeysOfAgreement = 8;

/// The keys of one agreement for one stream, ready for use, each as an SrtpSender or SrtpReceiver; an Error if there is
/// none or one of them can't be used. They have the same SSRC.
template <class Keyed>
Result<std::vector<Keyed>> openKeys(std::vector<SrtpKey> keys, WeakPolicy weak)
{
    if (keys.empty() || keys.size() > mostKeysOfAgreement)
        return Error{std::to_string(keys.size()) + " SRTP keys were agreed for one stream; 1 to " +
                     std::to_string(mostKeysOfAgreement) + " can be used."};
    const std::uint32_t ssrc = keys.front().ssrc;
    if (!std::ranges::all_of(keys, [ssrc](const SrtpKey &key) { return key.ssrc == ssrc; }))
        return Error{"The SRTP keys agreed for one stream have different SSRCs."};
    std::vector<Keyed> opened;
    for (SrtpKey &key : keys) {
        Result<Keyed> one = Keyed::create(std::move(key), weak);
        if (!one)
            return one.error();
        opened.push_back(std::move(*one));
    }
    return opened;
}

} // namespace media
