// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_transport.h"

#include "crypto/require.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace mikey {

namespace {

constexpr std::size_t kwBlock = 8;
constexpr std::size_t kwLeast = 16; ///< RFC 3394 2.2.1: at least two blocks

using Cipher = std::unique_ptr<EVP_CIPHER, decltype(&EVP_CIPHER_free)>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher fetch(const char *name)
{
    Cipher cipher(EVP_CIPHER_fetch(nullptr, name, nullptr), EVP_CIPHER_free);
    require(cipher != nullptr, "EVP_CIPHER_fetch");
    return cipher;
}

const EVP_CIPHER *counterMode(std::size_t keyOctets)
{
    static const Cipher aes128 = fetch("AES-128-CTR");
    static const Cipher aes256 = fetch("AES-256-CTR");
    require(keyOctets == aes128Octets || keyOctets == aes256Octets, "a key of AES-CM");
    return keyOctets == aes256Octets ? aes256.get() : aes128.get();
}

const EVP_CIPHER *keyWrap()
{
    static const Cipher cipher = fetch("AES-128-WRAP");
    return cipher.get();
}

CipherContext newContext()
{
    CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    require(context != nullptr, "EVP_CIPHER_CTX_new");
    return context;
}

} // namespace

std::array<std::uint8_t, 16> aesCmIv(ByteView salt, std::uint32_t csbId, ByteView timestamp)
{
    std::array<std::uint8_t, 16> iv{};
    std::copy_n(salt.begin(), std::min(salt.size(), aesCmSaltOctets), iv.begin());
    for (std::size_t i = 0; i < 4; ++i)
        iv[2 + i] ^= static_cast<std::uint8_t>(csbId >> (24 - 8 * i));
    constexpr std::size_t end = 14;
    const std::size_t octets = std::min<std::size_t>(timestamp.size(), 8);
    for (std::size_t i = 0; i < octets; ++i)
        iv[end - octets + i] ^= timestamp[i];
    return iv;
}

Secret aesCm(ByteView key, const std::array<std::uint8_t, 16> &iv, ByteView data)
{
    const auto context = newContext();
    require(EVP_EncryptInit_ex2(context.get(), counterMode(key.size()), key.data(), iv.data(), nullptr), "AES-CTR");
    Secret out(data.size());
    int written = 0;
    if (!data.empty())
        require(EVP_EncryptUpdate(context.get(), out.writable().data(), &written, data.data(),
                                  static_cast<int>(data.size())),
                "AES-CTR");
    return out;
}

Bytes aesKeyWrap(ByteView key, ByteView salt, ByteView plain)
{
    const auto whole = std::max(kwLeast, (plain.size() + kwBlock - 1) / kwBlock * kwBlock);
    Secret padded(whole);
    std::copy(plain.begin(), plain.end(), padded.writable().begin());
    const auto context = newContext();
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    require(EVP_EncryptInit_ex2(context.get(), keyWrap(), key.data(), salt.data(), nullptr), "AES-WRAP");
    Bytes out(whole + kwBlock);
    int written = 0;
    require(EVP_EncryptUpdate(context.get(), out.data(), &written, padded.view().data(), static_cast<int>(whole)),
            "AES-WRAP");
    return out;
}

std::optional<Secret> aesKeyUnwrap(ByteView key, ByteView salt, ByteView wrapped)
{
    if (wrapped.size() < kwLeast + kwBlock || wrapped.size() % kwBlock)
        return std::nullopt;
    const auto context = newContext();
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    require(EVP_DecryptInit_ex2(context.get(), keyWrap(), key.data(), salt.data(), nullptr), "AES-WRAP");
    Secret out(wrapped.size());
    int written = 0;
    ERR_set_mark(); // a failed check is no error of the program; TLS in the same thread must not find it
    const bool intact = EVP_DecryptUpdate(context.get(), out.writable().data(), &written, wrapped.data(),
                                          static_cast<int>(wrapped.size())) == 1;
    ERR_pop_to_mark();
    if (!intact)
        return std::nullopt;
    return Secret(out.view().first(static_cast<std::size_t>(written)));
}

} // namespace mikey
