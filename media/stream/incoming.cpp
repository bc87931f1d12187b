// SPDX-License-Identifier: Apache-2.0
#include "stream/incoming.h"

#include <algorithm>

namespace media {

namespace {
constexpr double quietBelowDb = -50;
}

Result<Incoming> Incoming::create(SrtpReceiveKeys keys, std::uint8_t payloadType)
{
    Result<VoiceDecoder> decoder = VoiceDecoder::create();
    if (!decoder)
        return decoder.error();
    return Incoming(std::move(keys), std::move(*decoder), payloadType);
}

Incoming::Incoming(SrtpReceiveKeys srtp, VoiceDecoder decoder, std::uint8_t payloadType)
    : m_srtp(std::move(srtp)), m_decoder(std::move(decoder)), m_payloadType(payloadType), m_streamSsrc(m_srtp.ssrc())
{
}

bool Incoming::authentic(UnprotectOutcome outcome)
{
    switch (outcome) {
    case UnprotectOutcome::Ok:
        if (m_srtp.ssrc() != m_streamSsrc)
            beginStream();
        return true;
    case UnprotectOutcome::AuthFailure:
        ++m_authFailures;
        break;
    case UnprotectOutcome::Replayed:
        ++m_replayed;
        break;
    case UnprotectOutcome::Malformed:
        ++m_malformed;
        break;
    case UnprotectOutcome::Expired:
        ++m_expired;
        break;
    }
    return false;
}

/// Another SSRC has its own SEQ and timestamps (RFC 3550 section 5.1); what was counted goes on.
void Incoming::beginStream()
{
    m_streamSsrc = m_srtp.ssrc();
    m_receivedBefore += m_reception.received();
    m_lostBefore += lostInStream();
    m_lateBefore += m_buffer->late();
    m_reception = Reception(sampleRate);
    m_buffer = std::make_unique<JitterBuffer>();
}

std::uint64_t Incoming::lostInStream() const
{
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, m_reception.lost()));
}

bool Incoming::rtp(std::span<std::uint8_t> datagram, Time arrival)
{
    std::size_t size = 0;
    if (!authentic(m_srtp.unprotectRtp(datagram, size, arrival)))
        return false;
    const std::optional<RtpPacket> packet = parseRtp(datagram.first(size));
    if (!packet) {
        ++m_malformed;
        return false;
    }
    m_firstReceivedAt = m_firstReceivedAt.value_or(arrival);
    m_reception.packet(packet->header, arrival);
    // Another payload type than agreed can't be decoded; RFC 3550 section 5.1 says to ignore it.
    const std::size_t duration = VoiceDecoder::duration(packet->payload);
    if (packet->header.payloadType == m_payloadType && duration > 0)
        m_buffer->insert({packet->header.sequence, packet->header.timestamp, packet->payload, duration}, arrival);
    return true;
}

std::optional<RtcpCompound> Incoming::rtcp(std::span<std::uint8_t> datagram, std::uint32_t ourSsrc, Time arrival)
{
    std::size_t size = 0;
    if (!authentic(m_srtp.unprotectRtcp(datagram, size, arrival)))
        return std::nullopt;
    const std::optional<RtcpCompound> compound = parseRtcp(datagram.first(size), ourSsrc);
    if (!compound)
        ++m_malformed;
    else if (compound->senderInfo && compound->ssrc == m_srtp.ssrc())
        m_reception.senderReport(compound->senderInfo->ntp, arrival);
    return compound;
}

void Incoming::play(Speaker &speaker, Time now)
{
    std::size_t wanted = speaker.wanted(now);
    while (wanted > 0) {
        if (m_unplayed.empty())
            m_unplayed = nextFrame(now);
        const auto part = m_unplayed.first(std::min(wanted, m_unplayed.size()));
        speaker.write(part, now);
        m_level.add(part);
        m_unplayed = m_unplayed.subspan(part.size());
        wanted -= part.size();
    }
}

/// Silence is given a quantum at a time, so that what comes next is not kept waiting.
std::span<const Sample> Incoming::nextFrame(Time now)
{
    const PlayoutStep step = m_buffer->next(now, m_quiet);
    std::size_t samples = decode(step);
    if (samples == 0) {
        samples = step.kind == PlayoutStep::Kind::Silence ? samplesPerQuantum : step.samples;
        std::ranges::fill(std::span(m_decoded).first(samples), Sample{0});
    }
    const auto frame = std::span<const Sample>(m_decoded).first(samples);
    m_quiet = loudness(frame) < quietBelowDb;
    return frame;
}

std::size_t Incoming::decode(const PlayoutStep &step)
{
    switch (step.kind) {
    case PlayoutStep::Kind::Silence:
        return 0;
    case PlayoutStep::Kind::Decode:
        return m_decoder.decode(step.payload, m_decoded);
    case PlayoutStep::Kind::Recover:
        if (VoiceDecoder::carriesPrevious(step.payload)) {
            ++m_recovered;
            return m_decoder.decodePrevious(step.payload, std::span(m_decoded).first(step.samples));
        }
        break;
    case PlayoutStep::Kind::Conceal:
        break;
    }
    ++m_concealed;
    return m_decoder.conceal(std::span(m_decoded).first(step.samples));
}

void Incoming::statistics(StreamStatistics &to) const
{
    to.received = m_receivedBefore + m_reception.received();
    to.lost = m_lostBefore + lostInStream();
    to.late = m_lateBefore + m_buffer->late();
    to.recovered = m_recovered;
    to.concealed = m_concealed;
    to.authFailures = m_authFailures;
    to.replayed = m_replayed;
    to.malformed = m_malformed;
    to.expired = m_expired;
    to.jitterMs = m_reception.jitterMs();
    to.bufferMs = m_buffer->delayMs();
    to.bufferTargetMs = m_buffer->targetMs();
    to.levelOutDb = m_level.db();
    to.receiveSsrc = m_srtp.ssrc();
    to.receiveRoc = m_srtp.roc();
    to.receiveKeys = m_srtp.generations();
    to.firstReceivedAt = m_firstReceivedAt;
}

} // namespace media
