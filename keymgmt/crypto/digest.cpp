// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"

#include "crypto/require.h"
#include "wire/text.h"

#include <openssl/evp.h>

namespace mikey {

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
