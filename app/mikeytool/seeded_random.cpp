// SPDX-License-Identifier: Apache-2.0
#include "seeded_random.h"

#include "crypto/digest.h"

#include <algorithm>
#include <utility>

namespace tool {

SeededRandom::SeededRandom(const std::string &seed, const std::string &label)
{
    mikey::append(m_input, mikey::octetsOf(seed));
    mikey::append(m_input, mikey::octetsOf(label));
    m_counterAt = m_input.size();
    m_input.resize(m_counterAt + sizeof m_counter);
}

std::uint8_t SeededRandom::next()
{
    if (m_used == m_block.size()) {
        for (std::size_t i = 0; i < sizeof m_counter; ++i)
            m_input[m_counterAt + i] = static_cast<std::uint8_t>(m_counter >> (24 - 8 * i));
        ++m_counter;
        const auto block = mikey::sha256(m_input);
        m_block.assign(block.begin(), block.end());
        m_used = 0;
    }
    return m_block[m_used++];
}

void SeededRandom::fill(std::span<std::uint8_t> octets)
{
    std::generate(octets.begin(), octets.end(), [this] { return next(); });
    m_draws.emplace_back(octets.begin(), octets.end());
}

std::vector<mikey::Bytes> SeededRandom::takeDraws()
{
    return std::exchange(m_draws, {});
}

} // namespace tool
