// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace mikey {

Secret::Secret(std::size_t size) : m_octets(size ? std::make_unique<std::uint8_t[]>(size) : nullptr), m_size(size) {}

Secret::Secret(ByteView octets) : Secret(octets.size())
{
    std::copy(octets.begin(), octets.end(), m_octets.get());
}

Secret::~Secret()
{
    wipe(writable());
}

Secret::Secret(Secret &&other) noexcept : m_octets(std::move(other.m_octets)), m_size(std::exchange(other.m_size, 0)) {}

Secret &Secret::operator=(Secret &&other) noexcept
{
    if (this != &other) {
        wipe(writable());
        m_octets = std::move(other.m_octets);
        m_size = std::exchange(other.m_size, 0);
    }
    return *this;
}

bool equalSecrets(ByteView a, ByteView b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<std::uint8_t> octets)
{
    if (!octets.empty())
        OPENSSL_cleanse(octets.data(), octets.size());
}

} // namespace mikey
