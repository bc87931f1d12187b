// SPDX-License-Identifier: Apache-2.0
#include "crypto/sakke_curve.h"

#include "wire/text.h"

#include <algorithm>

namespace mikey::sakke {

namespace {

// RFC 6509 Appendix A.
constexpr auto primeHex = "997abb1f0a563fda65c61198dad0657a416c0ce19cb48261be9ae358b3e01a2e"
                          "f40aab27e2fc0f1b228730d531a59cb0e791b39ff7c88a19356d27f4a666a6d0"
                          "e26c6487326b4cd4512ac5cd65681ce1b6aff4a831852a82a7cf3c521c3c09aa"
                          "9f94d6af56971f1ffce3e82389857db080c5df10ac7ace87666d807afea85feb";
constexpr auto orderHex = "265eaec7c2958ff69971846636b4195e905b0338672d20986fa6b8d62cf8068b"
                          "bd02aac9f8bf03c6c8a1cc354c69672c39e46ce7fdf222864d5b49fd2999a9b4"
                          "389b1921cc9ad335144ab173595a07386dabfd2a0c614aa0a9f3cf14870f026a"
                          "a7e535abd5a5c7c7ff38fa08e2615f6c203177c42b1eb3a1d99b601ebfaa17fb";
constexpr auto generatorXHex = "53fc09ee332c29ad0a7990053ed9b52a2b1a2fd60aec69c698b2f204b6ff7cbf"
                               "b5edb6c0f6ce2308ab10db9030b09e1043d5f22cdb9dfa55718bd9e7406ce890"
                               "9760af765dd5bccb337c86548b72f2e1a702c3397a60de74a7c1514dba66910d"
                               "d5cfb4cc80728d87ee9163a5b63f73ec80ec46c4967e0979880dc8abeae63895";
constexpr auto generatorYHex = "0a8249063f6009f1f9f1f0533634a135d3e82016029906963d778d821e141178"
                               "f5ea69f4654ec2b9e7f7f5e5f0de55f66b598ccf9a140b2e416cff0ca9e032b9"
                               "70dae117ad547c6ccad696b5b7652fe0ac6f1e80164aa989492d979fc5a4d5f2"
                               "13515ad7e9cb99a980bdad5ad5bb4636adb9b5706a67dcde75573fd71bef16d7";

constexpr std::uint8_t uncompressed = 4;

FieldElement elementOf(const char *octetsInHex)
{
    return *field().fromOctets(*fromHex(octetsInHex));
}

bool isOnCurve(const AffinePoint &point)
{
    const auto &f = field();
    const auto right = f.mul(f.sub(f.sqr(point.x), f.thrice(f.one())), point.x);
    return f.equal(f.sqr(point.y), right);
}

/// The six products that end each of the formulas (Renes, Costello, Batina 2016, algorithms 4 to 6 with a = -3, b = 0),
/// from the sums of products of coordinates that it names.
struct Sums
{
    FieldElement xx, yy, zz, xy, yz, xz;
};

Point combine(const Sums &s)
{
    const auto &f = field();
    const auto xz3 = f.thrice(s.xz), zz3 = f.thrice(s.zz);
    const auto minus = f.sub(s.yy, xz3), plus = f.add(s.yy, xz3);
    const auto negative = f.thrice(f.negated(f.add(zz3, s.xx)));
    const auto slope = f.sub(f.thrice(s.xx), zz3);
    Point sum;
    sum.x = f.sub(f.mul(s.xy, plus), f.mul(s.yz, negative));
    sum.y = f.add(f.mul(plus, minus), f.mul(slope, negative));
    sum.z = f.add(f.mul(s.yz, minus), f.mul(s.xy, slope));
    return sum;
}

/// ab' + a'b, where the products of a with a' and b with b' are known.
FieldElement crossed(const FieldElement &a, const FieldElement &b, const FieldElement &a2, const FieldElement &b2,
                     const FieldElement &aa, const FieldElement &bb)
{
    const auto &f = field();
    return f.sub(f.mul(f.add(a, b), f.add(a2, b2)), f.add(aa, bb));
}

} // namespace

const PrimeField &field()
{
    static const PrimeField made(*fromHex(primeHex));
    return made;
}

const PrimeField &order()
{
    static const PrimeField made(*fromHex(orderHex));
    return made;
}

const AffinePoint &generator()
{
    static const AffinePoint made{elementOf(generatorXHex), elementOf(generatorYHex)};
    return made;
}

Point Point::infinity()
{
    return {{}, field().one(), {}};
}

Point projective(const AffinePoint &point)
{
    return {point.x, point.y, field().one()};
}

AffinePoint affine(const Point &point)
{
    const auto &f = field();
    const auto inverse = f.inverse(point.z);
    return {f.mul(point.x, inverse), f.mul(point.y, inverse)};
}

Point add(const Point &a, const Point &b)
{
    const auto &f = field();
    Sums s;
    s.xx = f.mul(a.x, b.x);
    s.yy = f.mul(a.y, b.y);
    s.zz = f.mul(a.z, b.z);
    s.xy = crossed(a.x, a.y, b.x, b.y, s.xx, s.yy);
    s.yz = crossed(a.y, a.z, b.y, b.z, s.yy, s.zz);
    s.xz = crossed(a.x, a.z, b.x, b.z, s.xx, s.zz);
    return combine(s);
}

Point add(const Point &a, const AffinePoint &b)
{
    const auto &f = field();
    Sums s;
    s.xx = f.mul(a.x, b.x);
    s.yy = f.mul(a.y, b.y);
    s.zz = a.z;
    s.xy = crossed(a.x, a.y, b.x, b.y, s.xx, s.yy);
    s.yz = f.add(f.mul(b.y, a.z), a.y);
    s.xz = f.add(f.mul(b.x, a.z), a.x);
    return combine(s);
}

Point doubled(const Point &a)
{
    const auto &f = field();
    Sums s;
    s.xx = f.sqr(a.x);
    s.yy = f.sqr(a.y);
    s.zz = f.sqr(a.z);
    s.xy = f.twice(f.mul(a.x, a.y));
    s.yz = f.twice(f.mul(a.y, a.z));
    s.xz = f.twice(f.mul(a.x, a.z));
    return combine(s);
}

std::optional<AffinePoint> decodePoint(ByteView octets)
{
    if (octets.size() != pointOctets || octets.front() != uncompressed)
        return std::nullopt;
    const auto x = field().fromOctets(octets.subspan(1, coordinateOctets));
    const auto y = field().fromOctets(octets.last(coordinateOctets));
    if (!x || !y || !isOnCurve({*x, *y}))
        return std::nullopt;
    return AffinePoint{*x, *y};
}

Secret encodePoint(const AffinePoint &point)
{
    Secret octets(pointOctets);
    const auto to = octets.writable();
    to[0] = uncompressed;
    const auto x = field().toOctets(point.x), y = field().toOctets(point.y);
    std::copy_n(x.view().begin(), coordinateOctets, to.begin() + 1);
    std::copy_n(y.view().begin(), coordinateOctets, to.begin() + 1 + coordinateOctets);
    return octets;
}

bool hasOrderQ(const AffinePoint &point)
{
    auto sum = Point::infinity();
    const auto *q = order().modulus();
    for (std::size_t bit = 64 * order().limbs(); bit-- > 0;) {
        sum = doubled(sum);
        if (q[bit / 64] >> (bit % 64) & 1)
            sum = add(sum, point);
    }
    // A point that the formulas do not hold for ends as (0 : 0 : 0), which is not infinity.
    return field().isZero(sum.z) && !field().isZero(sum.y);
}

Comb::Comb(const AffinePoint &point) : m_table(std::size_t{1} << teeth)
{
    std::vector<Point> multiples(m_table.size());
    auto power = projective(point);
    for (std::size_t tooth = 0; tooth < teeth; ++tooth) {
        const std::size_t first = std::size_t{1} << tooth;
        multiples[first] = power;
        for (std::size_t i = 1; i < first; ++i)
            multiples[first + i] = add(multiples[i], power);
        for (std::size_t i = 0; i < columns && tooth + 1 < teeth; ++i)
            power = doubled(power);
    }
    std::vector<FieldElement *> denominators;
    for (std::size_t i = 1; i < multiples.size(); ++i)
        denominators.push_back(&multiples[i].z);
    field().invertAll(denominators);
    for (std::size_t i = 1; i < multiples.size(); ++i)
        m_table[i] = {field().mul(multiples[i].x, multiples[i].z), field().mul(multiples[i].y, multiples[i].z)};
}

std::size_t combDigit(const FieldElement &k, std::size_t column)
{
    std::size_t digit = 0;
    for (std::size_t tooth = 0; tooth < Comb::teeth; ++tooth) {
        const auto bit = column + tooth * Comb::columns;
        digit |= static_cast<std::size_t>(k.limbs[bit / 64] >> (bit % 64) & 1) << tooth;
    }
    return digit;
}

Point Comb::addColumn(const Point &sum, const FieldElement &k, std::size_t column) const
{
    const auto &f = field();
    const auto digit = combDigit(k, column);
    AffinePoint chosen;
    for (std::size_t i = 1; i < m_table.size(); ++i) { // all of them are read, so that none is seen to be
        const auto is = isEqual(i, digit);
        f.assignIf(is, chosen.x, m_table[i].x);
        f.assignIf(is, chosen.y, m_table[i].y);
    }
    auto next = add(sum, chosen);
    const auto none = isEqual(digit, 0); // then what was computed is of no point, and is dropped
    f.assignIf(none, next.x, sum.x);
    f.assignIf(none, next.y, sum.y);
    f.assignIf(none, next.z, sum.z);
    return next;
}

Point Comb::multiply(const Comb &first, const FieldElement &k, const Comb *second, const FieldElement &l)
{
    auto sum = Point::infinity();
    for (std::size_t column = columns; column-- > 0;) {
        sum = doubled(sum);
        sum = first.addColumn(sum, k, column);
        if (second)
            sum = second->addColumn(sum, l, column);
    }
    return sum;
}

const Comb &generatorComb()
{
    static const Comb made(generator());
    return made;
}

} // namespace mikey::sakke
