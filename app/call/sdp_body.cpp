// SPDX-License-Identifier: Apache-2.0
#include "call/sdp_body.h"

#include "call/words.h"
#include "wire/message.h"

#include <QHostAddress>

#include <algorithm>

namespace call {

namespace {

constexpr std::string_view sdpType = "application/sdp";
constexpr std::string_view mikeyProtocol = "mikey"; // case-sensitive (RFC 4567 3)

bool isSdp(const sip::Body &body)
{
    const auto type = toQt(body.type).section(QLatin1Char(';'), 0, 0).trimmed();
    return type.compare(toQt(sdpType), Qt::CaseInsensitive) == 0;
}

bool isSecure(const sdp::Media &media)
{
    return media.protocol == "RTP/SAVP" || media.protocol == "RTP/SAVPF";
}

std::optional<media::SocketAddress> usable(const sdp::Connection &connection, std::uint16_t port)
{
    const QHostAddress address(toQt(connection.address));
    if (address.isNull() || address.isMulticast() || address == QHostAddress(QHostAddress::AnyIPv4) ||
        address == QHostAddress(QHostAddress::AnyIPv6) || port == 0)
        return std::nullopt;
    return media::SocketAddress{connection.address, port};
}

} // namespace

sip::Body toBody(const sdp::Description &description)
{
    return {std::string(sdpType), description.toString()};
}

sdp::Result<sdp::Description> descriptionOf(const sip::Body &body)
{
    if (body.empty())
        return sdp::Fault{488, "the call describes no media"};
    if (!isSdp(body))
        return sdp::Fault{415, "the call describes its media in another form than SDP"};
    return sdp::Description::parse(body.content);
}

sdp::KeyManagement mikeyLine(const mikey::Bytes &message)
{
    return {std::string(mikeyProtocol), toQt(mikey::ByteView(message)).toBase64().toStdString()};
}

const std::string *mikeyData(const std::vector<sdp::KeyManagement> &lines)
{
    const auto it =
        std::find_if(lines.begin(), lines.end(), [](const auto &line) { return line.protocol == mikeyProtocol; });
    return it == lines.end() ? nullptr : &it->data;
}

std::optional<QByteArray> fromBase64(const std::string &text)
{
    const auto decoded =
        QByteArray::fromBase64Encoding(QByteArray::fromStdString(text), QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded || decoded.decoded.isEmpty())
        return std::nullopt;
    return decoded.decoded;
}

std::optional<std::string> damagedKeyManagement(const sdp::Description &description)
{
    for (const auto &media : description.media) {
        const auto lines = sdp::keyManagementOf(description, media);
        if (!lines)
            return lines.fault().sentence;
        const auto *base64 = isSecure(media) ? mikeyData(*lines) : nullptr;
        if (!base64)
            continue;
        const auto octets = fromBase64(*base64);
        if (!octets)
            return "the key agreement of a media line is no base64";
        if (const auto message = mikey::decode(viewOf(*octets)); !message)
            return "the key agreement of a media line is damaged: " + message.error().reason;
    }
    return std::nullopt;
}

std::optional<QByteArray> mikeyOctets(const sip::Body &body)
{
    const auto description = descriptionOf(body);
    if (!description)
        return std::nullopt;
    std::vector<std::string_view> values = sdp::attributes(description->lines, "key-mgmt");
    for (const auto &media : description->media) {
        const auto own = sdp::attributes(media.lines, "key-mgmt");
        values.insert(values.end(), own.begin(), own.end());
    }
    for (const auto value : values) {
        const auto line = sdp::parseKeyManagement(value);
        if (line && line->protocol == mikeyProtocol)
            return fromBase64(line->data);
    }
    return std::nullopt;
}

std::size_t bundleLine(const sdp::Description &description, const sdp::RemoteAudio &audio)
{
    if (!audio.keyManagementAtSession)
        return 0;
    const auto begin = description.media.begin();
    const auto counts = [](const sdp::Media &media) { return isSecure(media) && media.port != 0; };
    return static_cast<std::size_t>(std::count_if(begin, begin + static_cast<std::ptrdiff_t>(audio.index), counts));
}

std::optional<RtpAddresses> rtpAddresses(const sdp::RemoteAudio &audio)
{
    const auto rtp = usable(audio.connection, audio.port);
    if (!rtp)
        return std::nullopt;
    const auto rtcp = usable(audio.rtcpConnection, audio.rtcpPort);
    return RtpAddresses{*rtp, rtcp ? *rtcp : media::SocketAddress{rtp->host, 0}};
}

} // namespace call
