// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <array>
#include <string>

namespace mikey {

std::array<std::uint8_t, 32> sha256(ByteView octets);

/// What people compare instead of a key: the first 8 octets of its SHA-256, hex.
std::string fingerprint(ByteView key);

} // namespace mikey
