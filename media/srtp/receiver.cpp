// SPDX-License-Identifier: Apache-2.0
#include "srtp/receiver.h"

#include "rtp/octets.h"

#include <srtp2/srtp.h>

#include <algorithm>

namespace media {

namespace {

UnprotectOutcome outcome(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok:
        return UnprotectOutcome::Ok;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
        return UnprotectOutcome::Replayed;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return UnprotectOutcome::Malformed;
    case srtp_err_status_key_expired:
        return UnprotectOutcome::Expired;
    default:
        return UnprotectOutcome::AuthFailure;
    }
}

} // namespace

Result<SrtpReceiver> SrtpReceiver::create(SrtpKey key, WeakPolicy weak)
{
    if (auto error = checkKey(key, weak))
        return *error;
    // Opened even if the SSRC is unknown: a key that can't work has to be told now.
    Result<SrtpSession> session = openSrtpSession(key, key.ssrc);
    if (!session)
        return session.error();
    SrtpReceiver receiver(std::move(key));
    if (receiver.ssrc() != 0)
        receiver.adopt(receiver.ssrc(), std::move(*session));
    return receiver;
}

void SrtpReceiver::adopt(std::uint32_t ssrc, SrtpSession session)
{
    m_session = std::move(session);
    m_key.ssrc = ssrc;
    m_key.masterKey.wipe();
    m_key.masterSalt.wipe();
}

/// If no session can be opened now, the next packet tries again.
void SrtpReceiver::bind(std::uint32_t ssrc)
{
    m_key.ssrc = ssrc;
    if (Result<SrtpSession> session = openSrtpSession(m_key, ssrc))
        adopt(ssrc, std::move(*session));
}

UnprotectOutcome SrtpReceiver::unprotectRtp(std::span<std::uint8_t> packet, std::size_t &size)
{
    return receive(Protocol::Srtp, packet, size);
}

UnprotectOutcome SrtpReceiver::unprotectRtcp(std::span<std::uint8_t> packet, std::size_t &size)
{
    return receive(Protocol::Srtcp, packet, size);
}

UnprotectOutcome SrtpReceiver::receive(Protocol protocol, std::span<std::uint8_t> packet, std::size_t &size)
{
    const std::size_t headerSize = protocol == Protocol::Srtp ? 12 : 8;
    if (packet.size() < headerSize || packet[0] >> 6 != 2)
        return UnprotectOutcome::Malformed;
    const std::uint32_t ssrc = read32(packet.subspan(headerSize - 4)); // the last of either header
    if (m_key.ssrc != 0 && ssrc != m_key.ssrc)
        return UnprotectOutcome::AuthFailure;
    if (!m_key.mki.empty() && !removeMki(m_key, protocol, packet))
        return UnprotectOutcome::AuthFailure;
    if (m_session)
        return unprotect(m_session.get(), protocol, packet, size);
    Result<SrtpSession> candidate = openSrtpSession(m_key, ssrc);
    if (!candidate)
        return UnprotectOutcome::AuthFailure;
    const UnprotectOutcome result = unprotect(candidate->get(), protocol, packet, size);
    if (result == UnprotectOutcome::Ok || result == UnprotectOutcome::Expired)
        adopt(ssrc, std::move(*candidate));
    return result;
}

UnprotectOutcome SrtpReceiver::unprotect(srtp_ctx_t_ *session, Protocol protocol, std::span<std::uint8_t> packet,
                                         std::size_t &size)
{
    return protocol == Protocol::Srtp ? rtp(session, packet, size) : rtcp(session, packet, size);
}

UnprotectOutcome SrtpReceiver::rtp(srtp_ctx_t_ *session, std::span<std::uint8_t> packet, std::size_t &size)
{
    const std::uint64_t index = packetIndex(read16(packet.subspan(2)));
    // Until a packet has authenticated, libsrtp2 takes the ROC that was set last for the packet's.
    if (!m_highestIndex)
        srtp_set_stream_roc(session, read32(packet.subspan(8)), static_cast<std::uint32_t>(index >> 16));
    int length = static_cast<int>(packet.size());
    const auto status = srtp_unprotect(session, packet.data(), &length);
    if (status != srtp_err_status_ok)
        return outcome(status);
    size = static_cast<std::size_t>(length);
    m_highestIndex = std::max(m_highestIndex.value_or(0), index);
    if (!valid(m_key, index))
        return UnprotectOutcome::Expired;
    ++m_use.packets;
    return UnprotectOutcome::Ok;
}

UnprotectOutcome SrtpReceiver::rtcp(srtp_ctx_t_ *session, std::span<std::uint8_t> packet, std::size_t &size)
{
    int length = static_cast<int>(packet.size());
    const auto status = srtp_unprotect_rtcp(session, packet.data(), &length);
    if (status == srtp_err_status_ok) {
        size = static_cast<std::size_t>(length);
        ++m_use.reports;
    }
    return outcome(status);
}

/// As libsrtp2 finds it, which does not tell. A stream that went on under another key is where that one left it, or
/// later if the agreement says so: whoever lost 2^15 packets or more has missed a wrap of SEQ.
std::uint64_t SrtpReceiver::packetIndex(std::uint16_t sequence) const
{
    if (m_highestIndex)
        return estimateIndex(*m_highestIndex, sequence);
    const std::uint64_t agreed = std::uint64_t{m_key.roc} << 16 | sequence;
    return m_startIndex ? std::max(agreed, estimateIndex(*m_startIndex, sequence)) : agreed;
}

} // namespace media
