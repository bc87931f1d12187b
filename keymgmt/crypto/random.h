// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.h"

namespace mikey {

/// Where keys, nonces and identifiers are drawn from. Methods are given one, as they are given the time; everywhere but
/// in the making of test vectors it is SystemRandom.
class Random
{
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> octets) = 0;

    Secret secret(std::size_t size);
    std::uint32_t number32();
};

/// OpenSSL's generator for private values. If it fails nothing may go on, so it throws.
class SystemRandom final : public Random
{
public:
    void fill(std::span<std::uint8_t> octets) override;
};

} // namespace mikey
