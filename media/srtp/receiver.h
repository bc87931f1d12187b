// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/key_generation.h"
#include "srtp/session.h"

#include <algorithm>

namespace media {

enum class UnprotectOutcome {
    Ok,
    AuthFailure, ///< altered, protected with another key or MKI, or of an SSRC that no key was agreed for
    Replayed,    ///< of an index that was received before or is too old to tell
    Malformed,   ///< not an SRTP or SRTCP packet
    Expired,     ///< authentic, but outside the key's validity
};

/// One key that checks and decrypts what we receive. Only packets of the agreed SSRC pass; if that is
/// unknown (0), the first SSRC whose packet authenticates becomes it. The master key is wiped as soon as the SSRC is
/// known.
class SrtpReceiver
{
public:
    static Result<SrtpReceiver> create(SrtpKey key, WeakPolicy weak = WeakPolicy::Refuse);

    std::uint32_t ssrc() const { return m_key.ssrc; } ///< 0: not known yet
    const SrtpKey &key() const { return m_key; }      ///< without key and salt once the SSRC is known
    const KeyUse &use() const { return m_use; }
    std::optional<std::uint64_t> highestIndex() const { return m_highestIndex; } ///< of the packets it authenticated

    /// From now on only packets of this SSRC pass. Only while it is unknown.
    void bind(std::uint32_t ssrc);
    /// The stream is known to have come to this ROC. Of no effect once a packet authenticated, as is the next.
    void raiseRoc(std::uint32_t roc) { m_key.roc = std::max(m_key.roc, roc); }
    /// The stream has come to this index under another key.
    void follow(std::uint64_t index) { m_startIndex = index; }

    /// Check and decrypt in place. `packet` is aligned to 4 octets; `size` is what remains of it if the outcome is Ok.
    /// With any other its octets are of no use any more.
    UnprotectOutcome unprotectRtp(std::span<std::uint8_t> packet, std::size_t &size);
    UnprotectOutcome unprotectRtcp(std::span<std::uint8_t> packet, std::size_t &size);

private:
    explicit SrtpReceiver(SrtpKey key) : m_key(std::move(key)) {}

    UnprotectOutcome receive(Protocol protocol, std::span<std::uint8_t> packet, std::size_t &size);
    UnprotectOutcome unprotect(srtp_ctx_t_ *session, Protocol protocol, std::span<std::uint8_t> packet,
                               std::size_t &size);
    UnprotectOutcome rtp(srtp_ctx_t_ *session, std::span<std::uint8_t> packet, std::size_t &size);
    UnprotectOutcome rtcp(srtp_ctx_t_ *session, std::span<std::uint8_t> packet, std::size_t &size);
    std::uint64_t packetIndex(std::uint16_t sequence) const;
    void adopt(std::uint32_t ssrc, SrtpSession session);

    SrtpSession m_session; // none until the SSRC is known
    SrtpKey m_key;         // without key and salt once there is a session
    KeyUse m_use;
    std::optional<std::uint64_t> m_startIndex;
    std::optional<std::uint64_t> m_highestIndex;
};

} // namespace media
