// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <array>
#include <string>

namespace mikey {

/// Hash functions of CHASH (RFC 3830 6.8 and RFC 6043 6.7), with their numbers there.
enum class HashFunction : std::uint8_t { Sha1 = 0, Md5 = 1, Sha256 = 2 };

Bytes digest(HashFunction function, ByteView octets);
std::array<std::uint8_t, 32> sha256(ByteView octets);

/// What people compare instead of a key: the first 8 octets of its SHA-256, hex.
std::string fingerprint(ByteView key);

} // namespace mikey
