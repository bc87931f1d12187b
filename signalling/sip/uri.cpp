// SPDX-License-Identifier: Apache-2.0
#include "sip/uri.h"

#include "sip/text.h"

#include <algorithm>

namespace sip {

namespace {

// Characters of section 25.1 that stand unescaped in each part, besides the unreserved ones.
constexpr std::string_view userUnreserved = "&=+$,;?/";
constexpr std::string_view passwordUnreserved = "&=+$,";
constexpr std::string_view parameterUnreserved = "[]/:&+$";
constexpr std::string_view headerUnreserved = "[]/?:+$";

Fault malformed(std::string_view text)
{
    return {400, "The address '" + std::string(text.substr(0, 80)) + "' is not a SIP address."};
}

bool hasForbiddenCharacter(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"' || c == '\x7f';
    });
}

/// "name=value" or "name", escaped.
std::optional<Parameter> parsePair(std::string_view text)
{
    const auto equals = text.find('=');
    auto name = text::unescape(text.substr(0, equals));
    if (!name || name->empty())
        return std::nullopt;
    if (equals == text.npos)
        return Parameter{std::move(*name), std::nullopt};
    auto value = text::unescape(text.substr(equals + 1));
    if (!value)
        return std::nullopt;
    return Parameter{std::move(*name), std::move(value)};
}

std::optional<Parameters> parsePairs(std::string_view text, char separator)
{
    constexpr std::size_t most = 64;
    Parameters result;
    while (result.size() < most) {
        const auto end = text.find(separator);
        auto pair = parsePair(text.substr(0, end));
        if (!pair)
            return std::nullopt;
        result.push_back(std::move(*pair));
        if (end == text.npos)
            return result;
        text.remove_prefix(end + 1);
    }
    return std::nullopt;
}

bool parseUserInfo(std::string_view text, Uri &uri)
{
    const auto colon = text.find(':');
    auto user = text::unescape(text.substr(0, colon));
    if (!user || user->empty())
        return false;
    uri.user = std::move(*user);
    if (colon == text.npos)
        return true;
    auto password = text::unescape(text.substr(colon + 1));
    if (!password)
        return false;
    uri.password = std::move(*password);
    return true;
}

bool parseHostPort(std::string_view text, Uri &uri)
{
    const auto hostEnd = text.starts_with('[') ? text.find(']') : text.find(':');
    const bool bracketed = text.starts_with('[');
    if (bracketed && hostEnd == text.npos)
        return false;
    const auto host = bracketed ? text.substr(1, hostEnd - 1) : text.substr(0, hostEnd);
    if (!text::isHost(host) || bracketed != (host.find(':') != host.npos))
        return false;
    uri.host = text::toLower(host);
    auto rest = text.substr(bracketed ? hostEnd + 1 : host.size());
    if (rest.empty())
        return true;
    if (rest.front() != ':')
        return false;
    const auto port = text::parseNumber(rest.substr(1), 65535);
    uri.port = std::uint16_t(port.value_or(0));
    return port.has_value() && *port != 0;
}

bool parseSipPart(std::string_view text, Uri &uri)
{
    // The user part may hold ';' and '?', the host part may not hold '@'.
    if (const auto at = text.find('@'); at != text.npos) {
        if (!parseUserInfo(text.substr(0, at), uri))
            return false;
        text.remove_prefix(at + 1);
    }
    const auto hostPart = text.substr(0, text.find_first_of(";?"));
    if (!parseHostPort(hostPart, uri))
        return false;
    text.remove_prefix(hostPart.size());

    const auto question = text.find('?');
    if (const auto parameters = text.substr(0, question); !parameters.empty()) {
        auto parsed = parsePairs(parameters.substr(1), ';');
        if (!parsed)
            return false;
        uri.parameters = std::move(*parsed);
    }
    if (question == text.npos)
        return true;
    auto headers = parsePairs(text.substr(question + 1), '&');
    if (!headers)
        return false;
    uri.headers = std::move(*headers);
    return true;
}

std::string pairText(const Parameter &pair, std::string_view unreserved)
{
    auto result = text::escape(pair.name, unreserved);
    if (pair.value)
        result += '=' + text::escape(*pair.value, unreserved);
    return result;
}

} // namespace

const Parameter *findParameter(const Parameters &parameters, std::string_view name)
{
    const auto it = std::ranges::find_if(
        parameters, [&](const Parameter &parameter) { return text::equalsIgnoringCase(parameter.name, name); });
    return it == parameters.end() ? nullptr : &*it;
}

Result<Uri> Uri::parse(std::string_view text)
{
    const auto colon = text.find(':');
    if (colon == text.npos || hasForbiddenCharacter(text))
        return malformed(text);
    const auto scheme = text.substr(0, colon);
    const bool schemeStartsWithLetter =
        !scheme.empty() && (scheme.front() | 0x20) >= 'a' && (scheme.front() | 0x20) <= 'z';
    if (!schemeStartsWithLetter || !text::isToken(scheme))
        return malformed(text);

    Uri uri;
    uri.scheme = text::toLower(scheme);
    const auto rest = text.substr(colon + 1);
    if (!uri.isSip()) {
        uri.opaque = rest;
        return rest.empty() ? Result<Uri>(malformed(text)) : uri;
    }
    if (!parseSipPart(rest, uri))
        return malformed(text);
    return uri;
}

std::string Uri::toString() const
{
    if (!isSip())
        return scheme + ':' + opaque;
    std::string result = scheme + ':';
    if (!user.empty()) {
        result += text::escape(user, userUnreserved);
        if (!password.empty())
            result += ':' + text::escape(password, passwordUnreserved);
        result += '@';
    }
    result += hostPort(host, port);
    for (const auto &parameter : parameters)
        result += ';' + pairText(parameter, parameterUnreserved);
    char separator = '?';
    for (const auto &header : headers) {
        result += separator + pairText(header, headerUnreserved);
        separator = '&';
    }
    return result;
}

std::optional<Transport> Uri::transport() const
{
    const auto *parameter = findParameter(parameters, "transport");
    if (!parameter || !parameter->value)
        return std::nullopt;
    if (text::equalsIgnoringCase(*parameter->value, "udp"))
        return Transport::Udp;
    if (text::equalsIgnoringCase(*parameter->value, "tcp"))
        return Transport::Tcp;
    return std::nullopt;
}

bool Uri::sameTarget(const Uri &other) const
{
    return scheme == other.scheme && user == other.user && host == other.host &&
           effectivePort() == other.effectivePort() && opaque == other.opaque;
}

std::string hostPort(std::string_view host, std::uint16_t port)
{
    const bool ipv6 = host.find(':') != host.npos;
    std::string result = ipv6 ? '[' + std::string(host) + ']' : std::string(host);
    if (port != 0)
        result += ':' + std::to_string(port);
    return result;
}

} // namespace sip
