// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.h"

#include <gmp.h>

#include <array>
#include <optional>

namespace mikey {

/// A number modulo a prime, in Montgomery form; wiped when it goes. Which prime that is, its field knows.
struct FieldElement
{
    static constexpr std::size_t maxLimbs = 24; ///< 1536 bits

    std::array<mp_limb_t, maxLimbs> limbs{};

    FieldElement() = default;
    FieldElement(const FieldElement &) = default;
    FieldElement &operator=(const FieldElement &) = default;
    ~FieldElement();
};

/// 1 where a is b, else 0, without a branch.
inline mp_limb_t isEqual(std::size_t a, std::size_t b)
{
    const auto difference = static_cast<mp_limb_t>(a ^ b);
    return 1 ^ ((difference | (0 - difference)) >> 63);
}

/// Arithmetic modulo an odd prime of at most 1536 bits. Time and memory access depend on the size of the prime only,
/// never on the numbers: no branch, index or loop count does, on GMP's mpn layer, whose mpn_sec functions promise it.
class PrimeField
{
public:
    /// `prime`: most significant octet first; its octets are a multiple of 8, with at most 7 zeros in front.
    explicit PrimeField(ByteView prime);

    std::size_t limbs() const { return m_size; }
    std::size_t octets() const { return m_size * sizeof(mp_limb_t); }
    const mp_limb_t *modulus() const { return m_modulus.data(); }

    const FieldElement &one() const { return m_one; }
    /// Exactly octets() of them, most significant first; none if they are not below the prime, which is not kept
    /// secret.
    std::optional<FieldElement> fromOctets(ByteView octets) const;
    /// Any octets, at most twice as many as the prime has, reduced.
    FieldElement reduced(ByteView octets) const;
    Secret toOctets(const FieldElement &a) const;
    /// Out of Montgomery form: limbs() limbs, the least significant first.
    FieldElement plain(const FieldElement &a) const;

    FieldElement add(const FieldElement &a, const FieldElement &b) const;
    FieldElement sub(const FieldElement &a, const FieldElement &b) const;
    FieldElement mul(const FieldElement &a, const FieldElement &b) const;
    FieldElement sqr(const FieldElement &a) const;
    FieldElement twice(const FieldElement &a) const { return add(a, a); }
    FieldElement thrice(const FieldElement &a) const { return add(add(a, a), a); }
    FieldElement negated(const FieldElement &a) const { return sub(FieldElement(), a); }
    /// The inverse; zero for zero.
    FieldElement inverse(const FieldElement &a) const;
    /// The inverse of a number that is no secret, in far less time; zero for zero.
    FieldElement inverseOfPublic(const FieldElement &a) const;
    /// Replaces each by its inverse, with one inversion for all. None of them may be zero.
    void invertAll(std::span<FieldElement *const> elements) const;

    bool isZero(const FieldElement &a) const;
    bool equal(const FieldElement &a, const FieldElement &b) const { return isZero(sub(a, b)); }
    /// `to` becomes `from` where `condition` is 1 and stays where it is 0.
    void assignIf(mp_limb_t condition, FieldElement &to, const FieldElement &from) const;
    /// Exchanges the two where `condition` is 1, and not where it is 0.
    void swapIf(mp_limb_t condition, FieldElement &a, FieldElement &b) const;

    /// Products made by this thread: what the benchmarks count.
    static std::uint64_t products();

private:
    void reduceOnce(mp_limb_t carry, FieldElement &a) const;
    FieldElement redc(mp_limb_t *twiceAsLong) const;

    std::size_t m_size;
    mp_limb_t m_negatedInverse = 0; ///< of the modulus, modulo 2^64
    std::array<mp_limb_t, FieldElement::maxLimbs> m_modulus{};
    FieldElement m_one;
    FieldElement m_square; ///< R^2, which takes numbers into Montgomery form
};

} // namespace mikey
