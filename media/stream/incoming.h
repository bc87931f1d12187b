// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/endpoint.h"
#include "audio/level.h"
#include "codec/opus.h"
#include "jitter/jitter_buffer.h"
#include "rtp/reception.h"
#include "srtp/receive_keys.h"
#include "stream/statistics.h"

namespace media {

/// The path from received datagrams to the speaker. No sockets, no clock. Nothing that did not authenticate gets
/// further than SrtpReceiveKeys.
class Incoming
{
public:
    static Result<Incoming> create(SrtpReceiveKeys keys, std::uint8_t payloadType);

    /// Takes a datagram of the RTP port, which is decrypted in place and aligned to 4 octets. False if it was dropped
    /// because it is not authentic.
    bool rtp(std::span<std::uint8_t> datagram, Time arrival);

    /// The same for the RTCP port; what it says, if it is authentic. Valid as long as the datagram.
    std::optional<RtcpCompound> rtcp(std::span<std::uint8_t> datagram, std::uint32_t ourSsrc, Time arrival);

    /// Keys of a new agreement are accepted from now on.
    void renewKeys(std::vector<SrtpReceiver> keys, Time now) { m_srtp.renew(std::move(keys), now); }
    /// Wipes superseded keys that nothing is waited for any more.
    void wipeEndedKeys(Time now) { m_srtp.wipeEnded(now); }

    /// Gives the speaker what it wants at `now`.
    void play(Speaker &speaker, Time now);

    /// The report about the peer's packets; none before the first.
    std::optional<ReportBlock> report(Time now) { return m_reception.report(m_srtp.ssrc(), now); }

    /// Fills in what this side knows.
    void statistics(StreamStatistics &to) const;

private:
    Incoming(SrtpReceiveKeys srtp, VoiceDecoder decoder, std::uint8_t payloadType);
    bool authentic(UnprotectOutcome outcome);
    void beginStream();
    std::uint64_t lostInStream() const;
    std::span<const Sample> nextFrame(Time now);
    std::size_t decode(const PlayoutStep &step);

    SrtpReceiveKeys m_srtp;
    VoiceDecoder m_decoder;
    std::uint8_t m_payloadType;
    std::uint32_t m_streamSsrc; // 0: not known yet
    Reception m_reception{sampleRate};
    std::unique_ptr<JitterBuffer> m_buffer = std::make_unique<JitterBuffer>(); // 100 KB: not for a stack

    std::array<Sample, JitterBuffer::largestDuration> m_decoded{};
    std::span<const Sample> m_unplayed; // part of m_decoded
    LevelMeter m_level;
    bool m_quiet = true;

    std::uint64_t m_authFailures = 0, m_replayed = 0, m_malformed = 0, m_expired = 0;
    std::uint64_t m_recovered = 0, m_concealed = 0;
    std::uint64_t m_receivedBefore = 0, m_lostBefore = 0, m_lateBefore = 0; // in streams of earlier SSRCs
    std::optional<Time> m_firstReceivedAt;
};

} // namespace media
