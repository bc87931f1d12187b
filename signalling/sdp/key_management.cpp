// SPDX-License-Identifier: Apache-2.0
#include "sdp/key_management.h"

#include "sip/text.h"

#include <algorithm>

namespace sdp {

namespace {

constexpr std::string_view attributeName = "key-mgmt";
constexpr std::size_t maxAttributes = 16;

/// base64 of RFC 4648: whole groups of four, padding only at the end.
bool isBase64(std::string_view text)
{
    const auto body = text.substr(0, std::min(text.find('='), text.size()));
    const auto padding = text.substr(body.size());
    const auto isDigit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
    };
    return !body.empty() && text.size() % 4 == 0 && (padding.empty() || padding == "=" || padding == "==") &&
           std::ranges::all_of(body, isDigit);
}

} // namespace

Result<KeyManagement> parseKeyManagement(std::string_view value)
{
    // key-mgmt-att-value = 0*1SP prtcl-id SP keymgmt-data
    if (value.starts_with(' '))
        value.remove_prefix(1);
    const auto space = value.find(' ');
    const auto protocol = value.substr(0, space);
    const auto data = space == value.npos ? std::string_view() : value.substr(space + 1);
    if (!sip::text::isToken(protocol) || !isBase64(data))
        return Fault{400, "The session description is malformed: its key-mgmt attribute cannot be understood."};
    return KeyManagement{std::string(protocol), std::string(data)};
}

Line toLine(const KeyManagement &keyManagement)
{
    return {'a', std::string(attributeName) + ':' + keyManagement.protocol + ' ' + keyManagement.data};
}

bool hasKeyManagement(const Lines &lines)
{
    return attribute(lines, attributeName).has_value();
}

Result<std::vector<KeyManagement>> keyManagementOf(const Description &description, const Media &media)
{
    auto values = attributes(media.lines, attributeName);
    if (values.empty())
        values = attributes(description.lines, attributeName);
    if (values.size() > maxAttributes)
        return Fault{400, "The session description has too many key-mgmt attributes."};
    std::vector<KeyManagement> result;
    for (const auto value : values) {
        auto parsed = parseKeyManagement(value);
        if (!parsed)
            return parsed.fault();
        result.push_back(std::move(*parsed));
    }
    return result;
}

} // namespace sdp
