// SPDX-License-Identifier: Apache-2.0
#include "crypto/pairing.h"

#include <cassert>

namespace mikey::sakke {

namespace {

/// q - 1 in non-adjacent form, the most significant digit (which is 1) first. It is public.
const std::vector<int> &digits()
{
    static const auto made = [] {
        std::vector<mp_limb_t> rest(order().modulus(), order().modulus() + order().limbs());
        rest[0] -= 1; // q is odd
        std::vector<int> naf;
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
            naf.insert(naf.begin(), digit);
            mpn_rshift(rest.data(), rest.data(), n, 1);
        }
        return naf;
    }();
    return made;
}

} // namespace

QuadraticElement multiply(const QuadraticElement &x, const QuadraticElement &y)
{
    const auto &f = field();
    const auto aa = f.mul(x.a, y.a), bb = f.mul(x.b, y.b);
    return {f.sub(aa, bb), f.sub(f.mul(f.add(x.a, x.b), f.add(y.a, y.b)), f.add(aa, bb))};
}

QuadraticElement squared(const QuadraticElement &x)
{
    const auto &f = field();
    return {f.mul(f.add(x.a, x.b), f.sub(x.a, x.b)), f.twice(f.mul(x.a, x.b))};
}

std::optional<FieldElement> representative(const QuadraticElement &x)
{
    if (field().isZero(x.a))
        return std::nullopt;
    return field().mul(x.b, field().inverse(x.a));
}

/// A multiple C of R on its way to [q - 1]R, in Jacobian coordinates: x = X/Z^2, y = Y/Z^3. Where the RFC divides, the
/// line is multiplied by the denominator instead: factors of F_p make no difference in PF_p.
struct MillerLines::Walk
{
    const AffinePoint &r;
    FieldElement x = r.x, y = r.y, z = field().one();

    /// The tangent at C; then C = [2]C.
    Line doubleIt()
    {
        const auto &f = field();
        const auto zz = f.sqr(z), yy = f.sqr(y);
        const auto xyy = f.mul(x, yy);
        const auto m = f.thrice(f.mul(f.sub(x, zz), f.add(x, zz)));
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
        const auto &f = field();
        const auto ry = sign < 0 ? f.negated(r.y) : r.y;
        const auto zz = f.sqr(z);
        const auto d = f.sub(x, f.mul(r.x, zz));
        const auto n = f.sub(y, f.mul(ry, f.mul(zz, z)));
        const auto dd = f.sqr(d);
        const auto ddd = f.mul(dd, d);
        const auto xdd = f.mul(x, dd);
        const auto x3 = f.add(f.sub(f.sqr(n), f.twice(xdd)), ddd);
        y = f.sub(f.mul(n, f.sub(xdd, x3)), f.mul(y, ddd));
        x = x3;
        z = f.mul(z, d);
        return {n, f.sub(f.mul(n, r.x), f.mul(ry, z)), z};
    }
};

MillerLines MillerLines::of(const AffinePoint &r)
{
    MillerLines made;
    made.m_lines.reserve(2 * digits().size());
    Walk walk{r};
    for (std::size_t i = 1; i < digits().size(); ++i) {
        made.m_lines.push_back(walk.doubleIt());
        if (digits()[i] != 0)
            made.m_lines.push_back(walk.addR(digits()[i]));
    }
    return made;
}

MillerLines MillerLines::normalised(const AffinePoint &r)
{
    auto made = of(r);
    std::vector<FieldElement *> scales;
    scales.reserve(made.m_lines.size());
    for (auto &line : made.m_lines)
        scales.push_back(&line.scale);
    field().invertAll(scales);
    for (auto &line : made.m_lines) {
        line.slope = field().mul(line.slope, line.scale);
        line.offset = field().mul(line.offset, line.scale);
        line.scale = FieldElement();
    }
    made.m_normalised = true;
    return made;
}

QuadraticElement MillerLines::timesLine(const QuadraticElement &value, const Line &line, const AffinePoint &q) const
{
    const auto &f = field();
    const QuadraticElement atQ{f.add(f.mul(line.slope, q.x), line.offset), m_normalised ? q.y : f.mul(line.scale, q.y)};
    return multiply(value, atQ);
}

std::optional<FieldElement> MillerLines::pairing(const AffinePoint &q) const
{
    QuadraticElement value{field().one(), {}};
    auto line = m_lines.begin();
    for (std::size_t i = 1; i < digits().size(); ++i) {
        value = timesLine(squared(value), *line++, q);
        if (digits()[i] != 0)
            value = timesLine(value, *line++, q);
    }
    assert(line == m_lines.end());
    return representative(squared(squared(value))); // c = (p + 1) / q = 4
}

} // namespace mikey::sakke
