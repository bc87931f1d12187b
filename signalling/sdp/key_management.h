// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdp/description.h"

#include <string>
#include <string_view>
#include <vector>

namespace sdp {

/// An a=key-mgmt attribute (RFC 4567 section 3.1).
struct KeyManagement
{
    std::string protocol; ///< case-sensitive, "mikey"
    std::string data;     ///< base64 as written

    bool operator==(const KeyManagement &) const = default;
};

/// The attributes that hold for the media, in order of preference: its own if it has any, else the session's
/// (RFC 4567 section 3.1: the media level overrides). Status 400 when one is malformed.
Result<std::vector<KeyManagement>> keyManagementOf(const Description &description, const Media &media);

/// Is there any, sound or not, at this level?
bool hasKeyManagement(const Lines &lines);

/// The value of the attribute, after "a=key-mgmt:".
Result<KeyManagement> parseKeyManagement(std::string_view value);
Line toLine(const KeyManagement &keyManagement);

} // namespace sdp
