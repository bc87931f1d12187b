// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <memory>

namespace mikey {

/// Octets that nobody else may see: wiped when destroyed or replaced, moved but copied only on purpose, never printed.
class Secret
{
public:
    Secret() = default;
    explicit Secret(std::size_t size); ///< zeros, to be filled
    explicit Secret(ByteView octets);  ///< a copy; wiping the source is its owner's duty
    ~Secret();
    Secret(Secret &&other) noexcept;
    Secret &operator=(Secret &&other) noexcept;
    Secret(const Secret &) = delete;
    Secret &operator=(const Secret &) = delete;

    Secret clone() const { return Secret(view()); }
    ByteView view() const { return {m_octets.get(), m_size}; }
    std::span<std::uint8_t> writable() { return {m_octets.get(), m_size}; }
    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }

private:
    std::unique_ptr<std::uint8_t[]> m_octets;
    std::size_t m_size = 0;
};

/// Compares in a time that depends on the sizes only.
bool equalSecrets(ByteView a, ByteView b);

/// Overwrites octets that are about to be freed.
void wipe(std::span<std::uint8_t> octets);

} // namespace mikey
