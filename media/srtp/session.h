// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/key.h"

#include <memory>

struct srtp_ctx_t_; // of libsrtp2, which stays inside media/srtp

namespace media {

/// Sets the SRTP library up, which takes some milliseconds once a process; without it the first key pays for it. False:
/// the library does not work.
bool prepareSrtp();

/// What protecting adds to a packet at most: tag (20), MKI (128) and SRTCP's E flag and index (4).
inline constexpr std::size_t srtpTrailer = 152;

struct SrtpDeleter
{
    void operator()(srtp_ctx_t_ *context) const;
};

/// A libsrtp2 context with the one stream of this SSRC and key.
using SrtpSession = std::unique_ptr<srtp_ctx_t_, SrtpDeleter>;

/// Whether key, salt, MKI and validity fit the policy and each other.
std::optional<Error> checkKey(const SrtpKey &key, WeakPolicy weak);

/// `key` passed checkKey().
Result<SrtpSession> openSrtpSession(const SrtpKey &key, std::uint32_t ssrc);

inline constexpr std::uint64_t lastSrtpIndex = (std::uint64_t{1} << 48) - 1; ///< RFC 3711 section 3.2.1

/// Whether the SRTP index is one that the key may be used for.
bool valid(const SrtpKey &key, std::uint64_t index);

/// The index that a packet of this SEQ most likely has if `highest` is the highest one received (RFC 3711
/// section 3.3.1).
std::uint64_t estimateIndex(std::uint64_t highest, std::uint16_t sequence);

enum class Protocol { Srtp, Srtcp };

/// Takes the MKI out of a protected packet, which gets shorter. False: the packet does not carry the key's MKI.
bool removeMki(const SrtpKey &key, Protocol protocol, std::span<std::uint8_t> &packet);

} // namespace media
