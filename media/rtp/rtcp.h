// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// RTCP compound packets (RFC 3550 section 6) as two parties use them.
namespace media {

struct SenderInfo
{
    std::uint64_t ntp = 0; ///< 32.32 fixed point seconds
    std::uint32_t rtpTimestamp = 0;
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
};

struct ReportBlock
{
    std::uint32_t ssrc = 0;          ///< whose packets are reported on
    std::uint8_t fractionLost = 0;   ///< of 256, since the last report
    std::int32_t cumulativeLost = 0; ///< 24 bit signed on the wire
    std::uint32_t highestSequence = 0;
    std::uint32_t jitter = 0;           ///< in timestamp units
    std::uint32_t lastSr = 0;           ///< middle 32 bits of the NTP time of the last SR; 0: none yet
    std::uint32_t delaySinceLastSr = 0; ///< in 1/65536 s
};

/// What a compound packet says, or is to say.
struct RtcpCompound
{
    std::uint32_t ssrc = 0;               ///< of the sender
    std::optional<SenderInfo> senderInfo; ///< present: SR, absent: RR
    std::optional<ReportBlock> report;    ///< parsed: the one about `ourSsrc`
    std::string_view cname;               ///< parsed: part of what was parsed
    bool bye = false;
};

/// Nothing if `datagram` is not a valid compound packet (RFC 3550 section A.2). Packet types not known are skipped.
std::optional<RtcpCompound> parseRtcp(std::span<const std::uint8_t> datagram, std::uint32_t ourSsrc);

/// SR or RR, SDES with the CNAME (at most 255 octets), and BYE; returns the size. `to` has at least rtcpMaxSize octets.
inline constexpr std::size_t rtcpMaxSize = 28 + 24 + 8 + 264 + 8;
std::size_t writeRtcp(const RtcpCompound &compound, std::span<std::uint8_t> to);

} // namespace media
