// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace media {

/// RTP fixed header (RFC 3550 section 5.1), without CSRC list and extension, which Latchkey does not send.
struct RtpHeader
{
    std::uint8_t payloadType = 0;
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
};

inline constexpr std::size_t rtpHeaderSize = 12;

struct RtpPacket
{
    RtpHeader header;
    std::span<const std::uint8_t> payload; ///< without padding; part of what was parsed
};

/// Nothing if `datagram` is not a whole RTP version 2 packet. CSRC list and header extension are skipped.
std::optional<RtpPacket> parseRtp(std::span<const std::uint8_t> datagram);

void writeRtpHeader(const RtpHeader &header, std::span<std::uint8_t, rtpHeaderSize> to);

} // namespace media
