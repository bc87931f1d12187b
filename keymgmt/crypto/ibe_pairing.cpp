// SPDX-License-Identifier: Apache-2.0
#include "crypto/ibe_pairing.h"

#include "crypto/windows.h"

#include <algorithm>

namespace mikey::ibe {

namespace {

/// a + ib with a^2 + b^2 = 1, and what its powers take besides.
struct Unitary
{
    FieldElement a, b, inverseOfB;
};

/// Of an x that is no secret.
Unitary unitaryOf(const PrimeField &f, const Fp2 &x)
{
    return {x.a, x.b, f.inverseOfPublic(x.b)};
}

/// x^n for the n of so many bits. With V_k = 2a of x^k, V_2k = V_k^2 - 2 and V_(2k+1) = V_k V_(k+1) - V_1: these two
/// steps are done for each bit, whatever it is. Then x^(n+1) = x^n x tells b.
template <class IsSet>
Fp2 unitaryPower(const Group &group, const Unitary &x, std::size_t bits, IsSet isSet)
{
    const auto &f = group.field();
    const auto two = f.twice(f.one()), first = f.twice(x.a);
    auto v = two, next = first;
    mp_limb_t swapped = 0;
    for (auto bit = bits; bit-- > 0;) {
        const auto set = static_cast<mp_limb_t>(isSet(bit));
        f.swapIf(set ^ swapped, v, next);
        swapped = set;
        next = f.sub(f.mul(v, next), first);
        v = f.sub(f.sqr(v), two);
    }
    f.swapIf(swapped, v, next);
    const auto a = f.mul(v, group.oneHalf()), nextA = f.mul(next, group.oneHalf());
    return {a, f.mul(f.sub(f.mul(a, x.a), nextA), x.inverseOfB)};
}

Fp2 powerOfCofactor(const Group &group, const Unitary &x)
{
    const ByteView n = group.cofactor();
    return unitaryPower(group, x, 8 * n.size(),
                        [n](std::size_t bit) { return (n[n.size() - 1 - bit / 8] >> (bit % 8)) & 1; });
}

AffinePoint halved(const Group &group, const AffinePoint &a)
{
    return group.affine(group.multiplyPublic(a, group.half()));
}

} // namespace

Fp2 power(const Group &group, const Fp2 &x, const FieldElement &k)
{
    return unitaryPower(group, unitaryOf(group.field(), x), limbBits * group.order().limbs(),
                        [&k](std::size_t bit) { return (k.limbs[bit / limbBits] >> (bit % limbBits)) & 1; });
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
    const auto w = f.mul(b.y, f.inverseOfPublic(f.mul(m_group->zetaB(), b.x)));
    const auto x = f.sub(b.x, f.sqr(w));
    const auto twiceY = f.mul(w, f.add(b.x, f.twice(x)));
    const auto value = m_lines.value(f.negated(x), f.mul(twiceY, m_group->oneHalf()));
    // value^(p - 1) = conjugate / value = conjugate^2 / norm, and that to the power of (p + 1) / q.
    const auto norm = f.add(f.sqr(value.a), f.sqr(value.b));
    const auto square = squared(f, {value.a, f.negated(value.b)});
    const auto inverse = f.inverse(f.mul(norm, square.b)); // of both
    const auto inverseOfNorm = f.mul(inverse, square.b);
    return powerOfCofactor(
        *m_group, {f.mul(square.a, inverseOfNorm), f.mul(square.b, inverseOfNorm), f.mul(f.sqr(norm), inverse)});
}

/// In place of the point its pairing is raised to the cofactor.
Fp2 Lines::pairingWithHashed(ByteView id) const
{
    return powerOfCofactor(*m_group, unitaryOf(m_group->field(), pairing(m_group->hashToCurve(id))));
}

} // namespace mikey::ibe
