// SPDX-License-Identifier: Apache-2.0
#include "account/message_input.h"

#include <QByteArrayList>

#include <algorithm>
#include <optional>

namespace account {

namespace {

constexpr char mikeyVersion = 1; ///< first octet of every MIKEY message, and of no text
constexpr auto attribute = "a=key-mgmt:";
constexpr std::size_t mostAttributes = 256;

bool isSpace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool isHexDigit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool isBase64Digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
}

template <class Unwanted>
QByteArray without(QByteArray text, Unwanted unwanted)
{
    text.erase(std::remove_if(text.begin(), text.end(), unwanted), text.end());
    return text;
}

mikey::Bytes bytesOf(const QByteArray &octets)
{
    return {octets.begin(), octets.end()};
}

/// Octets in hex, also as debuggers, captures and C sources write it. None: it is no hex.
std::optional<FoundMessage> fromHexText(QByteArray text)
{
    text.replace("0x", " ").replace("0X", " ");
    text = without(text, [](char c) { return isSpace(c) || c == ':' || c == ',' || c == '-'; });
    if (text.isEmpty() || !std::all_of(text.begin(), text.end(), isHexDigit))
        return std::nullopt;
    FoundMessage found;
    if (text.size() % 2)
        found.trouble = QStringLiteral("hex with an odd number of digits: half an octet is missing");
    else
        found.octets = bytesOf(QByteArray::fromHex(text));
    return found;
}

/// Padding may be missing. None: it is no base64.
std::optional<mikey::Bytes> fromBase64Text(QByteArray text)
{
    text = without(text, isSpace);
    while (text.endsWith('='))
        text.chop(1);
    if (text.isEmpty() || text.size() % 4 == 1 || !std::all_of(text.begin(), text.end(), isBase64Digit))
        return std::nullopt;
    return bytesOf(QByteArray::fromBase64(text));
}

/// The SDP of a SIP message, or all of it if it is none.
QByteArray withoutSipHeaders(const QByteArray &input)
{
    const auto firstLine = input.left(input.indexOf('\n')).trimmed();
    if (!firstLine.startsWith("SIP/2.0 ") && !firstLine.endsWith(" SIP/2.0"))
        return input;
    auto text = input;
    text.replace("\r\n", "\n");
    const auto blank = text.indexOf("\n\n");
    return blank < 0 ? QByteArray() : text.mid(blank + 2);
}

/// An attribute a=key-mgmt (RFC 4567 3.1) and the level it stands at.
struct KeyManagement
{
    int level = 0; ///< 0: session; then each media line, and each session description of a multipart body anew
    QByteArray protocol;
    QByteArray data;
};

bool isSdpLine(const QByteArray &line)
{
    return line.size() >= 2 && line[0] >= 'a' && line[0] <= 'z' && line[1] == '=';
}

/// The lines, without indentation. A line that only goes on with base64 belongs to the attribute before it: RFC 4567
/// itself prints its examples so.
QByteArrayList sdpLines(const QByteArray &sdp)
{
    QByteArrayList lines;
    for (const auto &raw : sdp.split('\n')) {
        const auto line = raw.trimmed();
        const auto goesOn = [](char c) { return isBase64Digit(c) || c == '='; };
        const bool continues = !lines.isEmpty() && lines.last().startsWith(attribute) && !line.isEmpty() &&
                               !isSdpLine(line) && std::all_of(line.begin(), line.end(), goesOn);
        if (continues)
            lines.last() += line;
        else
            lines += line;
    }
    return lines;
}

std::vector<KeyManagement> attributesOf(const QByteArrayList &lines)
{
    std::vector<KeyManagement> found;
    int level = 0;
    for (const auto &line : lines) {
        if (line.startsWith("m=") || line.startsWith("v="))
            ++level;
        if (!line.startsWith(attribute))
            continue;
        if (found.size() == mostAttributes)
            break;
        const auto value = line.mid(static_cast<qsizetype>(qstrlen(attribute))).trimmed();
        const auto space = std::find_if(value.begin(), value.end(), isSpace) - value.begin();
        found.push_back({level, value.left(space), value.mid(space).trimmed()});
    }
    return found;
}

std::vector<FoundMessage> fromSdp(const QByteArrayList &lines)
{
    std::vector<FoundMessage> found;
    const auto attributes = attributesOf(lines);
    for (const auto &one : attributes) {
        if (one.protocol != "mikey")
            continue;
        FoundMessage message;
        for (const auto &other : attributes) {
            if (other.level == one.level)
                message.sdpProtocols.push_back(other.protocol.toStdString());
        }
        if (auto octets = fromBase64Text(one.data))
            message.octets = std::move(*octets);
        else
            message.trouble = QStringLiteral("an attribute a=key-mgmt:mikey does not hold base64");
        found.push_back(std::move(message));
    }
    return found;
}

bool looksLikeSdp(const QByteArrayList &lines)
{
    return std::any_of(lines.begin(), lines.end(),
                       [](const auto &line) { return line.startsWith(attribute) || line == "v=0"; });
}

} // namespace

std::vector<FoundMessage> findMessages(const QByteArray &input)
{
    if (!input.startsWith(mikeyVersion)) {
        const auto body = withoutSipHeaders(input);
        const auto lines = sdpLines(body);
        if (looksLikeSdp(lines) || body.size() != input.size())
            return fromSdp(lines);
        if (auto found = fromHexText(input))
            return {std::move(*found)};
        if (auto octets = fromBase64Text(input))
            return {FoundMessage{std::move(*octets), {}, {}}};
    }
    return {FoundMessage{bytesOf(input), {}, {}}};
}

} // namespace account
