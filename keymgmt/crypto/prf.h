// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/hmac.h"
#include "crypto/secret.h"

#include <vector>

namespace mikey {

/// The PRF of RFC 3830 4.1.2 (MIKEY-1), or of RFC 6043 6.1 with SHA-256, with one key: a long one costs, so what is
/// derived from it more than once has it in common.
class KeyedPrf
{
public:
    KeyedPrf(Prf function, ByteView inkey);
    Secret operator()(ByteView label, std::size_t size); ///< `size` in octets

private:
    std::size_t m_block; ///< octets of the hash
    std::vector<Hmac> m_macs;
};

/// The same with a key that serves once.
Secret prf(Prf function, ByteView inkey, ByteView label, std::size_t size);

/// What a key is derived for; each stands for a 32-bit constant of RFC 3830 4.1.3 and 4.1.4.
enum class KeyUse : std::uint32_t {
    Tek = 0x2AD01C64,         ///< from a TGK
    SessionAuth = 0x1B5C7973, ///< from a TGK
    SessionEncr = 0x15798CEF, ///< from a TGK
    SessionSalt = 0x39A2C14B, ///< from a TGK
    MessageEncr = 0x150533E1, ///< from an envelope or pre-shared key
    MessageAuth = 0x2D22AC75,
    MessageSalt = 0x29B88916,
    ForkedMpk = 0x2B288856,    ///< MPKr', from MPKr (RFC 6043 5.1.1)
    ForkedTgk = 0x1512B54A,    ///< TGK', from a TGK (RFC 6043 5.1.1)
    InitiatorMpk = 0x220E99A2, ///< MPKi, from the MPK of a base ticket (RFC 6043 A.2.2)
    ResponderMpk = 0x1F4D675B, ///< MPKr, likewise
};

/// What binds derived keys to one bundle.
struct BundleLabel
{
    std::uint32_t csbId = 0;
    ByteView rand;
};

/// A key of one crypto session, from a TGK (RFC 3830 4.1.3).
Secret sessionKey(Prf function, ByteView tgk, KeyUse use, std::uint8_t csId, const BundleLabel &bundle,
                  std::size_t size);
/// The same where more keys come of the TGK.
Secret sessionKey(KeyedPrf &tgk, KeyUse use, std::uint8_t csId, const BundleLabel &bundle, std::size_t size);

/// A key that protects MIKEY messages, from an envelope or pre-shared key (RFC 3830 4.1.4).
Secret messageKey(Prf function, ByteView key, KeyUse use, const BundleLabel &bundle, std::size_t size);

} // namespace mikey
