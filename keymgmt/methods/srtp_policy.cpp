// SPDX-License-Identifier: Apache-2.0
#include "methods/srtp_policy.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::uint32_t gcm = static_cast<std::uint32_t>(SrtpCipher::AesGcm);
constexpr std::uint32_t noCipher = static_cast<std::uint32_t>(SrtpCipher::Null);
constexpr std::uint32_t noMac = static_cast<std::uint32_t>(SrtpMac::Null);

/// Which field of the policy a parameter sets: the one description of SP's SRTP parameters.
struct ParameterField
{
    SrtpParameter type;
    std::uint32_t SrtpPolicy::*field;
};

constexpr ParameterField parameterFields[] = {
    {SrtpParameter::EncryptionAlgorithm, &SrtpPolicy::cipher},
    {SrtpParameter::SessionEncryptionKeyLength, &SrtpPolicy::encryptionKeyLength},
    {SrtpParameter::AuthenticationAlgorithm, &SrtpPolicy::mac},
    {SrtpParameter::SessionAuthenticationKeyLength, &SrtpPolicy::authenticationKeyLength},
    {SrtpParameter::SessionSaltKeyLength, &SrtpPolicy::saltKeyLength},
    {SrtpParameter::PseudoRandomFunction, &SrtpPolicy::prf},
    {SrtpParameter::KeyDerivationRate, &SrtpPolicy::keyDerivationRate},
    {SrtpParameter::SrtpEncryption, &SrtpPolicy::srtpEncryption},
    {SrtpParameter::SrtcpEncryption, &SrtpPolicy::srtcpEncryption},
    {SrtpParameter::FecOrder, &SrtpPolicy::fecOrder},
    {SrtpParameter::SrtpAuthentication, &SrtpPolicy::srtpAuthentication},
    {SrtpParameter::AuthenticationTagLength, &SrtpPolicy::tagLength},
    {SrtpParameter::SrtpPrefixLength, &SrtpPolicy::prefixLength},
    {SrtpParameter::AeadTagLength, &SrtpPolicy::tagLength},
};

constexpr SrtpPolicy counterMode(std::uint32_t keyLength, std::uint32_t tagLength)
{
    SrtpPolicy policy;
    policy.encryptionKeyLength = keyLength;
    policy.tagLength = tagLength;
    return policy;
}

/// RFC 7714 15: the cipher authenticates, so there is no MAC; the salt has 96 bits.
constexpr SrtpPolicy galoisMode(std::uint32_t keyLength)
{
    SrtpPolicy policy;
    policy.cipher = gcm;
    policy.encryptionKeyLength = keyLength;
    policy.mac = noMac;
    policy.authenticationKeyLength = 0;
    policy.saltKeyLength = 12;
    policy.tagLength = 16;
    return policy;
}

constexpr SrtpPolicy unencrypted()
{
    SrtpPolicy policy;
    policy.cipher = noCipher;
    return policy;
}

constexpr SrtpSuite suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", counterMode(16, 10), false, "AES-128"},
    {"AES_CM_128_HMAC_SHA1_32", counterMode(16, 4), false, "AES-128 with short authentication tags"},
    {"AES_CM_256_HMAC_SHA1_80", counterMode(32, 10), false, "AES-256"},
    {"AES_CM_256_HMAC_SHA1_32", counterMode(32, 4), false, "AES-256 with short authentication tags"},
    {"AEAD_AES_128_GCM", galoisMode(16), false, "AES-128-GCM"},
    {"AEAD_AES_256_GCM", galoisMode(32), false, "AES-256-GCM"},
    {"NULL_HMAC_SHA1_80", unencrypted(), true, "no encryption, only authentication"},
};

/// Different ways to say the same get one form, so that policies compare by value.
SrtpPolicy normalised(SrtpPolicy policy)
{
    if (!policy.srtpEncryption && !policy.srtcpEncryption)
        policy.cipher = noCipher;
    if (policy.cipher == noCipher) {
        policy.encryptionKeyLength = unencrypted().encryptionKeyLength;
        policy.srtpEncryption = policy.srtcpEncryption = 1;
    }
    if (policy.cipher == gcm) { // RFC 7714 14.3: cipher, key and tag length tell all
        const auto own = galoisMode(policy.encryptionKeyLength);
        policy.mac = own.mac;
        policy.authenticationKeyLength = own.authenticationKeyLength;
        policy.saltKeyLength = own.saltKeyLength;
        policy.srtpAuthentication = own.srtpAuthentication;
    }
    return policy;
}

std::optional<std::uint32_t> numberOf(ByteView value)
{
    if (value.empty() || value.size() > 8)
        return std::nullopt;
    std::uint64_t number = 0;
    for (const auto octet : value)
        number = number << 8 | octet;
    if (number > UINT32_MAX)
        return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

/// What of a policy cannot be done here: libsrtp2 as packaged has neither F8 nor SEED, no derivation of keys in
/// mid-stream and no prefix, and suites are what the table has.
std::string whyUnsupported(const SrtpPolicy &policy)
{
    const auto none = [](std::string_view what) { return std::string(what) + " is not supported"; };
    const auto rate = policy.keyDerivationRate;
    constexpr std::uint32_t mostRate = 1u << 24; // RFC 3711 4.3.1
    if ((rate & (rate - 1)) != 0 || rate > mostRate)
        return "the key derivation rate " + std::to_string(rate) + " is none of SRTP's: 0, or a power of 2 up to 2^24";
    if (rate != 0)
        return none("a key derivation rate other than 0");
    if (policy.prefixLength != 0)
        return none("an SRTP prefix");
    if (policy.fecOrder != 0)
        return none("another order than FEC before SRTP");
    if (policy.prf != 0)
        return none("another SRTP key derivation function than AES-CM");
    if (policy.cipher != gcm && policy.cipher != noCipher &&
        policy.cipher != static_cast<std::uint32_t>(SrtpCipher::AesCm))
        return none("SRTP encryption with " + registry::srtpEncryption.nameOf(policy.cipher));
    if (policy.cipher != gcm && policy.srtpAuthentication && policy.mac != SrtpPolicy().mac && policy.mac != noMac)
        return none("SRTP authentication with " + registry::srtpAuthentication.nameOf(policy.mac));
    if (policy.cipher != gcm && (!policy.srtpAuthentication || policy.mac == noMac))
        return none("SRTP without authentication");
    if (policy.srtpEncryption != policy.srtcpEncryption)
        return none("encryption of one of SRTP and SRTCP only");
    return "session keys of " + std::to_string(policy.encryptionKeyLength) + ", " +
           std::to_string(policy.authenticationKeyLength) + " and " + std::to_string(policy.saltKeyLength) +
           " octets with authentication tags of " + std::to_string(policy.tagLength) + " are not supported";
}

PolicyFault unsupported(const std::string &reason)
{
    return {ErrorNumber::InvalidSpParameters, reason};
}

} // namespace

std::span<const SrtpSuite> srtpSuites()
{
    return suites;
}

const SrtpSuite *srtpSuite(std::string_view name)
{
    const auto it =
        std::find_if(std::begin(suites), std::end(suites), [name](const auto &s) { return s.name == name; });
    return it == std::end(suites) ? nullptr : it;
}

const SrtpSuite *srtpSuite(const SrtpPolicy &policy)
{
    const auto wanted = normalised(policy);
    const auto it =
        std::find_if(std::begin(suites), std::end(suites), [&](const auto &s) { return s.policy == wanted; });
    return it == std::end(suites) ? nullptr : it;
}

const SrtpSuite &defaultSrtpSuite()
{
    return suites[0];
}

SuitePayload::SuitePayload(const SrtpSuite &suite, std::uint8_t policyNo)
{
    constexpr SrtpParameter always[] = {
        SrtpParameter::EncryptionAlgorithm,     SrtpParameter::SessionEncryptionKeyLength,
        SrtpParameter::AuthenticationAlgorithm, SrtpParameter::SessionAuthenticationKeyLength,
        SrtpParameter::SessionSaltKeyLength,    SrtpParameter::SrtpEncryption,
        SrtpParameter::SrtcpEncryption,         SrtpParameter::SrtpAuthentication,
    };
    m_payload.policyNo = policyNo;
    std::size_t used = 0;
    const auto add = [&](SrtpParameter type) {
        const auto field = std::find_if(std::begin(parameterFields), std::end(parameterFields),
                                        [type](const auto &f) { return f.type == type; });
        m_values[used] = static_cast<std::uint8_t>(suite.policy.*field->field);
        m_payload.parameters.push_back({type, ByteView(m_values).subspan(used, 1)});
        ++used;
    };
    std::for_each(std::begin(always), std::end(always), add);
    add(suite.policy.cipher == gcm ? SrtpParameter::AeadTagLength : SrtpParameter::AuthenticationTagLength);
}

Result<const SrtpSuite *, PolicyFault> suiteOf(const SecurityPolicy &payload)
{
    if (payload.protocol != ProtocolType::Srtp)
        return PolicyFault{ErrorNumber::InvalidSp,
                           "the security protocol " +
                               registry::protocolType.nameOf(static_cast<std::uint8_t>(payload.protocol)) +
                               " is not supported, only SRTP is"};
    SrtpPolicy policy;
    std::array<bool, 256> set{};
    // RFC 7714 has other defaults for its cipher than RFC 3711 has for AES-CM.
    for (const auto &parameter : payload.parameters) {
        if (parameter.type == SrtpParameter::EncryptionAlgorithm && numberOf(parameter.value) == gcm)
            policy = galoisMode(policy.encryptionKeyLength);
    }
    for (const auto &parameter : payload.parameters) {
        const auto name = registry::srtpParameter.nameOf(static_cast<std::uint8_t>(parameter.type));
        const auto field = std::find_if(std::begin(parameterFields), std::end(parameterFields),
                                        [&](const auto &f) { return f.type == parameter.type; });
        if (field == std::end(parameterFields))
            return unsupported("the SRTP parameter " + name + " is not supported");
        if (std::exchange(set[static_cast<std::uint8_t>(parameter.type)], true))
            return unsupported("the SRTP parameter " + name + " is given twice");
        const auto value = numberOf(parameter.value);
        if (!value)
            return unsupported("the SRTP parameter " + name + " has no usable value");
        if (policy.cipher != gcm && parameter.type == SrtpParameter::AeadTagLength)
            return unsupported("the SRTP parameter " + name + " is for AEAD ciphers only");
        const bool macTagOfAead = policy.cipher == gcm && parameter.type == SrtpParameter::AuthenticationTagLength;
        if (!macTagOfAead)
            policy.*field->field = *value;
    }
    if (const auto *suite = srtpSuite(policy))
        return suite;
    return unsupported(whyUnsupported(policy));
}

std::optional<SecurityPolicy> chosenFrom(const SecurityPolicy &offer, const SrtpSuite &suite)
{
    if (offer.protocol != ProtocolType::Srtp)
        return std::nullopt;
    SecurityPolicy choice{offer.policyNo, offer.protocol, {}};
    const SuitePayload stated(suite, 0);
    const auto valueIn = [](const SecurityPolicy &policy, const PolicyParameter &like, auto &&fits) {
        return std::find_if(policy.parameters.begin(), policy.parameters.end(),
                            [&](const PolicyParameter &p) { return p.type == like.type && fits(p); });
    };
    const auto any = [](const PolicyParameter &) { return true; };
    for (const auto &parameter : offer.parameters) {
        if (valueIn(choice, parameter, any) != choice.parameters.end())
            continue;
        const auto wanted = valueIn(stated.payload(), parameter, any);
        const auto given = valueIn(offer, parameter, [&](const PolicyParameter &p) {
            return wanted != stated.payload().parameters.end() && numberOf(p.value) == numberOf(wanted->value);
        });
        choice.parameters.push_back(given == offer.parameters.end() ? parameter : *given);
    }
    const auto found = suiteOf(choice);
    return found && *found == &suite ? std::optional(choice) : std::nullopt;
}

} // namespace mikey
