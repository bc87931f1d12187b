// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/payloads.h"
#include "wire/result.h"

#include <array>
#include <string>

namespace mikey {

/// The parameters of SRTP and SRTCP that MIKEY negotiates (RFC 3830 6.10.1), with SRTP's defaults (RFC 3711 5 and 8.2).
/// Lengths in octets.
struct SrtpPolicy
{
    std::uint32_t cipher = 1;               ///< SrtpCipher
    std::uint32_t encryptionKeyLength = 16; ///< of the session keys and of the master key, the TEK
    std::uint32_t mac = 1;                  ///< SrtpMac
    std::uint32_t authenticationKeyLength = 20;
    std::uint32_t saltKeyLength = 14;
    std::uint32_t prf = 0;
    std::uint32_t keyDerivationRate = 0;
    std::uint32_t srtpEncryption = 1;
    std::uint32_t srtcpEncryption = 1;
    std::uint32_t fecOrder = 0;
    std::uint32_t srtpAuthentication = 1;
    std::uint32_t tagLength = 10;
    std::uint32_t prefixLength = 0;

    bool operator==(const SrtpPolicy &) const = default;
};

/// A policy that has a name. The table holds all that this program can speak.
struct SrtpSuite
{
    std::string_view name; ///< "AES_CM_128_HMAC_SHA1_80"
    SrtpPolicy policy;
    bool weak;              ///< refused unless the user allows it
    std::string_view title; ///< for people: "AES-128, 80-bit authentication"

    std::size_t masterKeyOctets() const { return policy.encryptionKeyLength; }
    std::size_t masterSaltOctets() const { return policy.saltKeyLength; }
};

std::span<const SrtpSuite> srtpSuites();
const SrtpSuite *srtpSuite(std::string_view name);
const SrtpSuite *srtpSuite(const SrtpPolicy &policy); ///< null: a policy this program cannot speak
const SrtpSuite &defaultSrtpSuite();                  ///< what an absent SP payload means (RFC 3830 6.10.1)

/// An SP payload that states a suite; it owns the octets its parameters view, so it is not to be copied.
class SuitePayload
{
public:
    explicit SuitePayload(const SrtpSuite &suite, std::uint8_t policyNo);
    SuitePayload(const SuitePayload &) = delete;
    SuitePayload &operator=(const SuitePayload &) = delete;

    const SecurityPolicy &payload() const { return m_payload; }

private:
    std::array<std::uint8_t, 32> m_values{};
    SecurityPolicy m_payload;
};

struct PolicyFault
{
    ErrorNumber error;
    std::string reason;
};

/// The suite an SP payload asks for; parameters it leaves out have SRTP's defaults.
Result<const SrtpSuite *, PolicyFault> suiteOf(const SecurityPolicy &payload);

/// Whether an SP payload that may give several values for a parameter, as offers of RSA-R do, leaves room for the suite
/// (RFC 4738 3.6).
bool offersSuite(const SecurityPolicy &payload, const SrtpSuite &suite);

} // namespace mikey
