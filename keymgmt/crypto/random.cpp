// SPDX-License-Identifier: Apache-2.0
#include "crypto/random.h"

#include "crypto/require.h"

#include <openssl/rand.h>

#include <array>

namespace mikey {

Secret Random::secret(std::size_t size)
{
    Secret secret(size);
    fill(secret.writable());
    return secret;
}

std::uint32_t Random::number32()
{
    std::array<std::uint8_t, 4> octets{};
    fill(octets);
    return std::uint32_t{octets[0]} << 24 | std::uint32_t{octets[1]} << 16 | std::uint32_t{octets[2]} << 8 | octets[3];
}

void SystemRandom::fill(std::span<std::uint8_t> octets)
{
    if (!octets.empty())
        require(RAND_priv_bytes(octets.data(), static_cast<int>(octets.size())), "RAND_priv_bytes");
}

} // namespace mikey
