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
        const bool macTagOfAead = policy.cipher == gcm && parameter.type == SrtpParameter::AuthenticationTagLength;
        if (!macTagOfAead)
            policy.*field->field = *value;
    }
    if (const auto *suite = srtpSuite(policy))
        return suite;
    return unsupported("this combination of SRTP parameters is not supported");
}

bool offersSuite(const SecurityPolicy &payload, const SrtpSuite &suite)
{
    if (payload.protocol != ProtocolType::Srtp)
        return false;
    // The suite as one choice of the offer: of each parameter that is given, the value that is the suite's, if any.
    SecurityPolicy choice;
    choice.protocol = payload.protocol;
    const SuitePayload stated(suite, 0);
    for (const auto &parameter : payload.parameters) {
        const auto chosen = [&](const PolicyParameter &p) { return p.type == parameter.type; };
        if (std::any_of(choice.parameters.begin(), choice.parameters.end(), chosen))
            continue;
        const auto wanted =
            std::find_if(stated.payload().parameters.begin(), stated.payload().parameters.end(), chosen);
        const auto given =
            std::find_if(payload.parameters.begin(), payload.parameters.end(), [&](const PolicyParameter &p) {
                return wanted != stated.payload().parameters.end() && chosen(p) &&
                       numberOf(p.value) == numberOf(wanted->value);
            });
        choice.parameters.push_back(given == payload.parameters.end() ? parameter : *given);
    }
    const auto found = suiteOf(choice);
    return found && *found == &suite;
}

} // namespace mikey
