// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/session.h"

namespace media {

enum class UnprotectOutcome {
    Ok,
    AuthFailure, ///< altered, protected with another key or MKI, or of an SSRC that no key was agreed for
    Replayed,    ///< of an index that was received before or is too old to tell
    Malformed,   ///< not an SRTP or SRTCP packet
    Expired,     ///< authentic, but outside the key's validity
};

/// One generation of the key that checks and decrypts what we receive. Only packets of the agreed SSRC pass; if that is
/// unknown (0), the first SSRC whose packet authenticates becomes it. The master key is wiped as soon as the SSRC is
/// known.
class SrtpReceiver
{
public:
    static Result<SrtpReceiver> create(SrtpKey key, WeakPolicy weak = WeakPolicy::Refuse);

    std::uint32_t ssrc() const { return m_key.ssrc; } ///< 0: not known yet
    std::uint32_t roc() const;

    /// Check and decrypt in place. `packet` is aligned to 4 octets; `size` is what remains of it if the outcome is Ok.
    UnprotectOutcome unprotectRtp(std::span<std::uint8_t> packet, std::size_t &size);
    UnprotectOutcome unprotectRtcp(std::span<std::uint8_t> packet, std::size_t &size);

private:
    explicit SrtpReceiver(SrtpKey key) : m_key(std::move(key)) {}
    using Unprotect = UnprotectOutcome (SrtpReceiver::*)(srtp_ctx_t_ *, std::span<std::uint8_t>, std::size_t &);

    UnprotectOutcome receive(std::span<std::uint8_t> packet, std::size_t &size, std::uint32_t ssrc,
                             Unprotect unprotect);
    void bind(std::uint32_t ssrc, SrtpSession session);
    UnprotectOutcome rtp(srtp_ctx_t_ *session, std::span<std::uint8_t> packet, std::size_t &size);
    UnprotectOutcome rtcp(srtp_ctx_t_ *session, std::span<std::uint8_t> packet, std::size_t &size);
    std::uint64_t packetIndex(std::uint16_t sequence) const;

    SrtpSession m_session; // none until the SSRC is known
    SrtpKey m_key;         // without key and salt once the SSRC is known
    std::optional<std::uint64_t> m_highestIndex;
};

} // namespace media
