// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prime_field.h"

/// Numbers in digits of four bits, for powers and multiples.
namespace mikey {

inline constexpr std::size_t limbBits = 64, windowBits = 4, windowSize = 16;

inline std::size_t windowsOf(const PrimeField &field)
{
    return field.limbs() * limbBits / windowBits;
}

/// A digit of a number out of Montgomery form, 0 the least significant.
inline std::size_t windowOf(const FieldElement &number, std::size_t window)
{
    return (number.limbs[windowBits * window / limbBits] >> (windowBits * window % limbBits)) & (windowSize - 1);
}

/// Calls `step` with each digit of a public number, the most significant first.
template <class Step>
void forWindows(ByteView number, Step step)
{
    for (const auto octet : number) {
        step(static_cast<std::size_t>(octet >> windowBits));
        step(static_cast<std::size_t>(octet & (windowSize - 1)));
    }
}

} // namespace mikey
