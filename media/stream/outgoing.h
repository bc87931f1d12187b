// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/endpoint.h"
#include "audio/level.h"
#include "codec/opus.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "srtp/send_keys.h"
#include "stream/statistics.h"

#include <string>

namespace media {

/// The path from the microphone to protected packets. No sockets, no clock. A packet that could not be protected is
/// never handed out.
class Outgoing
{
public:
    /// `start` is when RTCP's clock begins.
    static Result<Outgoing> create(SrtpSendKeys keys, std::uint8_t payloadType, Time start);

    /// Reads what the microphone has by `now` and returns the next packet to send; empty: no frame is complete. Call it
    /// until it is empty. Valid until the next call of this object.
    std::span<const std::uint8_t> nextPacket(Microphone &microphone, bool muted, Time now);

    /// The SRTCP packet that reports at `now`; empty if it could not be protected.
    std::span<const std::uint8_t> report(const std::optional<ReportBlock> &about, bool bye, Time now);

    /// What the peer's report says about what we send.
    void peerReported(const ReportBlock &block, bool useFec, Time now);

    std::uint32_t ssrc() const { return m_srtp.ssrc(); }

    /// Keys of a new agreement take over as soon as they are valid.
    void renewKeys(std::vector<SrtpSender> keys, Time now);
    bool keyExpired() const { return m_srtp.expired(); }
    /// New keys should be agreed now. True once a key.
    bool takeRekeyDue() { return m_srtp.takeRekeyDue(); }

    /// When the microphone last delivered something.
    Time lastSound() const { return m_lastSound; }
    /// Sound goes on at `now`, after a gap of which the timestamps tell.
    void resumeSound(Time now);

    /// Fills in what this side knows.
    void statistics(StreamStatistics &to) const;

private:
    static constexpr std::size_t bufferSize =
        std::max(rtpHeaderSize + VoiceEncoder::largestFrame, rtcpMaxSize) + srtpTrailer;

    Outgoing(SrtpSendKeys srtp, VoiceEncoder encoder, std::uint8_t payloadType, Time start);
    bool fillFrame(Microphone &microphone, bool muted, Time now);
    std::span<const std::uint8_t> packFrame();
    std::span<const std::uint8_t> accept(ProtectOutcome outcome, std::size_t size) const;
    std::uint64_t ntp(Time now) const;

    SrtpSendKeys m_srtp;
    VoiceEncoder m_encoder;
    std::uint8_t m_payloadType;
    Time m_start;
    std::string m_cname;

    std::array<Sample, samplesPerFrame> m_frame{};
    std::size_t m_inFrame = 0;
    std::uint32_t m_timestamp;
    bool m_first = true;
    Time m_lastSound;
    LevelMeter m_level;

    std::uint32_t m_packets = 0, m_octets = 0; // of RTP, for the sender report
    double m_peerLossPercent = 0;
    std::optional<double> m_rttMs;
    alignas(8) std::array<std::uint8_t, bufferSize> m_buffer{};
};

} // namespace media
