// SPDX-License-Identifier: Apache-2.0
#include "crypto/ibe_pairing.h"

#include "crypto/windows.h"

#include <algorithm>

namespace mikey::ibe {

namespace {

/// Where a^2 + b^2 = 1, the square is 2a^2 - 1 + i((a + b)^2 - 1).
Fp2 unitarySquared(const PrimeField &f, const Fp2 &x)
{
    return {f.sub(f.twice(f.sqr(x.a)), f.one()), f.sub(f.sqr(f.add(x.a, x.b)), f.one())};
}

AffinePoint halved(const Group &group, const AffinePoint &a)
{
    return group.affine(group.multiplyPublic(a, group.half()));
}

} // namespace

Fp2 power(const Group &group, const Fp2 &x, const FieldElement &k)
{
    const auto &f = group.field();
    std::vector<Fp2> powers{{f.one(), {}}, x};
    while (powers.size() < windowSize)
        powers.push_back(multiply(f, powers.back(), x));
    auto result = powers.front();
    for (auto window = windowsOf(group.order()); window-- > 0;) {
        for (std::size_t bit = 0; bit < windowBits; ++bit)
            result = unitarySquared(f, result);
        auto factor = powers.front();
        const auto digit = windowOf(k, window);
        for (std::size_t i = 1; i < windowSize; ++i) {
            f.assignIf(isEqual(i, digit), factor.a, powers[i].a);
            f.assignIf(isEqual(i, digit), factor.b, powers[i].b);
        }
        result = multiply(f, result, factor);
    }
    return result;
}

/// Sliding windows over odd powers.
Fp2 powerPublic(const Group &group, const Fp2 &x, ByteView n)
{
    constexpr std::size_t widest = 5;
    const auto &f = group.field();
    std::vector<Fp2> odd{x};
    const auto xx = unitarySquared(f, x);
    while (odd.size() < std::size_t{1} << (widest - 1))
        odd.push_back(multiply(f, odd.back(), xx));
    const auto isSet = [n](std::size_t bit) { return (n[n.size() - 1 - bit / 8] >> (bit % 8)) & 1; };
    Fp2 result{f.one(), {}};
    for (auto bit = 8 * n.size(); bit > 0;) {
        if (!isSet(bit - 1)) {
            result = unitarySquared(f, result);
            --bit;
            continue;
        }
        auto width = std::min(widest, bit);
        while (!isSet(bit - width))
            --width;
        std::size_t digit = 0;
        for (std::size_t i = 0; i < width; ++i) {
            result = unitarySquared(f, result);
            digit = 2 * digit + isSet(--bit);
        }
        result = multiply(f, result, odd[digit / 2]);
    }
    return result;
}

Secret canonical(const Group &group, const Fp2 &x)
{
    const auto size = group.coordinateOctets();
    Secret octets(2 * size);
    const auto a = group.field().toOctets(x.a), b = group.field().toOctets(x.b);
    std::copy_n(a.view().last(size).begin(), size, octets.writable().begin());
    std::copy_n(b.view().last(size).begin(), size, octets.writable().last(size).begin());
    return octets;
}

Lines::Lines(std::shared_ptr<const Group> group, const AffinePoint &a)
    : m_group(std::move(group)), m_lines([this, &a] {
          const auto half = halved(*m_group, a);
          return MillerLines::normalised(m_group->curve(), half.x, half.y);
      }())
{
}

/// e'(A, B) is e(A, φ(B)) with the distortion map φ. With D = φ(B) - π(φ(B)), where π is Frobenius's map, e(A, D) is
/// the square of that, since π takes e to its power of p = -1 modulo q: so e'(A, B) = e([1/2]A, D). And π(D) = -D, so x
/// of D is of F_p, and y is i times such a number, which is what makes all vertical lines factors of F_p. By the
/// addition formulas, with w = y / (ζ_b x): D = (x - w^2, iw(x/2 + x - w^2)).
Fp2 Lines::pairing(const AffinePoint &b) const
{
    const auto &f = m_group->field();
    const auto w = f.mul(b.y, f.inverse(f.mul(m_group->zetaB(), b.x)));
    const auto x = f.sub(b.x, f.sqr(w));
    const auto twiceY = f.mul(w, f.add(b.x, f.twice(x)));
    const auto value = m_lines.value(f.negated(x), f.mul(twiceY, m_group->oneHalf()));
    // value^(p - 1) = conjugate / value = conjugate^2 / norm, and that to the power of (p + 1) / q.
    const auto inverse = f.inverse(f.add(f.sqr(value.a), f.sqr(value.b)));
    const auto square = squared(f, {value.a, f.negated(value.b)});
    return powerPublic(*m_group, {f.mul(square.a, inverse), f.mul(square.b, inverse)}, m_group->cofactor());
}

/// In place of the point its pairing is raised to the cofactor.
Fp2 Lines::pairingWithHashed(ByteView id) const
{
    return powerPublic(*m_group, pairing(m_group->hashToCurve(id)), m_group->cofactor());
}

} // namespace mikey::ibe
