// SPDX-License-Identifier: Apache-2.0
#include "crypto/miller.h"

#include <algorithm>
#include <cassert>

namespace mikey {

namespace {

/// Of an odd prime less one.
std::vector<int> nonAdjacentForm(const PrimeField &order)
{
    std::vector<mp_limb_t> rest(order.modulus(), order.modulus() + order.limbs());
    rest[0] -= 1;
    std::vector<int> digits;
    const auto n = static_cast<mp_size_t>(rest.size());
    while (!mpn_zero_p(rest.data(), n)) {
        int digit = 0;
        if (rest[0] & 1) {
            digit = (rest[0] & 2) ? -1 : 1;
            if (digit > 0)
                mpn_sub_1(rest.data(), rest.data(), n, 1);
            else
                mpn_add_1(rest.data(), rest.data(), n, 1);
        }
        digits.push_back(digit);
        mpn_rshift(rest.data(), rest.data(), n, 1);
    }
    std::reverse(digits.begin(), digits.end());
    return digits;
}

} // namespace

Fp2 multiply(const PrimeField &f, const Fp2 &x, const Fp2 &y)
{
    const auto aa = f.mul(x.a, y.a), bb = f.mul(x.b, y.b);
    return {f.sub(aa, bb), f.sub(f.mul(f.add(x.a, x.b), f.add(y.a, y.b)), f.add(aa, bb))};
}

Fp2 squared(const PrimeField &f, const Fp2 &x)
{
    return {f.mul(f.add(x.a, x.b), f.sub(x.a, x.b)), f.twice(f.mul(x.a, x.b))};
}

MillerCurve::MillerCurve(const PrimeField &curveField, const PrimeField &order, A coefficient)
    : field(curveField), a(coefficient), digits(nonAdjacentForm(order))
{
}

/// A multiple C of R on its way to [order - 1]R, in Jacobian coordinates: x = X/Z^2, y = Y/Z^3. Where the algorithm
/// divides, the line is multiplied by the denominator instead, which is a factor of F_p; so are the vertical lines.
struct MillerLines::Walk
{
    const MillerCurve &curve;
    const FieldElement &rx, &ry;
    const PrimeField &f = curve.field;
    FieldElement x = rx, y = ry, z = f.one();

    /// 3X^2 + aZ^4
    FieldElement tangent(const FieldElement &zz) const
    {
        return f.thrice(curve.a == MillerCurve::A::Zero ? f.sqr(x) : f.mul(f.sub(x, zz), f.add(x, zz)));
    }

    /// The tangent at C; then C = [2]C.
    Line doubleIt()
    {
        const auto zz = f.sqr(z), yy = f.sqr(y);
        const auto xyy = f.mul(x, yy);
        const auto m = tangent(zz);
        Line line{f.mul(m, zz), f.sub(f.mul(m, x), f.twice(yy)), {}};
        const auto xyy4 = f.twice(f.twice(xyy));
        const auto yyyy = f.sqr(f.twice(yy)); // 4 y^4
        z = f.twice(f.mul(y, z));
        x = f.sub(f.sqr(m), f.twice(xyy4));
        y = f.sub(f.mul(m, f.sub(xyy4, x)), f.twice(yyyy));
        line.scale = f.mul(z, zz);
        return line;
    }

    /// The line through C and R, or -R; then C = C + R, or C - R.
    Line addR(int sign)
    {
        const auto addedY = sign < 0 ? f.negated(ry) : ry;
        const auto zz = f.sqr(z);
        const auto d = f.sub(x, f.mul(rx, zz));
        const auto n = f.sub(y, f.mul(addedY, f.mul(zz, z)));
        const auto dd = f.sqr(d);
        const auto ddd = f.mul(dd, d);
        const auto xdd = f.mul(x, dd);
        const auto x3 = f.add(f.sub(f.sqr(n), f.twice(xdd)), ddd);
        y = f.sub(f.mul(n, f.sub(xdd, x3)), f.mul(y, ddd));
        x = x3;
        z = f.mul(z, d);
        return {n, f.sub(f.mul(n, rx), f.mul(addedY, z)), z};
    }
};

MillerLines MillerLines::of(const MillerCurve &curve, const FieldElement &x, const FieldElement &y)
{
    MillerLines made(curve);
    made.m_lines.reserve(2 * curve.digits.size());
    Walk walk{curve, x, y};
    for (std::size_t i = 1; i < curve.digits.size(); ++i) {
        made.m_lines.push_back(walk.doubleIt());
        if (curve.digits[i] != 0)
            made.m_lines.push_back(walk.addR(curve.digits[i]));
    }
    return made;
}

MillerLines MillerLines::normalised(const MillerCurve &curve, const FieldElement &x, const FieldElement &y)
{
    auto made = of(curve, x, y);
    const auto &f = curve.field;
    std::vector<FieldElement *> scales;
    scales.reserve(made.m_lines.size());
    for (auto &line : made.m_lines)
        scales.push_back(&line.scale);
    f.invertAll(scales);
    for (auto &line : made.m_lines) {
        line.slope = f.mul(line.slope, line.scale);
        line.offset = f.mul(line.offset, line.scale);
        line.scale = FieldElement();
    }
    made.m_normalised = true;
    return made;
}

Fp2 MillerLines::timesLine(const Fp2 &value, const Line &line, const FieldElement &x, const FieldElement &y) const
{
    const auto &f = m_curve->field;
    return multiply(f, value, {f.add(f.mul(line.slope, x), line.offset), m_normalised ? y : f.mul(line.scale, y)});
}

Fp2 MillerLines::value(const FieldElement &x, const FieldElement &y) const
{
    const auto &f = m_curve->field;
    Fp2 value{f.one(), {}};
    auto line = m_lines.begin();
    for (std::size_t i = 1; i < m_curve->digits.size(); ++i) {
        value = timesLine(squared(f, value), *line++, x, y);
        if (m_curve->digits[i] != 0)
            value = timesLine(value, *line++, x, y);
    }
    assert(line == m_lines.end());
    return value;
}

} // namespace mikey
