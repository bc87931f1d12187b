// SPDX-License-Identifier: Apache-2.0
#include "kms/sealing.h"

#include "crypto/openssl.h"
#include "crypto/require.h"

namespace mikey::kms {

namespace {

using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::size_t nonceOctets = 12, tagOctets = 16;

/// A context that has taken key, nonce and place.
CipherContext begin(bool sealing, ByteView key, ByteView nonce, std::string_view place)
{
    CipherContext context(EVP_CIPHER_CTX_new());
    require(context != nullptr, "EVP_CIPHER_CTX_new");
    require(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data(), sealing ? 1 : 0),
            "EVP_CipherInit_ex");
    int done = 0;
    const auto additional = octetsOf(place);
    require(EVP_CipherUpdate(context.get(), nullptr, &done, additional.data(), static_cast<int>(additional.size())),
            "EVP_CipherUpdate");
    return context;
}

} // namespace

Sealer::Sealer(Secret key) : m_key(std::move(key))
{
    require(m_key.size() == keyOctets, "Sealer");
}

Bytes Sealer::seal(ByteView secret, std::string_view place, Random &random) const
{
    Bytes sealed(nonceOctets + secret.size() + tagOctets);
    const auto nonce = std::span(sealed).first(nonceOctets);
    random.fill(nonce);
    const auto context = begin(true, m_key.view(), nonce, place);
    int done = 0;
    auto *const out = sealed.data() + nonceOctets;
    require(EVP_CipherUpdate(context.get(), out, &done, secret.data(), static_cast<int>(secret.size())),
            "EVP_CipherUpdate");
    require(EVP_CipherFinal_ex(context.get(), out + done, &done), "EVP_CipherFinal_ex");
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tagOctets, out + secret.size()),
            "EVP_CTRL_AEAD_GET_TAG");
    return sealed;
}

std::optional<Secret> Sealer::open(ByteView sealed, std::string_view place) const
{
    if (sealed.size() < nonceOctets + tagOctets)
        return std::nullopt;
    const ForgetErrors forget;
    const auto text = sealed.subspan(nonceOctets, sealed.size() - nonceOctets - tagOctets);
    Bytes tag(sealed.end() - tagOctets, sealed.end());
    const auto context = begin(false, m_key.view(), sealed.first(nonceOctets), place);
    Secret secret(text.size());
    int done = 0;
    require(
        EVP_CipherUpdate(context.get(), secret.writable().data(), &done, text.data(), static_cast<int>(text.size())),
        "EVP_CipherUpdate");
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tagOctets, tag.data()), "EVP_CTRL_AEAD_SET_TAG");
    std::uint8_t none = 0; // GCM leaves nothing for the end
    if (EVP_CipherFinal_ex(context.get(), &none, &done) != 1)
        return std::nullopt;
    return secret;
}

} // namespace mikey::kms
