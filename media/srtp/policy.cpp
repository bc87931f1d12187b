// SPDX-License-Identifier: Apache-2.0
#include "srtp/policy.h"

namespace media {

namespace {

Error cannot(const std::string &what)
{
    return {"The agreed SRTP policy can't be used: " + what + "."};
}

bool aesKeyLength(std::uint32_t octets)
{
    return octets == 16 || octets == 24 || octets == 32;
}

std::optional<Error> unsupportedGcm(const SrtpPolicy &policy)
{
    if (policy.encrKeyLength != 16 && policy.encrKeyLength != 32)
        return cannot("AES-GCM takes keys of 16 or 32 octets, not " + std::to_string(policy.encrKeyLength));
    if (policy.saltLength != 12)
        return cannot("AES-GCM takes a salt of 12 octets, not " + std::to_string(policy.saltLength));
    if (policy.aeadTagLength != 16) // RFC 7714 section 14.3 has no other
        return cannot("an AES-GCM tag has 16 octets, not " + std::to_string(policy.aeadTagLength));
    return std::nullopt;
}

std::optional<Error> unsupportedCounterMode(const SrtpPolicy &policy)
{
    const bool nullWithoutKey = policy.encrAlg == EncrAlg::Null && policy.encrKeyLength == 0;
    if (!aesKeyLength(policy.encrKeyLength) && !nullWithoutKey)
        return cannot("an AES key has 16, 24 or 32 octets, not " + std::to_string(policy.encrKeyLength));
    if (policy.saltLength != 14)
        return cannot("AES in counter mode takes a salt of 14 octets, not " + std::to_string(policy.saltLength));
    if (policy.authAlg != AuthAlg::HmacSha1 && policy.authAlg != AuthAlg::Null)
        return cannot("integrity transforms that carry the rollover counter (RFC 4771) are not supported");
    if (policy.authKeyLength < 16 || policy.authKeyLength > 20)
        return cannot("an HMAC-SHA-1 key of " + std::to_string(policy.authKeyLength) + " octets is not supported");
    if (policy.authTagLength < 4 || policy.authTagLength > 20)
        return cannot("an authentication tag of " + std::to_string(policy.authTagLength) + " octets is not supported");
    return std::nullopt;
}

/// RFC 3711 section 3.4 makes authentication of SRTCP mandatory, so it is only SRTP's that can be missing.
std::optional<Error> refusedAsWeak(const SrtpPolicy &policy)
{
    if (policy.encrAlg == EncrAlg::Null || !policy.srtpEncryption)
        return cannot("it leaves the audio unencrypted");
    if (!policy.srtcpEncryption)
        return cannot("it leaves the RTCP reports unencrypted");
    if (policy.encrAlg != EncrAlg::AesGcm && (policy.authAlg == AuthAlg::Null || !policy.srtpAuthentication))
        return cannot("it leaves the audio unauthenticated");
    return std::nullopt;
}

} // namespace

std::optional<Error> unsupported(const SrtpPolicy &policy, WeakPolicy weak)
{
    if (policy.encrAlg != EncrAlg::Null && policy.encrAlg != EncrAlg::AesCm && policy.encrAlg != EncrAlg::AesGcm)
        return cannot("its encryption algorithm (number " + std::to_string(static_cast<int>(policy.encrAlg)) +
                      ") is not supported");
    if (policy.prf != 0)
        return cannot("its key derivation function (number " + std::to_string(policy.prf) + ") is not known");
    if (policy.keyDerivationRate != 0)
        return cannot("a key derivation rate other than 0 is not supported");
    if (policy.fecOrder != 0)
        return cannot("its order of error correction and SRTP is not known");
    if (policy.prefixLength != 0)
        return cannot("a keystream prefix is not supported");
    const bool gcm = policy.encrAlg == EncrAlg::AesGcm;
    if (const auto error = gcm ? unsupportedGcm(policy) : unsupportedCounterMode(policy))
        return error;
    return weak == WeakPolicy::Refuse ? refusedAsWeak(policy) : std::nullopt;
}

} // namespace media
