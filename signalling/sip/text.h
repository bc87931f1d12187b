// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The lexical rules of RFC 3261 section 25.1 that messages, header fields and URIs share.
namespace sip::text {

bool isTokenChar(char c);
bool isToken(std::string_view text); ///< not empty, token characters only
bool equalsIgnoringCase(std::string_view a, std::string_view b);
std::string toLower(std::string_view text);
std::string_view trim(std::string_view text); ///< without spaces and tabs at both ends

/// Decimal digits only; nothing when empty, not a number, or above `largest`.
std::optional<std::uint64_t> parseNumber(std::string_view text, std::uint64_t largest);

/// Each %HH becomes its octet, not recursively; nothing when a % is not followed by two hex digits.
std::optional<std::string> unescape(std::string_view text);
/// Octets that are neither unreserved nor in `allowed` become %HH.
std::string escape(std::string_view text, std::string_view allowed);

/// The text in double quotes, with \ before what needs it.
std::string quote(std::string_view text);

/// A host: name, IPv4 address, or IPv6 address (here without brackets).
bool isHost(std::string_view text);

/// Splits at a separator that stands outside of quoted strings and <>. Nothing when a quoted string does not end.
std::optional<std::vector<std::string_view>> split(std::string_view text, char separator);

/// Reads a header field value from its start. Spaces between elements are skipped (SWS of the grammar).
class Scanner
{
public:
    explicit Scanner(std::string_view rest) : m_rest(rest) {}

    bool atEnd();
    char peek(); ///< NUL at the end
    bool accept(char c);
    std::string_view token();                  ///< empty when there is none
    std::optional<std::string> quotedString(); ///< without quotes and escapes
    std::string_view until(std::string_view stops);
    std::string_view rest() const { return m_rest; }

private:
    void skipSpace();

    std::string_view m_rest;
};

} // namespace sip::text
