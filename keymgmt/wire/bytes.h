// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mikey {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The octets of a text, not copied; valid as long as the text is.
inline ByteView octetsOf(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

/// Octets seen as text, not copied and not checked: what a peer sent is not to be shown without escaping.
inline std::string_view textOf(ByteView octets)
{
    return {reinterpret_cast<const char *>(octets.data()), octets.size()};
}

inline void append(Bytes &to, ByteView octets)
{
    to.insert(to.end(), octets.begin(), octets.end());
}

/// Equality of octets that are no secret; secrets are compared by equalSecrets().
inline bool sameOctets(ByteView a, ByteView b)
{
    return textOf(a) == textOf(b);
}

} // namespace mikey
