// SPDX-License-Identifier: Apache-2.0
#include "srtp/session.h"

#include <openssl/crypto.h>
#include <srtp2/crypto_types.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <array>

namespace media {

namespace {

constexpr std::uint64_t lastIndex = (std::uint64_t{1} << 48) - 1; // RFC 3711 section 3.2.1

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

/// Not encrypting is told to libsrtp2 as a service that is off, so that the key derivation is the same with and
/// without.
void translate(const SrtpKey &key, srtp_policy_t &to)
{
    const SrtpPolicy &policy = key.policy;
    const bool gcm = policy.encrAlg == EncrAlg::AesGcm;
    const bool encrypts = policy.encrAlg != EncrAlg::Null;
    const bool authenticates = gcm || (policy.authAlg != AuthAlg::Null && policy.srtpAuthentication);

    to.rtp.cipher_type = cipherType(gcm, key.masterKey.size());
    to.rtp.cipher_key_len = static_cast<int>(key.masterKey.size() + key.masterSalt.size());
    to.rtp.auth_type = gcm ? SRTP_NULL_AUTH : SRTP_HMAC_SHA1;
    to.rtp.auth_key_len = gcm ? 0 : static_cast<int>(policy.authKeyLength);
    to.rtp.auth_tag_len = static_cast<int>(gcm ? policy.aeadTagLength : policy.authTagLength);
    to.rtcp = to.rtp;
    to.rtp.sec_serv = services(encrypts && policy.srtpEncryption, authenticates);

    // SRTCP is always authenticated, by a tag of at least 80 bits (RFC 3711 sections 3.4 and 7.5).
    to.rtcp.sec_serv = services(encrypts && policy.srtcpEncryption, true);
    to.rtcp.auth_tag_len = std::max(to.rtcp.auth_tag_len, 10);
    if (!authenticates) {
        to.rtp.auth_type = SRTP_NULL_AUTH;
        to.rtp.auth_key_len = to.rtp.auth_tag_len = 0;
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
    if (key.validFrom.value_or(0) > key.validTo.value_or(lastIndex) ||
        key.validTo.value_or(lastIndex) < std::uint64_t{key.roc} << 16)
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
    return index >= key.validFrom.value_or(0) && index <= key.validTo.value_or(lastIndex);
}

} // namespace media
