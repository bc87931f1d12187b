// SPDX-License-Identifier: Apache-2.0
#include "crypto/hmac.h"

#include "crypto/require.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <string>

namespace mikey {

namespace {

using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)>;

/// A context with the hash chosen but no key. Fetching costs more than a short HMAC, so it is done once a hash and each
/// HMAC works on a duplicate.
EVP_MAC_CTX *prototype(Hash hash)
{
    static const auto make = [](const char *digest) {
        std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
        require(mac != nullptr, "EVP_MAC_fetch");
        MacContext context(EVP_MAC_CTX_new(mac.get()), EVP_MAC_CTX_free);
        std::string name(digest);
        const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
                                         OSSL_PARAM_construct_end()};
        require(context != nullptr && EVP_MAC_CTX_set_params(context.get(), parameters), "EVP_MAC_CTX_set_params");
        return context;
    };
    static const MacContext sha1 = make("SHA1");
    static const MacContext sha256 = make("SHA256");
    return hash == Hash::Sha1 ? sha1.get() : sha256.get();
}

} // namespace

void Hmac::Free::operator()(evp_mac_ctx_st *context) const
{
    EVP_MAC_CTX_free(context);
}

Hmac::Hmac(Hash hash, ByteView key) : m_context(EVP_MAC_CTX_dup(prototype(hash)))
{
    static constexpr std::uint8_t noKey = 0; // an empty key is a key; a null pointer would mean "keep the old one"
    require(m_context != nullptr &&
                EVP_MAC_init(m_context.get(), key.empty() ? &noKey : key.data(), key.size(), nullptr) == 1,
            "EVP_MAC_init");
}

void Hmac::operator()(std::initializer_list<ByteView> parts, std::span<std::uint8_t> out)
{
    require(!m_used || EVP_MAC_init(m_context.get(), nullptr, 0, nullptr) == 1, "EVP_MAC_init");
    m_used = true;
    for (const auto part : parts)
        require(EVP_MAC_update(m_context.get(), part.data(), part.size()), "EVP_MAC_update");
    std::size_t written = 0;
    require(EVP_MAC_final(m_context.get(), out.data(), &written, out.size()) == 1 && written == out.size(),
            "EVP_MAC_final");
}

void hmac(Hash hash, ByteView key, std::initializer_list<ByteView> parts, std::span<std::uint8_t> out)
{
    Hmac(hash, key)(parts, out);
}

} // namespace mikey
