// SPDX-License-Identifier: Apache-2.0
#include "wire/text.h"

#include "wire/ntp_time.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace mikey {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

int digitValue(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

std::string hex(ByteView octets)
{
    std::string text;
    text.reserve(2 * octets.size());
    for (const auto octet : octets) {
        text += digits[octet >> 4];
        text += digits[octet & 15];
    }
    return text;
}

std::string hexOf32(std::uint32_t number)
{
    std::string text(8, '0');
    for (std::size_t i = 0; i < 8; ++i)
        text[i] = digits[(number >> (28 - 4 * i)) & 15];
    return text;
}

std::optional<Bytes> fromHex(std::string_view text)
{
    if (text.size() % 2)
        return std::nullopt;
    Bytes octets;
    octets.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digitValue(text[i]);
        const int low = digitValue(text[i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        octets.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return octets;
}

std::string printable(ByteView octets)
{
    std::string text;
    for (const auto octet : octets) {
        if (octet >= 0x20 && octet < 0x7f && octet != '\\') {
            text += static_cast<char>(octet);
        } else {
            text += "\\x";
            text += digits[octet >> 4];
            text += digits[octet & 15];
        }
    }
    return text;
}

std::string printableStart(ByteView octets)
{
    constexpr std::size_t most = 128;
    return octets.size() <= most ? printable(octets) : printable(octets.first(most)) + "...";
}

std::string ntpTimeText(ByteView octets)
{
    const auto time = NtpTime::fromOctets(octets);
    if (!time)
        return hex(octets);
    using namespace std::chrono;
    const sys_time<milliseconds> point{milliseconds(time->unixMilliseconds())};
    const auto day = floor<days>(point);
    const year_month_day date{day};
    const hh_mm_ss clock{point - day};
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text.data();
}

} // namespace mikey
