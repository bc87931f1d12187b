// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"
#include "wire/registry.h"

#include <initializer_list>

namespace mikey {

inline constexpr std::size_t sha1Octets = 20;
inline constexpr std::size_t sha256Octets = 32;

enum class Hash { Sha1, Sha256 };

/// HMAC (RFC 2104) over the concatenation of the parts. `out` must have the size of the hash.
void hmac(Hash hash, ByteView key, std::initializer_list<ByteView> parts, std::span<std::uint8_t> out);

} // namespace mikey
