// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/random.h"

#include <optional>

/// ECCSI (RFC 6507) on P-256 with SHA-256: signatures that an Identifier and the key of its service verify. Points are
/// 04 || x || y, integers 32 octets.
namespace mikey::eccsi {

inline constexpr std::size_t scalarOctets = 32;
inline constexpr std::size_t pointOctets = 65;
inline constexpr std::size_t signatureOctets = 2 * scalarOctets + pointOctets; ///< r || s || PVT

/// The key management service's side (RFC 6507 4.2): its secret KSAK, and KPAK = [KSAK]G.
Secret makeMaster(Random &random);
std::optional<Bytes> publicKey(const Secret &ksak); ///< none if the secret is none
bool isPublicKey(ByteView kpak);                    ///< on the curve, and not infinity

/// What a user signs with.
struct UserKey
{
    Secret ssk;
    Bytes pvt;
};

/// RFC 6507 5.1.1. Each time another pair, so every device of a user has its own. None if the secret is none.
std::optional<UserKey> issue(const Secret &ksak, ByteView identifier, Random &random);

/// A checked pair of SSK and PVT, with the hash that each signature needs.
class Signer
{
public:
    /// None unless the pair is the Identifier's and of that service (RFC 6507 5.1.2).
    static std::optional<Signer> of(ByteView kpak, ByteView identifier, const Secret &ssk, ByteView pvt);
    Bytes sign(ByteView message, Random &random) const; ///< RFC 6507 5.2.1

private:
    Signer() = default;

    Secret m_ssk;
    Bytes m_pvt;
    Bytes m_hs;
};

/// RFC 6507 5.2.2.
bool verify(ByteView kpak, ByteView identifier, ByteView message, ByteView signature);

} // namespace mikey::eccsi
