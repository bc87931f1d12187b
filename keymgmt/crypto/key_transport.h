// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.h"
#include "wire/registry.h"

#include <array>
#include <optional>

/// How the keys inside a KEMAC are encrypted (RFC 3830 4.2.3).
namespace mikey {

inline constexpr std::size_t aes128Octets = 16;
inline constexpr std::size_t aes256Octets = 32; ///< RFC 6043 6.2
inline constexpr std::size_t aesCmSaltOctets = 14;
inline constexpr std::size_t aesKwSaltOctets = 8;

/// IV = (S XOR (0x0000 || CSB ID || T)) || 0x0000. `salt` has 14 octets; `timestamp` is the TS value sent by the
/// Initiator, a shorter one (COUNTER) is padded with leading zeros (RFC 3830 6.6).
std::array<std::uint8_t, 16> aesCmIv(ByteView salt, std::uint32_t csbId, ByteView timestamp);

/// AES in counter mode; encrypts and decrypts. `key` has 16 octets, or 32 for AES-256.
Secret aesCm(ByteView key, const std::array<std::uint8_t, 16> &iv, ByteView data);

/// AES key wrap (RFC 3394) with the salt as initial value. `plain` is padded with zeros to a multiple of 8 octets, at
/// least 16: the sub-payloads in it end by themselves.
Bytes aesKeyWrap(ByteView key, ByteView salt, ByteView plain);
/// None if the integrity check fails or the length cannot be one of a wrapped key.
std::optional<Secret> aesKeyUnwrap(ByteView key, ByteView salt, ByteView wrapped);

} // namespace mikey
