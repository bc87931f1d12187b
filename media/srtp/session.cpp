// SPDX-License-Identifier: Apache-2.0
#include "srtp/session.h"

#include <openssl/crypto.h>
#include <srtp2/crypto_types.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <array>

namespace media {

namespace {

/// libsrtp2 as Debian builds it sets NSS up with the first cipher and tears it down with the last, some 5 ms each time.
/// A session that nobody uses and that stays keeps it up.
bool keepLibraryUp()
{
    static std::array<std::uint8_t, SRTP_AES_ICM_128_KEY_LEN_WSALT> noKey{};
    srtp_policy_t policy{};
    srtp_crypto_policy_set_rtp_default(&policy.rtp);
    srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
    policy.ssrc.type = ssrc_any_outbound;
    policy.key = noKey.data();
    static srtp_t unused = nullptr;
    return srtp_create(&unused, &policy) == srtp_err_status_ok;
}

bool libraryReady()
{
    static const bool ready = srtp_init() == srtp_err_status_ok && keepLibraryUp();
    return ready;
}

srtp_cipher_type_id_t cipherType(bool gcm, std::size_t keyLength)
{
    if (gcm)
        return keyLength == 32 ? SRTP_AES_GCM_256 : SRTP_AES_GCM_128;
    if (keyLength == 32)
        return SRTP_AES_ICM_256;
    return keyLength == 24 ? SRTP_AES_ICM_192 : SRTP_AES_ICM_128;
}

srtp_sec_serv_t services(bool encrypt, bool authenticate)
{
    return static_cast<srtp_sec_serv_t>((encrypt ? sec_serv_conf : 0) | (authenticate ? sec_serv_auth : 0));
}

bool authenticatesSrtp(const SrtpPolicy &policy)
{
    return policy.authAlg != AuthAlg::Null && policy.srtpAuthentication;
}

/// SRTCP is always authenticated, by a tag of at least 80 bits (RFC 3711 sections 3.4 and 7.5).
std::uint32_t hmacTagLength(const SrtpPolicy &policy, Protocol protocol)
{
    if (protocol == Protocol::Srtcp)
        return std::max(policy.authTagLength, 10u);
    return authenticatesSrtp(policy) ? policy.authTagLength : 0;
}

/// Not encrypting is told to libsrtp2 as a service that is off, so that the key derivation is the same with and
/// without.
void translate(const SrtpKey &key, srtp_policy_t &to)
{
    const SrtpPolicy &policy = key.policy;
    const bool gcm = policy.encrAlg == EncrAlg::AesGcm;
    const bool encrypts = policy.encrAlg != EncrAlg::Null;
    const auto tagLength = [&](Protocol protocol) {
        return static_cast<int>(gcm ? policy.aeadTagLength : hmacTagLength(policy, protocol));
    };

    to.rtp.cipher_type = cipherType(gcm, key.masterKey.size());
    to.rtp.cipher_key_len = static_cast<int>(key.masterKey.size() + key.masterSalt.size());
    to.rtp.auth_type = gcm ? SRTP_NULL_AUTH : SRTP_HMAC_SHA1;
    to.rtp.auth_key_len = gcm ? 0 : static_cast<int>(policy.authKeyLength);
    to.rtcp = to.rtp;
    to.rtp.auth_tag_len = tagLength(Protocol::Srtp);
    to.rtcp.auth_tag_len = tagLength(Protocol::Srtcp);
    to.rtp.sec_serv = services(encrypts && policy.srtpEncryption, gcm || authenticatesSrtp(policy));
    to.rtcp.sec_serv = services(encrypts && policy.srtcpEncryption, true);
    if (to.rtp.auth_tag_len == 0) {
        to.rtp.auth_type = SRTP_NULL_AUTH;
        to.rtp.auth_key_len = 0;
    }
}

} // namespace

void SrtpDeleter::operator()(srtp_ctx_t_ *context) const
{
    srtp_dealloc(context);
}

bool prepareSrtp()
{
    return libraryReady();
}

std::optional<Error> checkKey(const SrtpKey &key, WeakPolicy weak)
{
    if (auto error = unsupported(key.policy, weak))
        return error;
    const std::size_t keyLength = key.policy.encrKeyLength == 0 ? 16 : key.policy.encrKeyLength;
    if (key.masterKey.size() != keyLength || key.masterSalt.size() != key.policy.saltLength)
        return Error{"The SRTP master key and salt have " + std::to_string(key.masterKey.size()) + " and " +
                     std::to_string(key.masterSalt.size()) + " octets where the policy wants " +
                     std::to_string(keyLength) + " and " + std::to_string(key.policy.saltLength) + "."};
    if (key.mki.size() > SRTP_MAX_MKI_LEN)
        return Error{"The SRTP key identifier (MKI) is longer than 128 octets."};
    if (key.validFrom.value_or(0) > key.validTo.value_or(lastSrtpIndex) ||
        key.validTo.value_or(lastSrtpIndex) < std::uint64_t{key.roc} << 16)
        return Error{"The SRTP key is not valid for any packet of the stream."};
    return std::nullopt;
}

Result<SrtpSession> openSrtpSession(const SrtpKey &key, std::uint32_t ssrc)
{
    if (!libraryReady())
        return Error{"The SRTP library could not be initialised."};
    std::array<unsigned char, SRTP_MAX_KEY_LEN> material{};
    const auto salt = std::ranges::copy(key.masterKey.bytes(), material.begin()).out;
    std::ranges::copy(key.masterSalt.bytes(), salt);

    std::vector<unsigned char> mki = key.mki;
    srtp_master_key_t masterKey{material.data(), mki.data(), static_cast<unsigned int>(mki.size())};
    srtp_master_key_t *masterKeys = &masterKey;
    srtp_policy_t policy{};
    policy.ssrc = {ssrc_specific, ssrc};
    policy.window_size = 128;
    if (mki.empty()) {
        policy.key = material.data();
    } else {
        policy.keys = &masterKeys;
        policy.num_master_keys = 1;
    }
    translate(key, policy);

    srtp_t context = nullptr;
    srtp_err_status_t status = srtp_create(&context, &policy);
    OPENSSL_cleanse(material.data(), material.size());
    SrtpSession session(context);
    if (status == srtp_err_status_ok && key.roc != 0)
        status = srtp_set_stream_roc(context, ssrc, key.roc);
    if (status != srtp_err_status_ok)
        return Error{"The SRTP library refused the agreed key (status " + std::to_string(status) + ")."};
    return session;
}

bool valid(const SrtpKey &key, std::uint64_t index)
{
    return index >= key.validFrom.value_or(0) && index <= key.validTo.value_or(lastSrtpIndex);
}

std::uint64_t estimateIndex(std::uint64_t highest, std::uint16_t sequence)
{
    constexpr int half = 0x8000;
    const auto highestSequence = static_cast<std::uint16_t>(highest);
    std::uint64_t roc = highest >> 16;
    if (highestSequence < half)
        roc -= sequence - highestSequence > half && roc > 0;
    else
        roc += highestSequence - half > sequence;
    return roc << 16 | sequence;
}

/// The MKI stands before the tag (RFC 3711 sections 3.1 and 3.4), and at the end where the tag is part of the
/// ciphertext (RFC 7714 sections 8.2 and 9.2). libsrtp2 2.5.0 looks for that of SRTCP where it is in SRTP, and so
/// misses it when their tags differ in length; therefore it gets packets without.
bool removeMki(const SrtpKey &key, Protocol protocol, std::span<std::uint8_t> &packet)
{
    const std::size_t tagSize = key.policy.encrAlg == EncrAlg::AesGcm ? 0 : hmacTagLength(key.policy, protocol);
    if (packet.size() < key.mki.size() + tagSize)
        return false;
    const std::span<std::uint8_t> tag = packet.last(tagSize);
    const std::span<std::uint8_t> mki = packet.last(tagSize + key.mki.size()).first(key.mki.size());
    if (!std::ranges::equal(mki, key.mki))
        return false;
    std::ranges::copy(tag, mki.begin());
    packet = packet.first(packet.size() - mki.size());
    return true;
}

} // namespace media
