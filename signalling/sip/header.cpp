// SPDX-License-Identifier: Apache-2.0
#include "sip/header.h"

#include "sip/text.h"

#include <algorithm>

namespace sip {

namespace {

using Form = HeaderInfo::Form;

constexpr HeaderInfo table[] = {
    {"Accept", '\0', Form::List},
    {"Accept-Contact", 'a', Form::List}, // RFC 3841
    {"Accept-Encoding", '\0', Form::List},
    {"Accept-Language", '\0', Form::List},
    {"Alert-Info", '\0', Form::List},
    {"Allow", '\0', Form::List},
    {"Authentication-Info", '\0', Form::Repeated},
    {"Authorization", '\0', Form::Repeated},
    {"Call-ID", 'i', Form::Single, true},
    {"Call-Info", '\0', Form::List},
    {"Contact", 'm', Form::List},
    {"Content-Disposition", '\0', Form::Single},
    {"Content-Encoding", 'e', Form::List},
    {"Content-Language", '\0', Form::List},
    {"Content-Length", 'l', Form::Single},
    {"Content-Type", 'c', Form::Single},
    {"CSeq", '\0', Form::Single, true},
    {"Date", '\0', Form::Single},
    {"Error-Info", '\0', Form::List},
    {"Event", 'o', Form::Single}, // RFC 6665
    {"Expires", '\0', Form::Single},
    {"From", 'f', Form::Single, true},
    {"In-Reply-To", '\0', Form::List},
    {"Max-Forwards", '\0', Form::Single}, // absent in messages of RFC 2543
    {"MIME-Version", '\0', Form::Single},
    {"Min-Expires", '\0', Form::Single},
    {"Organization", '\0', Form::Single},
    {"Priority", '\0', Form::Single},
    {"Proxy-Authenticate", '\0', Form::Repeated},
    {"Proxy-Authorization", '\0', Form::Repeated},
    {"Proxy-Require", '\0', Form::List},
    {"RAck", '\0', Form::Single}, // RFC 3262
    {"Reason", '\0', Form::List}, // RFC 3326
    {"Record-Route", '\0', Form::List},
    {"Refer-To", 'r', Form::Single},    // RFC 3515
    {"Referred-By", 'b', Form::Single}, // RFC 3892
    {"Reply-To", '\0', Form::Single},
    {"Require", '\0', Form::List},
    {"Retry-After", '\0', Form::Single},
    {"Route", '\0', Form::List},
    {"RSeq", '\0', Form::Single}, // RFC 3262
    {"Server", '\0', Form::Single},
    {"Session-Expires", 'x', Form::Single}, // RFC 4028
    {"Subject", 's', Form::Single},
    {"Supported", 'k', Form::List},
    {"Timestamp", '\0', Form::Single},
    {"To", 't', Form::Single, true},
    {"Unsupported", '\0', Form::List},
    {"User-Agent", '\0', Form::Single},
    {"Via", 'v', Form::List, true},
    {"Warning", '\0', Form::List},
    {"WWW-Authenticate", '\0', Form::Repeated},
};

} // namespace

std::span<const HeaderInfo> knownHeaders()
{
    return table;
}

const HeaderInfo *findHeader(std::string_view name)
{
    const auto *it = std::ranges::find_if(table, [&](const HeaderInfo &info) {
        if (name.size() == 1)
            return info.compact != '\0' && text::equalsIgnoringCase(name, std::string_view(&info.compact, 1));
        return text::equalsIgnoringCase(name, info.name);
    });
    return it == std::end(table) ? nullptr : it;
}

const std::string *Headers::find(std::string_view name) const
{
    const auto it = std::ranges::find(m_entries, name, &Header::name);
    return it == m_entries.end() ? nullptr : &it->value;
}

std::vector<std::string_view> Headers::all(std::string_view name) const
{
    std::vector<std::string_view> values;
    for (const auto &header : m_entries)
        if (header.name == name)
            values.push_back(header.value);
    return values;
}

bool Headers::lists(std::string_view name, std::string_view token) const
{
    return std::ranges::any_of(m_entries, [&](const Header &header) {
        return header.name == name && text::equalsIgnoringCase(header.value, token);
    });
}

void Headers::add(std::string_view name, std::string_view value)
{
    m_entries.push_back({std::string(name), std::string(value)});
}

void Headers::prepend(std::string_view name, std::string_view value)
{
    m_entries.insert(m_entries.begin(), {std::string(name), std::string(value)});
}

void Headers::set(std::string_view name, std::string_view value)
{
    const auto it = std::ranges::find(m_entries, name, &Header::name);
    if (it == m_entries.end())
        add(name, value);
    else
        it->value = value;
}

} // namespace sip
