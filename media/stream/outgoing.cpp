// SPDX-License-Identifier: Apache-2.0
#include "stream/outgoing.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cmath>

namespace media {

namespace {

std::uint32_t random32()
{
    std::uint32_t value = 0;
    RAND_bytes(reinterpret_cast<unsigned char *>(&value), sizeof value);
    return value;
}

/// A name for this call only: it tells neither user nor host (RFC 7022 section 4.2).
std::string randomCname()
{
    constexpr std::string_view hex = "0123456789abcdef";
    std::array<std::uint8_t, 12> bytes{};
    RAND_bytes(bytes.data(), bytes.size());
    std::string name;
    for (const std::uint8_t byte : bytes) {
        name += hex[byte >> 4];
        name += hex[byte & 15];
    }
    return name;
}

} // namespace

Result<Outgoing> Outgoing::create(SrtpSendKeys keys, std::uint8_t payloadType, Time start)
{
    Result<VoiceEncoder> encoder = VoiceEncoder::create();
    if (!encoder)
        return encoder.error();
    return Outgoing(std::move(keys), std::move(*encoder), payloadType, start);
}

Outgoing::Outgoing(SrtpSendKeys srtp, VoiceEncoder encoder, std::uint8_t payloadType, Time start)
    : m_srtp(std::move(srtp)), m_encoder(std::move(encoder)), m_payloadType(payloadType), m_start(start),
      m_cname(randomCname()), m_timestamp(random32()), m_lastSound(start)
{
}

/// The sender report counts the packets of one SSRC.
void Outgoing::renewKeys(std::vector<SrtpSender> keys, Time now)
{
    const std::uint32_t before = ssrc();
    m_srtp.renew(std::move(keys), now);
    if (ssrc() == before)
        return;
    m_packets = m_octets = 0;
    m_first = true;
}

std::span<const std::uint8_t> Outgoing::nextPacket(Microphone &microphone, bool muted, Time now)
{
    if (!fillFrame(microphone, muted, now))
        return {};
    return packFrame();
}

void Outgoing::resumeSound(Time now)
{
    const auto gap = std::chrono::duration_cast<Duration>(now - m_lastSound).count() * sampleRate / 1'000'000;
    m_timestamp += static_cast<std::uint32_t>(gap);
    m_lastSound = now;
}

bool Outgoing::fillFrame(Microphone &microphone, bool muted, Time now)
{
    while (m_inFrame < samplesPerFrame) {
        const std::span<Sample> rest = std::span(m_frame).subspan(m_inFrame);
        const std::span<Sample> fresh = rest.first(microphone.read(rest, now));
        if (fresh.empty())
            return false;
        m_lastSound = now;
        m_level.add(fresh);
        if (muted)
            std::ranges::fill(fresh, Sample{0});
        m_inFrame += fresh.size();
    }
    m_inFrame = 0;
    return true;
}

/// The timestamp goes on even if a frame can't be sent, as time does.
std::span<const std::uint8_t> Outgoing::packFrame()
{
    const std::size_t payload =
        m_encoder.encode(m_frame, std::span(m_buffer).subspan<rtpHeaderSize, VoiceEncoder::largestFrame>());
    const RtpHeader header{m_payloadType, m_first, m_srtp.nextSequence(), m_timestamp, m_srtp.ssrc()};
    m_timestamp += samplesPerFrame;
    if (payload == 0)
        return {};
    writeRtpHeader(header, std::span(m_buffer).first<rtpHeaderSize>());
    std::size_t size = rtpHeaderSize + payload;
    const ProtectOutcome outcome = m_srtp.protectRtp(m_buffer, size);
    const auto packet = accept(outcome, size);
    if (!packet.empty()) {
        m_first = false;
        ++m_packets;
        m_octets += static_cast<std::uint32_t>(payload);
    }
    return packet;
}

std::span<const std::uint8_t> Outgoing::accept(ProtectOutcome outcome, std::size_t size) const
{
    return outcome == ProtectOutcome::Ok ? std::span<const std::uint8_t>(m_buffer).first(size)
                                         : std::span<const std::uint8_t>();
}

std::span<const std::uint8_t> Outgoing::report(const std::optional<ReportBlock> &about, bool bye, Time now)
{
    RtcpCompound compound;
    compound.ssrc = m_srtp.ssrc();
    if (m_packets > 0) {
        const std::uint32_t captured = m_timestamp + static_cast<std::uint32_t>(m_inFrame);
        compound.senderInfo = SenderInfo{ntp(now), captured, m_packets, m_octets};
    }
    compound.report = about;
    compound.cname = m_cname;
    compound.bye = bye;
    std::size_t size = writeRtcp(compound, m_buffer);
    const ProtectOutcome outcome = m_srtp.protectRtcp(m_buffer, size);
    return accept(outcome, size);
}

/// Elapsed time instead of the wall clock's, as RFC 3550 section 6.4.1 allows: it tells nobody our clock and never
/// jumps. It begins at 1 s since 0 would mean that there is none.
std::uint64_t Outgoing::ntp(Time now) const
{
    const auto passed = std::chrono::duration_cast<Duration>(now - m_start) + std::chrono::seconds(1);
    const auto microseconds = static_cast<std::uint64_t>(passed.count());
    return microseconds / 1'000'000 << 32 | (microseconds % 1'000'000 << 32) / 1'000'000;
}

void Outgoing::peerReported(const ReportBlock &block, bool useFec, Time now)
{
    m_peerLossPercent = block.fractionLost * 100.0 / 256;
    m_encoder.expectLoss(useFec ? static_cast<int>(std::lround(m_peerLossPercent)) : 0);
    if (block.lastSr == 0)
        return;
    const auto middle = static_cast<std::uint32_t>(ntp(now) >> 16);
    const auto roundTrip = static_cast<std::int32_t>(middle - block.lastSr - block.delaySinceLastSr);
    if (roundTrip >= 0)
        m_rttMs = roundTrip * 1000.0 / 65536;
}

void Outgoing::statistics(StreamStatistics &to) const
{
    to.sendSsrc = m_srtp.ssrc();
    to.sendIndex = m_srtp.nextIndex();
    to.sendRoc = static_cast<std::uint32_t>(to.sendIndex >> 16);
    to.sendKeys = m_srtp.generations();
    to.sendKeyExpired = m_srtp.expired();
    to.levelInDb = m_level.db();
    to.peerLossPercent = m_peerLossPercent;
    to.rttMs = m_rttMs;
}

} // namespace media
