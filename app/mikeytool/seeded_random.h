// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/random.h"

#include <string>

namespace tool {

/// For test vectors only: what anyone can draw again who knows seed and label. Draws take consecutive octets of the
/// stream SHA-256(seed || label || 0), SHA-256(seed || label || 1), ..., counted in 32 bits.
class SeededRandom final : public mikey::Random
{
public:
    SeededRandom(const std::string &seed, const std::string &label);
    void fill(std::span<std::uint8_t> octets) override;

    /// What was drawn since the last call, draw by draw.
    std::vector<mikey::Bytes> takeDraws();

private:
    std::uint8_t next();

    mikey::Bytes m_input; ///< seed, label and counter
    std::size_t m_counterAt;
    std::uint32_t m_counter = 0;
    mikey::Bytes m_block;
    std::size_t m_used = 0;
    std::vector<mikey::Bytes> m_draws;
};

} // namespace tool
