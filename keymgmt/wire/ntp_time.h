// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <array>
#include <compare>
#include <optional>

namespace mikey {

/// A 64-bit NTP timestamp: seconds since 1900 and their binary fraction, modulo 2^32 seconds. The counter wraps in
/// February 2036 (RFC 3830 4.2.8), so times are compared by their difference, which is right within ±68 years.
class NtpTime
{
public:
    constexpr NtpTime() = default;
    constexpr explicit NtpTime(std::uint64_t units) : m_units(units) {}

    static NtpTime fromUnixMicroseconds(std::int64_t microseconds);
    static std::optional<NtpTime> fromOctets(ByteView octets); ///< none unless they are 8

    std::uint64_t units() const { return m_units; } ///< 2^-32 s
    std::array<std::uint8_t, 8> octets() const;
    /// Milliseconds since 1970; a time with the top bit clear is one after February 2036.
    std::int64_t unixMilliseconds() const;

    /// This time minus the other, in units of 2^-32 s.
    std::int64_t minus(NtpTime other) const { return static_cast<std::int64_t>(m_units - other.m_units); }
    bool isAfter(NtpTime other) const { return minus(other) > 0; }
    NtpTime plusSeconds(std::int64_t seconds) const
    {
        return NtpTime(m_units + (static_cast<std::uint64_t>(seconds) << 32));
    }
    NtpTime next() const { return NtpTime(m_units + 1); }

    bool operator==(const NtpTime &) const = default;

private:
    std::uint64_t m_units = 0;
};

} // namespace mikey
