// SPDX-License-Identifier: Apache-2.0
#include "sip/text.h"

#include <algorithm>

namespace sip::text {

namespace {

constexpr std::string_view spaces = " \t";

bool isAlphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

std::optional<unsigned> hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return unsigned(c - '0');
    const char l = lower(c);
    if (l >= 'a' && l <= 'f')
        return unsigned(l - 'a' + 10);
    return std::nullopt;
}

bool isIpv6(std::string_view text)
{
    return text.find(':') != text.npos && text.size() <= 45 &&
           std::ranges::all_of(text, [](char c) { return hexDigit(c) || c == ':' || c == '.'; });
}

} // namespace

bool isTokenChar(char c)
{
    return isAlphanumeric(c) || (c != '\0' && std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos);
}

bool isToken(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, isTokenChar);
}

bool equalsIgnoringCase(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string toLower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

std::string_view trim(std::string_view text)
{
    const auto first = text.find_first_not_of(spaces);
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

std::optional<std::uint64_t> parseNumber(std::string_view text, std::uint64_t largest)
{
    if (text.empty())
        return std::nullopt;
    std::uint64_t number = 0;
    for (char c : text) {
        if (c < '0' || c > '9')
            return std::nullopt;
        const auto digit = std::uint64_t(c - '0');
        if (digit > largest || number > (largest - digit) / 10)
            return std::nullopt;
        number = number * 10 + digit;
    }
    return number;
}

std::optional<std::string> unescape(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            result += text[i];
            continue;
        }
        if (i + 2 >= text.size())
            return std::nullopt;
        const auto high = hexDigit(text[i + 1]);
        const auto low = hexDigit(text[i + 2]);
        if (!high || !low)
            return std::nullopt;
        result += char(*high * 16 + *low);
        i += 2;
    }
    return result;
}

std::string escape(std::string_view text, std::string_view allowed)
{
    constexpr std::string_view mark = "-_.!~*'()";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size());
    for (char c : text) {
        if (isAlphanumeric(c) || mark.find(c) != mark.npos || allowed.find(c) != allowed.npos) {
            result += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        result += '%';
        result += digits[octet >> 4];
        result += digits[octet & 15];
    }
    return result;
}

std::string quote(std::string_view text)
{
    std::string result = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\' || (c >= 0 && c < ' ' && c != '\r' && c != '\n') || c == '\x7f')
            result += '\\';
        result += c;
    }
    return result + '"';
}

bool isHost(std::string_view text)
{
    if (text.empty() || text.size() > 255)
        return false;
    return isIpv6(text) ||
           std::ranges::all_of(text, [](char c) { return isAlphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

std::optional<std::vector<std::string_view>> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    std::size_t start = 0;
    bool quoted = false;
    bool bracketed = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted = false;
        } else if (c == '"' && !bracketed) {
            quoted = true;
        } else if (c == '<' || c == '>') {
            bracketed = c == '<';
        } else if (c == separator && !bracketed) {
            parts.push_back(trim(text.substr(start, i - start)));
            start = i + 1;
        }
    }
    if (quoted)
        return std::nullopt;
    parts.push_back(trim(text.substr(start)));
    return parts;
}

void Scanner::skipSpace()
{
    m_rest.remove_prefix(std::min(m_rest.find_first_not_of(spaces), m_rest.size()));
}

bool Scanner::atEnd()
{
    skipSpace();
    return m_rest.empty();
}

char Scanner::peek()
{
    return atEnd() ? '\0' : m_rest.front();
}

bool Scanner::accept(char c)
{
    if (atEnd() || m_rest.front() != c)
        return false;
    m_rest.remove_prefix(1);
    return true;
}

std::string_view Scanner::token()
{
    skipSpace();
    std::size_t length = 0;
    while (length < m_rest.size() && isTokenChar(m_rest[length]))
        ++length;
    const auto result = m_rest.substr(0, length);
    m_rest.remove_prefix(length);
    return result;
}

std::optional<std::string> Scanner::quotedString()
{
    if (!accept('"'))
        return std::nullopt;
    std::string result;
    for (std::size_t i = 0; i < m_rest.size(); ++i) {
        if (m_rest[i] == '"') {
            m_rest.remove_prefix(i + 1);
            return result;
        }
        if (m_rest[i] == '\\' && ++i == m_rest.size())
            break;
        result += m_rest[i];
    }
    return std::nullopt;
}

std::string_view Scanner::until(std::string_view stops)
{
    skipSpace();
    const auto result = m_rest.substr(0, m_rest.find_first_of(stops));
    m_rest.remove_prefix(result.size());
    return trim(result);
}

} // namespace sip::text
