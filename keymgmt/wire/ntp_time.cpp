// SPDX-License-Identifier: Apache-2.0
#include "wire/ntp_time.h"

#include <chrono>

namespace mikey {

namespace {
constexpr std::int64_t unixEpoch = 2208988800; ///< seconds from 1900 to 1970
constexpr std::int64_t era = std::int64_t{1} << 32;
} // namespace

NtpTime NtpTime::fromUnixMicroseconds(std::int64_t microseconds)
{
    const auto point = std::chrono::microseconds(microseconds);
    const auto whole = std::chrono::floor<std::chrono::seconds>(point); // before 1970 too the fraction counts upwards
    const std::int64_t seconds = whole.count();
    const auto fraction = static_cast<std::uint64_t>((point - whole).count());
    // Rounded up, so that unixMilliseconds(), which rounds down, gives back what was put in.
    return NtpTime((static_cast<std::uint64_t>(seconds + unixEpoch) << 32) | (((fraction << 32) + 999999) / 1000000));
}

std::optional<NtpTime> NtpTime::fromOctets(ByteView octets)
{
    if (octets.size() != 8)
        return std::nullopt;
    std::uint64_t units = 0;
    for (const auto octet : octets)
        units = units << 8 | octet;
    return NtpTime(units);
}

std::array<std::uint8_t, 8> NtpTime::octets() const
{
    std::array<std::uint8_t, 8> octets{};
    for (std::size_t i = 0; i < 8; ++i)
        octets[i] = static_cast<std::uint8_t>(m_units >> (56 - 8 * i));
    return octets;
}

std::int64_t NtpTime::unixMilliseconds() const
{
    std::int64_t seconds = static_cast<std::int64_t>(m_units >> 32) - unixEpoch;
    if (!(m_units >> 63))
        seconds += era;
    return seconds * 1000 + static_cast<std::int64_t>(((m_units & 0xffffffffu) * 1000) >> 32);
}

} // namespace mikey
