// SPDX-License-Identifier: Apache-2.0
#include "sdp/audio.h"

#include "sip/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace sdp {

namespace {

namespace text = sip::text;

const Line unboundedTime{'t', "0 0"};

/// How a direction is written, and which one faces it (RFC 3264 section 6.1).
struct DirectionName
{
    Direction direction;
    std::string_view name;
    Direction facing;
};

constexpr std::array<DirectionName, 4> directions{{
    {Direction::SendReceive, "sendrecv", Direction::SendReceive},
    {Direction::SendOnly, "sendonly", Direction::ReceiveOnly},
    {Direction::ReceiveOnly, "recvonly", Direction::SendOnly},
    {Direction::Inactive, "inactive", Direction::Inactive},
}};

const DirectionName &rowOf(Direction direction)
{
    return *std::ranges::find(directions, direction, &DirectionName::direction);
}

bool sends(Direction direction)
{
    return direction == Direction::SendReceive || direction == Direction::SendOnly;
}

bool receives(Direction direction)
{
    return direction == Direction::SendReceive || direction == Direction::ReceiveOnly;
}

Direction makeDirection(bool send, bool receive)
{
    if (send)
        return receive ? Direction::SendReceive : Direction::SendOnly;
    return receive ? Direction::ReceiveOnly : Direction::Inactive;
}

/// Of the media, else of the session, else sendrecv (RFC 8866 section 6.7).
Direction directionOf(const Description &description, const Media &media)
{
    for (const auto *lines : {&media.lines, &description.lines})
        for (const auto &row : directions)
            if (attribute(*lines, row.name))
                return row.direction;
    return Direction::SendReceive;
}

bool isSecure(const Media &media)
{
    return media.protocol == "RTP/SAVP" || media.protocol == "RTP/SAVPF";
}

/// As the peer sees it; the address 0.0.0.0 is how RFC 2543 said that it does not receive (RFC 3264 section 8.4).
Direction directionOf(const Description &description, const Media &media, const Connection &connection)
{
    const auto direction = directionOf(description, media);
    const bool nowhere = connection.address == "0.0.0.0" || connection.address == "::";
    return nowhere ? makeDirection(sends(direction), false) : direction;
}

/// "96 opus/48000/2" (RFC 7587 section 7: always 48000 and 2).
bool isOpus(std::string_view mapping, std::string_view format)
{
    const auto space = mapping.find(' ');
    return space != mapping.npos && mapping.substr(0, space) == format &&
           text::equalsIgnoringCase(text::trim(mapping.substr(space + 1)), "opus/48000/2");
}

/// The first of the media's formats that is Opus.
std::optional<int> opusPayloadType(const Media &media)
{
    const auto mappings = attributes(media.lines, "rtpmap");
    for (const auto &format : media.formats) {
        const auto number = text::parseNumber(format, 127);
        if (number && std::ranges::any_of(mappings, [&](auto mapping) { return isOpus(mapping, format); }))
            return int(*number);
    }
    return std::nullopt;
}

std::string formatParametersOf(const Media &media, int payloadType)
{
    const auto prefix = std::to_string(payloadType) + ' ';
    for (const auto value : attributes(media.lines, "fmtp"))
        if (value.starts_with(prefix))
            return std::string(value.substr(prefix.size()));
    return {};
}

/// "53020" or "53020 IN IP4 126.16.64.4" (RFC 3605 section 2.1).
bool readRtcp(const Media &media, RemoteAudio &audio)
{
    audio.rtcpConnection = audio.connection;
    audio.rtcpPort = audio.port == 65535 ? std::uint16_t(0) : std::uint16_t(audio.port + 1);
    const auto value = attribute(media.lines, "rtcp");
    if (!value)
        return true;
    const auto space = value->find(' ');
    const auto port = text::parseNumber(value->substr(0, space), 65535);
    if (!port || *port == 0)
        return false;
    audio.rtcpPort = std::uint16_t(*port);
    if (space == value->npos)
        return true;
    auto address = parseConnection(value->substr(space + 1));
    if (!address)
        return false;
    audio.rtcpConnection = std::move(*address);
    return true;
}

Result<RemoteAudio> readMedia(const Description &description, std::size_t index)
{
    const auto &media = description.media[index];
    if (!isSecure(media))
        return Fault{488, "The audio is offered as " + media.protocol + ", which would not be encrypted."};
    const auto payloadType = opusPayloadType(media);
    if (!payloadType)
        return Fault{488, "The audio is offered without the Opus codec."};
    auto keyManagement = keyManagementOf(description, media);
    if (!keyManagement)
        return keyManagement.fault();
    const auto connection = connectionOf(description, media).value_or(Connection());
    RemoteAudio audio{.index = index,
                      .protocol = media.protocol,
                      .connection = connection,
                      .port = media.port,
                      .payloadType = *payloadType,
                      .formatParameters = formatParametersOf(media, *payloadType),
                      .direction = directionOf(description, media, connection),
                      .keyManagement = std::move(*keyManagement),
                      .keyManagementAtSession = !hasKeyManagement(media.lines) && hasKeyManagement(description.lines)};
    if (!readRtcp(media, audio))
        return Fault{400, "The session description is malformed: its rtcp attribute cannot be understood."};
    return audio;
}

std::string_view addressType(const std::string &address)
{
    return address.find(':') == std::string::npos ? "IP4" : "IP6";
}

void addKeyManagement(Lines &lines, const LocalAudio &local)
{
    std::ranges::transform(local.keyManagement, std::back_inserter(lines), toLine);
}

/// The t= line, which the answer takes over (RFC 3264 section 6).
Line timeOf(const Description &description)
{
    const auto it = std::ranges::find(description.lines, 't', &Line::type);
    return it == description.lines.end() ? unboundedTime : *it;
}

Lines sessionLines(const LocalAudio &local, const Line &time)
{
    const auto network = "IN " + std::string(addressType(local.address)) + ' ' + local.address;
    Lines lines{{'v', "0"},
                {'o', "- " + std::to_string(local.sessionId) + ' ' + std::to_string(local.version) + ' ' + network},
                {'s', "-"},
                {'c', network},
                time};
    if (local.keyManagementAtSession)
        addKeyManagement(lines, local);
    return lines;
}

Media mediaOf(const LocalAudio &local, const std::string &protocol, int payloadType, Direction direction)
{
    const auto type = std::to_string(payloadType);
    Media media{.kind = "audio", .port = local.port, .protocol = protocol, .formats = {type}};
    media.lines = {{'a', "rtpmap:" + type + " opus/48000/2"},
                   {'a', "fmtp:" + type + " useinbandfec=1; stereo=0; sprop-stereo=0"},
                   {'a', "ptime:20"}};
    if (local.rtcpPort != 0 && local.rtcpPort != local.port + 1)
        media.lines.push_back({'a', "rtcp:" + std::to_string(local.rtcpPort)});
    media.lines.push_back({'a', std::string(rowOf(direction).name)});
    if (!local.keyManagementAtSession)
        addKeyManagement(media.lines, local);
    return media;
}

/// RFC 3264 section 6: port 0 and the same formats.
Media refused(const Media &offered)
{
    return {.kind = offered.kind, .port = 0, .protocol = offered.protocol, .formats = offered.formats, .lines = {}};
}

} // namespace

Description makeOffer(const LocalAudio &local)
{
    return {sessionLines(local, unboundedTime), {mediaOf(local, "RTP/SAVP", local.payloadType, local.direction)}};
}

Result<RemoteAudio> readOffer(const Description &offer)
{
    std::optional<Fault> firstFault;
    std::optional<RemoteAudio> withoutKeys;
    for (std::size_t i = 0; i < offer.media.size(); ++i) {
        if (offer.media[i].kind != "audio" || offer.media[i].port == 0)
            continue;
        auto audio = readMedia(offer, i);
        if (audio && !audio->keyManagement.empty())
            return audio;
        if (audio && !withoutKeys)
            withoutKeys = std::move(*audio);
        else if (!audio && !firstFault)
            firstFault = audio.fault();
    }
    if (withoutKeys)
        return std::move(*withoutKeys);
    return firstFault.value_or(Fault{488, "No audio is offered."});
}

Description makeAnswer(const Description &offer, const RemoteAudio &accepted, const LocalAudio &local)
{
    const auto offered = rowOf(accepted.direction).facing;
    const auto direction =
        makeDirection(sends(offered) && sends(local.direction), receives(offered) && receives(local.direction));
    Description answer{sessionLines(local, timeOf(offer)), {}};
    for (std::size_t i = 0; i < offer.media.size(); ++i)
        answer.media.push_back(i == accepted.index ? mediaOf(local, accepted.protocol, accepted.payloadType, direction)
                                                   : refused(offer.media[i]));
    return answer;
}

Description makeRefusal(const Description &offer, const LocalAudio &local, std::size_t index)
{
    auto placed = local;
    placed.keyManagementAtSession = local.keyManagementAtSession || index >= offer.media.size();
    Description answer{sessionLines(placed, timeOf(offer)), {}};
    std::ranges::transform(offer.media, std::back_inserter(answer.media), refused);
    if (!placed.keyManagementAtSession)
        addKeyManagement(answer.media[index].lines, placed);
    return answer;
}

Result<RemoteAudio> readAnswer(const Description &offer, const Description &answer)
{
    if (answer.media.size() != offer.media.size())
        return Fault{488, "The answer does not have the media lines of the offer."};
    const auto isTaken = [](const Media &media) { return media.kind == "audio" && media.port != 0; };
    const auto it = std::ranges::find_if(answer.media, isTaken);
    if (it == answer.media.end())
        return Fault{488, "The other side refused the audio."};
    const auto index = std::size_t(it - answer.media.begin());
    const auto &offered = offer.media[index];
    if (it->protocol != offered.protocol)
        return Fault{488, "The audio was offered as " + offered.protocol + " and answered as " + it->protocol +
                              (isSecure(*it) ? "." : ", which would not be encrypted.")};
    return readMedia(answer, index);
}

} // namespace sdp
