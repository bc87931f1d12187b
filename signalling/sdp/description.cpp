// SPDX-License-Identifier: Apache-2.0
#include "sdp/description.h"

#include "sip/text.h"

#include <algorithm>

namespace sdp {

namespace {

namespace text = sip::text;

constexpr std::size_t maxOctets = 64 * 1024;
constexpr std::size_t maxLines = 1000;
constexpr std::size_t maxMedia = 32;
constexpr std::size_t maxFormats = 64;

Fault malformed(std::string sentence)
{
    return {400, "The session description is malformed: " + std::move(sentence)};
}

/// The parts between single spaces.
std::vector<std::string_view> words(std::string_view text)
{
    std::vector<std::string_view> result;
    while (result.size() <= maxFormats + 3) {
        const auto space = text.find(' ');
        result.push_back(text.substr(0, space));
        if (space == text.npos)
            break;
        text.remove_prefix(space + 1);
    }
    return result;
}

bool isOrigin(std::string_view value)
{
    const auto parts = words(value);
    constexpr auto largest = ~std::uint64_t(0);
    return parts.size() == 6 && text::parseNumber(parts[1], largest) && text::parseNumber(parts[2], largest);
}

/// "audio 49170/2 RTP/SAVP 96 97"
std::optional<Media> parseMedia(std::string_view value)
{
    // A space at the end of the line is a common slip.
    const auto parts = words(text::trim(value));
    if (parts.size() < 4 || parts.size() > maxFormats + 3 || std::ranges::any_of(parts, &std::string_view::empty))
        return std::nullopt;
    const auto slash = parts[1].find('/');
    const auto port = text::parseNumber(parts[1].substr(0, slash), 65535);
    const auto count = slash == parts[1].npos ? 1 : text::parseNumber(parts[1].substr(slash + 1), 65535);
    if (!port || !count || *count == 0)
        return std::nullopt;
    Media media{.kind = std::string(parts[0]),
                .port = std::uint16_t(*port),
                .portCount = unsigned(*count),
                .protocol = std::string(parts[2])};
    media.formats.assign(parts.begin() + 3, parts.end());
    return media;
}

/// The next line without its end.
std::string_view takeLine(std::string_view &text)
{
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

/// Puts a line where it belongs: a media line begins a media, what follows belongs to that.
std::optional<Fault> addLine(std::string_view line, Description &description)
{
    constexpr std::string_view forbidden("\r\0", 2);
    const bool isLine = line.size() >= 2 && line[0] >= 'a' && line[0] <= 'z' && line[1] == '=' &&
                        line.find_first_of(forbidden) == line.npos;
    if (!isLine)
        return malformed("a line is not of the form x=value.");
    const auto value = line.substr(2);
    if (line[0] != 'm') {
        auto &lines = description.media.empty() ? description.lines : description.media.back().lines;
        lines.push_back({line[0], std::string(value)});
        return std::nullopt;
    }
    auto media = parseMedia(value);
    if (!media || description.media.size() == maxMedia)
        return malformed("an m= line cannot be understood.");
    description.media.push_back(std::move(*media));
    return std::nullopt;
}

std::string toString(const Lines &lines)
{
    std::string result;
    for (const auto &line : lines)
        result += std::string(1, line.type) + '=' + line.value + "\r\n";
    return result;
}

std::string toString(const Media &media)
{
    auto result = "m=" + media.kind + ' ' + std::to_string(media.port);
    if (media.portCount != 1)
        result += '/' + std::to_string(media.portCount);
    result += ' ' + media.protocol;
    for (const auto &format : media.formats)
        result += ' ' + format;
    return result + "\r\n" + toString(media.lines);
}

const std::string *find(const Lines &lines, char type)
{
    const auto it = std::ranges::find(lines, type, &Line::type);
    return it == lines.end() ? nullptr : &it->value;
}

/// What RFC 8866 section 5 demands of the session level. The order of lines is not insisted upon.
std::optional<Fault> checkSession(const Lines &lines)
{
    if (lines.empty() || lines.front() != Line{'v', "0"})
        return malformed("it does not begin with v=0.");
    const auto *origin = find(lines, 'o');
    if (!origin || !isOrigin(*origin))
        return malformed("there is no sound o= line.");
    if (!find(lines, 's'))
        return malformed("there is no s= line.");
    if (!find(lines, 't'))
        return malformed("there is no t= line.");
    return std::nullopt;
}

/// Each media needs an address, unless it is refused.
std::optional<Fault> checkConnections(const Description &description)
{
    const auto isUnsound = [](const Line &line) { return line.type == 'c' && !parseConnection(line.value); };
    if (std::ranges::any_of(description.lines, isUnsound))
        return malformed("the c= line cannot be understood.");
    for (const auto &media : description.media) {
        if (std::ranges::any_of(media.lines, isUnsound))
            return malformed("the c= line of a media cannot be understood.");
        if (media.port != 0 && !connectionOf(description, media))
            return malformed("a media has no c= line.");
    }
    return std::nullopt;
}

} // namespace

std::optional<Connection> parseConnection(std::string_view value)
{
    const auto parts = words(value);
    if (parts.size() != 3 || parts[0] != "IN" || (parts[1] != "IP4" && parts[1] != "IP6"))
        return std::nullopt;
    Connection connection{parts[1] == "IP6", std::string(parts[2].substr(0, parts[2].find('/')))};
    if (!text::isHost(connection.address))
        return std::nullopt;
    return connection;
}

Result<Description> Description::parse(std::string_view text)
{
    if (text.size() > maxOctets)
        return malformed("it is longer than 64 KiB.");
    Description description;
    for (std::size_t count = 0; !text.empty() && text != "\r\n"; ++count) {
        if (count == maxLines)
            return malformed("it has more than 1000 lines.");
        if (auto fault = addLine(takeLine(text), description))
            return *fault;
    }
    if (auto fault = checkSession(description.lines))
        return *fault;
    if (auto fault = checkConnections(description))
        return *fault;
    return description;
}

std::string Description::toString() const
{
    auto result = sdp::toString(lines);
    for (const auto &one : media)
        result += sdp::toString(one);
    return result;
}

std::vector<std::string_view> attributes(const Lines &lines, std::string_view name)
{
    std::vector<std::string_view> values;
    for (const auto &line : lines) {
        const std::string_view value = line.value;
        if (line.type != 'a' || !value.starts_with(name))
            continue;
        if (value.size() == name.size())
            values.emplace_back();
        else if (value[name.size()] == ':')
            values.push_back(value.substr(name.size() + 1));
    }
    return values;
}

std::optional<std::string_view> attribute(const Lines &lines, std::string_view name)
{
    const auto values = attributes(lines, name);
    return values.empty() ? std::nullopt : std::optional(values.front());
}

std::optional<Connection> connectionOf(const Description &description, const Media &media)
{
    const auto *value = find(media.lines, 'c');
    if (!value)
        value = find(description.lines, 'c');
    return value ? parseConnection(*value) : std::nullopt;
}

} // namespace sdp
