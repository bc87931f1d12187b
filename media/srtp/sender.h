// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/key_generation.h"
#include "srtp/session.h"

namespace media {

enum class ProtectOutcome {
    Ok,
    KeyExpired, ///< the key's lifetime or validity is over; the packet must not leave
    Failed,     ///< the packet must not leave
};

/// One key that protects what we send. It also owns the SRTP index, since SEQ and ROC must never repeat under a key.
/// The master key is wiped once libsrtp2 has derived the session keys.
class SrtpSender
{
public:
    /// `key.ssrc` is our SSRC and not 0.
    static Result<SrtpSender> create(SrtpKey key, WeakPolicy weak = WeakPolicy::Refuse);

    std::uint32_t ssrc() const { return m_key.ssrc; }
    std::uint32_t roc() const { return static_cast<std::uint32_t>(m_nextIndex >> 16); }
    const SrtpKey &key() const { return m_key; } ///< without key and salt
    const KeyUse &use() const { return m_use; }

    /// The SRTP index of the next packet.
    std::uint64_t nextIndex() const { return m_nextIndex; }
    /// Sets it, to go on where the key before stopped. Only before the first RTP packet.
    void startAt(std::uint64_t index);

    /// SEQ that the next RTP packet has to carry.
    std::uint16_t nextSequence() const { return static_cast<std::uint16_t>(m_nextIndex); }

    /// Protect the packet of `size` octets at the start of `buffer`, which has room for srtpTrailer more and is aligned
    /// to 4 octets; `size` is what it has afterwards.
    ProtectOutcome protectRtp(std::span<std::uint8_t> buffer, std::size_t &size);
    ProtectOutcome protectRtcp(std::span<std::uint8_t> buffer, std::size_t &size);

private:
    SrtpSender(SrtpSession session, SrtpKey key, std::uint64_t firstIndex);

    SrtpSession m_session;
    SrtpKey m_key; // without key and salt
    std::uint64_t m_nextIndex;
    KeyUse m_use;
};

} // namespace media
