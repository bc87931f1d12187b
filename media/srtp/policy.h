// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "media_result.h"

namespace media {

/// SRTP encryption algorithms by their MIKEY numbers (RFC 3830 section 6.10.1, RFC 5669, RFC 7714 section 14.3).
enum class EncrAlg : std::uint8_t { Null = 0, AesCm = 1, AesF8 = 2, SeedCtr = 3, SeedCcm = 4, SeedGcm = 5, AesGcm = 6 };

/// SRTP authentication algorithms by their MIKEY numbers (RFC 3830 section 6.10.1, RFC 4771 section 4).
enum class AuthAlg : std::uint8_t { Null = 0, HmacSha1 = 1, RccM1 = 2, RccM2 = 3, RccM3 = 4 };

/// The SRTP policy parameters of MIKEY's SP payload, with the defaults of RFC 3711 where one is absent. Lengths in
/// octets.
struct SrtpPolicy
{
    EncrAlg encrAlg = EncrAlg::AesCm;    ///< type 0
    std::uint32_t encrKeyLength = 16;    ///< type 1; also the length of the master key
    AuthAlg authAlg = AuthAlg::HmacSha1; ///< type 2; of no meaning with AES-GCM
    std::uint32_t authKeyLength = 20;    ///< type 3
    std::uint32_t saltLength = 14;       ///< type 4; 12 with AES-GCM
    std::uint32_t prf = 0;               ///< type 5
    std::uint64_t keyDerivationRate = 0; ///< type 6
    bool srtpEncryption = true;          ///< type 7
    bool srtcpEncryption = true;         ///< type 8
    std::uint32_t fecOrder = 0;          ///< type 9
    bool srtpAuthentication = true;      ///< type 10
    std::uint32_t authTagLength = 10;    ///< type 11, of SRTP; SRTCP never gets less than 10 (RFC 3711 section 7.5)
    std::uint32_t prefixLength = 0;      ///< type 12
    std::uint32_t aeadTagLength = 16;    ///< type 20; AES-GCM only
};

/// Whether a policy without SRTP encryption or authentication is taken.
enum class WeakPolicy { Refuse, Allow };

/// Nothing if streams can be protected with this policy, else the Error that says why not: libsrtp2 as packaged has no
/// F8, SEED, RCC, key derivation rate or prefix, and weak policies have to be asked for.
std::optional<Error> unsupported(const SrtpPolicy &policy, WeakPolicy weak = WeakPolicy::Refuse);

} // namespace media
