// SPDX-License-Identifier: Apache-2.0
#include "rtp/packet.h"

#include "rtp/octets.h"

namespace media {

std::optional<RtpPacket> parseRtp(std::span<const std::uint8_t> datagram)
{
    if (datagram.size() < rtpHeaderSize || datagram[0] >> 6 != 2)
        return std::nullopt;
    const bool padded = datagram[0] & 0x20, extended = datagram[0] & 0x10;
    std::size_t headerSize = rtpHeaderSize + std::size_t{4} * (datagram[0] & 0x0f);
    if (extended) { // RFC 3550 section 5.3.1
        if (datagram.size() < headerSize + 4)
            return std::nullopt;
        headerSize += 4 + std::size_t{4} * read16(datagram.subspan(headerSize + 2));
    }
    if (datagram.size() < headerSize)
        return std::nullopt;
    auto payload = datagram.subspan(headerSize);
    if (padded) {
        if (payload.empty() || payload.back() == 0 || payload.back() > payload.size())
            return std::nullopt;
        payload = payload.first(payload.size() - payload.back());
    }
    RtpHeader header;
    header.marker = datagram[1] & 0x80;
    header.payloadType = datagram[1] & 0x7f;
    header.sequence = read16(datagram.subspan(2));
    header.timestamp = read32(datagram.subspan(4));
    header.ssrc = read32(datagram.subspan(8));
    return RtpPacket{header, payload};
}

void writeRtpHeader(const RtpHeader &header, std::span<std::uint8_t, rtpHeaderSize> to)
{
    to[0] = 2 << 6;
    to[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | (header.payloadType & 0x7f));
    write16(to.subspan(2), header.sequence);
    write32(to.subspan(4), header.timestamp);
    write32(to.subspan(8), header.ssrc);
}

} // namespace media
