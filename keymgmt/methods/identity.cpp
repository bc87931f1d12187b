// SPDX-License-Identifier: Apache-2.0
#include "methods/identity.h"

#include <algorithm>

namespace mikey {

namespace {

void lower(std::string &text, std::size_t from, std::size_t to)
{
    std::transform(text.begin() + static_cast<std::ptrdiff_t>(from), text.begin() + static_cast<std::ptrdiff_t>(to),
                   text.begin() + static_cast<std::ptrdiff_t>(from),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

} // namespace

std::string_view bareIdentity(std::string_view identity)
{
    if (const auto open = identity.find('<'); open != std::string_view::npos)
        identity = identity.substr(open + 1, identity.find('>', open) - open - 1);
    const auto at = identity.find('@');
    // Parameters and headers follow the host; a user part may hold ';' and '?' itself.
    return identity.substr(0, identity.find_first_of(";?", at == std::string_view::npos ? 0 : at));
}

std::string canonicalIdentity(std::string_view identity)
{
    std::string canonical(bareIdentity(identity));
    if (identityType(canonical) == IdType::Uri) {
        lower(canonical, 0, canonical.find(':'));
    }
    const auto at = canonical.find('@');
    if (at != std::string::npos)
        lower(canonical, at, canonical.size());
    return canonical;
}

IdType identityType(std::string_view identity)
{
    const auto colon = identity.find(':');
    const auto at = identity.find('@');
    const bool scheme = colon != std::string_view::npos && colon > 0 && (at == std::string_view::npos || colon < at);
    return scheme ? IdType::Uri : IdType::Nai;
}

std::string_view hostOf(std::string_view identity)
{
    const auto at = identity.find('@');
    const auto whole = at == std::string_view::npos ? std::string_view() : identity.substr(at + 1);
    return whole.substr(0, whole.find(':'));
}

std::size_t servedStart(std::string_view user, std::span<const std::string> hosts)
{
    constexpr std::string_view telScheme = "tel:";
    std::size_t longest = 0;
    for (const auto &start : hosts) {
        const bool isStart = start.size() > 1 && start.front() == '+' && user.starts_with(telScheme);
        if (isStart && user.substr(telScheme.size()).starts_with(start))
            longest = std::max(longest, start.size());
    }
    return longest;
}

bool isServiceName(ByteView id, std::string_view kms)
{
    auto name = canonicalIdentity(textOf(id));
    std::string service(kms);
    lower(name, 0, name.size());
    lower(service, 0, service.size());
    return name == service;
}

ServedBy servedBy(std::string_view user, std::string_view kms, std::span<const std::string> hosts)
{
    if (servedStart(user, hosts) > 0) // numbers have no host, but those of a service may have a common start
        return ServedBy::Name;
    const auto host = hostOf(user);
    if (host.empty())
        return ServedBy::Nobody;
    if (kms == host || std::find(hosts.begin(), hosts.end(), host) != hosts.end())
        return ServedBy::Name;
    const auto label = kms.find('.');
    return label != std::string_view::npos && kms.substr(label + 1) == host ? ServedBy::Neighbour : ServedBy::Nobody;
}

Id idPayload(std::string_view identity)
{
    return {identityType(identity), octetsOf(identity)};
}

} // namespace mikey
