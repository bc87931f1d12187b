// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prime_field.h"

#include <vector>

/// Miller's algorithm, as the pairings of SAKKE (RFC 6508 3.2) and of IBE (RFC 5091 4.5) share it: on curves over F_p,
/// p = 3 modulo 4, at points whose x is of F_p and whose y is i times a number of F_p.
namespace mikey {

/// a + ib with i^2 = -1.
struct Fp2
{
    FieldElement a, b;
};

Fp2 multiply(const PrimeField &field, const Fp2 &x, const Fp2 &y);
Fp2 squared(const PrimeField &field, const Fp2 &x);

/// y^2 = x^3 + ax + b, and the order of the points that are paired.
struct MillerCurve
{
    enum class A { Zero, MinusThree };

    /// Views the field.
    MillerCurve(const PrimeField &field, const PrimeField &order, A a);

    const PrimeField &field;
    A a;
    /// order - 1 in non-adjacent form, the most significant digit (which is 1) first. It is public.
    std::vector<int> digits;
};

/// The lines for one point R, which the pairing of R with any other point runs through: so they can be kept. They tell
/// R, and are as secret as it is. Views the curve.
class MillerLines
{
public:
    /// The lines of R = (x, y) as they come: for pairing once.
    static MillerLines of(const MillerCurve &curve, const FieldElement &x, const FieldElement &y);
    /// In the form that makes each pairing cheapest, for more products now.
    static MillerLines normalised(const MillerCurve &curve, const FieldElement &x, const FieldElement &y);

    /// f_R at (-x, iy), but for a factor of F_p: a power with p - 1 in its exponent makes none of that.
    Fp2 value(const FieldElement &x, const FieldElement &y) const;

private:
    /// Its value is slope x + offset + i scale y.
    struct Line
    {
        FieldElement slope, offset, scale;
    };
    struct Walk;

    explicit MillerLines(const MillerCurve &curve) : m_curve(&curve) {}
    Fp2 timesLine(const Fp2 &value, const Line &line, const FieldElement &x, const FieldElement &y) const;

    const MillerCurve *m_curve;
    std::vector<Line> m_lines;
    bool m_normalised = false; ///< each scale is 1, and not kept
};

} // namespace mikey
