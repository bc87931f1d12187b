// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

/// Numbers in network byte order. The caller has checked the size.
namespace media {

inline std::uint16_t read16(std::span<const std::uint8_t> from)
{
    return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}

inline std::uint32_t read32(std::span<const std::uint8_t> from)
{
    return std::uint32_t{read16(from)} << 16 | read16(from.subspan(2));
}

inline void write16(std::span<std::uint8_t> to, std::uint32_t value)
{
    to[0] = static_cast<std::uint8_t>(value >> 8);
    to[1] = static_cast<std::uint8_t>(value);
}

inline void write32(std::span<std::uint8_t> to, std::uint32_t value)
{
    write16(to, value >> 16);
    write16(to.subspan(2), value);
}

} // namespace media
