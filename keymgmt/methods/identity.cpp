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

int digitOf(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char small = static_cast<char>(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// RFC 3986 6.2.2: what need not be percent-encoded is not, and digits of what is are upper case.
std::string withNormalEscapes(std::string_view uri)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto isUnreserved = [](int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
               c == '_' || c == '~';
    };
    std::string normal;
    for (std::size_t i = 0; i < uri.size(); ++i) {
        const bool escaped =
            uri[i] == '%' && i + 2 < uri.size() && digitOf(uri[i + 1]) >= 0 && digitOf(uri[i + 2]) >= 0;
        if (!escaped) {
            normal += uri[i] == '%' ? "%25" : std::string(1, uri[i]); // so that it is normal once and for all
            continue;
        }
        const auto high = static_cast<unsigned>(digitOf(uri[i + 1])), low = static_cast<unsigned>(digitOf(uri[i + 2]));
        const auto octet = static_cast<int>(high << 4 | low);
        if (isUnreserved(octet))
            normal += static_cast<char>(octet);
        else
            (normal += '%').append({digits[high], digits[low]});
        i += 2;
    }
    return normal;
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
        canonical = withNormalEscapes(canonical);
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

ServedBy servedBy(std::string_view user, std::string_view kms, std::span<const std::string> hosts)
{
    constexpr std::string_view telScheme = "tel:";
    if (user.starts_with(telScheme)) { // numbers have no host, but those of a service may have a common start
        const auto number = user.substr(telScheme.size());
        const bool served = std::any_of(hosts.begin(), hosts.end(), [number](const std::string &start) {
            return start.starts_with('+') && number.starts_with(start);
        });
        return served ? ServedBy::Name : ServedBy::Nobody;
    }
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
