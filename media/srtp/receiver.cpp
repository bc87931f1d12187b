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
        receiver.bind(receiver.ssrc(), std::move(*session));
    return receiver;
}

void SrtpReceiver::bind(std::uint32_t ssrc, SrtpSession session)
{
    m_session = std::move(session);
    m_key.ssrc = ssrc;
    m_key.masterKey.wipe();
    m_key.masterSalt.wipe();
}

std::uint32_t SrtpReceiver::roc() const
{
    return m_highestIndex ? static_cast<std::uint32_t>(*m_highestIndex >> 16) : m_key.roc;
}

UnprotectOutcome SrtpReceiver::unprotectRtp(std::span<std::uint8_t> packet, std::size_t &size)
{
    constexpr std::size_t headerSize = 12, ssrcOffset = 8;
    if (packet.size() < headerSize || packet[0] >> 6 != 2)
        return UnprotectOutcome::Malformed;
    return receive(packet, size, read32(packet.subspan(ssrcOffset)), &SrtpReceiver::rtp);
}

UnprotectOutcome SrtpReceiver::unprotectRtcp(std::span<std::uint8_t> packet, std::size_t &size)
{
    constexpr std::size_t headerSize = 8, ssrcOffset = 4;
    if (packet.size() < headerSize || packet[0] >> 6 != 2)
        return UnprotectOutcome::Malformed;
    return receive(packet, size, read32(packet.subspan(ssrcOffset)), &SrtpReceiver::rtcp);
}

UnprotectOutcome SrtpReceiver::receive(std::span<std::uint8_t> packet, std::size_t &size, std::uint32_t ssrc,
                                       Unprotect unprotect)
{
    if (m_session)
        return ssrc == m_key.ssrc ? (this->*unprotect)(m_session.get(), packet, size) : UnprotectOutcome::AuthFailure;
    Result<SrtpSession> candidate = openSrtpSession(m_key, ssrc);
    if (!candidate)
        return UnprotectOutcome::AuthFailure;
    const UnprotectOutcome result = (this->*unprotect)(candidate->get(), packet, size);
    if (result == UnprotectOutcome::Ok || result == UnprotectOutcome::Expired)
        bind(ssrc, std::move(*candidate));
    return result;
}

UnprotectOutcome SrtpReceiver::rtp(srtp_ctx_t_ *session, std::span<std::uint8_t> packet, std::size_t &size)
{
    const auto sequence = read16(packet.subspan(2));
    int length = static_cast<int>(packet.size());
    const auto status = srtp_unprotect_mki(session, packet.data(), &length, !m_key.mki.empty());
    if (status != srtp_err_status_ok)
        return outcome(status);
    size = static_cast<std::size_t>(length);
    const std::uint64_t index = packetIndex(sequence);
    m_highestIndex = std::max(m_highestIndex.value_or(0), index);
    return valid(m_key, index) ? UnprotectOutcome::Ok : UnprotectOutcome::Expired;
}

UnprotectOutcome SrtpReceiver::rtcp(srtp_ctx_t_ *session, std::span<std::uint8_t> packet, std::size_t &size)
{
    int length = static_cast<int>(packet.size());
    const auto status = srtp_unprotect_rtcp_mki(session, packet.data(), &length, !m_key.mki.empty());
    if (status == srtp_err_status_ok)
        size = static_cast<std::size_t>(length);
    return outcome(status);
}

/// RFC 3711 section 3.3.1: the index nearest to the highest one seen, as libsrtp2 found it, which does not tell.
std::uint64_t SrtpReceiver::packetIndex(std::uint16_t sequence) const
{
    const std::uint64_t highest = m_highestIndex.value_or(std::uint64_t{m_key.roc} << 16 | sequence);
    const auto distance = static_cast<std::int16_t>(sequence - static_cast<std::uint16_t>(highest));
    return highest + static_cast<std::uint64_t>(std::int64_t{distance});
}

} // namespace media
