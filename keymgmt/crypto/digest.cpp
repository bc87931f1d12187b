// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"

#include "crypto/require.h"
#include "wire/text.h"

#include <openssl/evp.h>

namespace mikey {

namespace {

const EVP_MD *implementationOf(HashFunction function)
{
    switch (function) {
    case HashFunction::Sha1:
        return EVP_sha1();
    case HashFunction::Md5:
        return EVP_md5();
    case HashFunction::Sha256:
        break;
    }
    return EVP_sha256();
}

} // namespace

Bytes digest(HashFunction function, ByteView octets)
{
    const auto *implementation = implementationOf(function);
    Bytes out(static_cast<std::size_t>(EVP_MD_get_size(implementation)));
    require(EVP_Digest(octets.data(), octets.size(), out.data(), nullptr, implementation, nullptr), "EVP_Digest");
    return out;
}

std::array<std::uint8_t, 32> sha256(ByteView octets)
{
    std::array<std::uint8_t, 32> digest{};
    require(EVP_Digest(octets.data(), octets.size(), digest.data(), nullptr, EVP_sha256(), nullptr), "SHA-256");
    return digest;
}

std::string fingerprint(ByteView key)
{
    const auto digest = sha256(key);
    return hex(ByteView(digest).first(8));
}

} // namespace mikey
