// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sip {

/// What the parser knows of a header field (RFC 3261 section 20 and Tables 2 and 3).
struct HeaderInfo
{
    enum class Form : std::uint8_t {
        Single,   ///< at most once
        Repeated, ///< any number of fields, a comma does not separate values
        List,     ///< any number of fields, each with values separated by commas
    };

    std::string_view name;
    char compact = '\0'; ///< the one-letter form, NUL: none
    Form form = Form::Repeated;
    bool mandatory = false; ///< in every request and response
};

std::span<const HeaderInfo> knownHeaders();

/// By full name or compact form, without case; null when unknown.
const HeaderInfo *findHeader(std::string_view name);

/// One value of a header field. The name of a known one is as in the table; lists are one entry a value.
struct Header
{
    std::string name;
    std::string value;

    bool operator==(const Header &) const = default;
};

/// The header fields of a message in their order. Names are compared exactly: they are canonical once parsed.
class Headers
{
public:
    const std::string *find(std::string_view name) const; ///< the first value, or null
    std::vector<std::string_view> all(std::string_view name) const;
    /// Whether a list has that token, such as an option tag in Supported. Case does not matter.
    bool lists(std::string_view name, std::string_view token) const;
    bool has(std::string_view name) const { return find(name) != nullptr; }

    void add(std::string_view name, std::string_view value);
    void prepend(std::string_view name, std::string_view value);
    void set(std::string_view name, std::string_view value); ///< replaces the first, or adds

    auto begin() const { return m_entries.begin(); }
    auto end() const { return m_entries.end(); }
    std::size_t size() const { return m_entries.size(); }

    bool operator==(const Headers &) const = default;

private:
    std::vector<Header> m_entries;
};

} // namespace sip
