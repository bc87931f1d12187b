// SPDX-License-Identifier: Apache-2.0
#include "crypto/ibe_group.h"

#include "crypto/require.h"
#include "crypto/windows.h"

#include <openssl/evp.h>

#include <algorithm>

namespace mikey::ibe {

namespace {

/// A public number of GMP's.
struct Number
{
    mpz_t value;

    Number() { mpz_init(value); }
    explicit Number(ByteView octets) : Number() { mpz_import(value, octets.size(), 1, 1, 1, 0, octets.data()); }
    Number(const Number &) = delete;
    Number &operator=(const Number &) = delete;
    ~Number() { mpz_clear(value); }

    Bytes octets() const
    {
        Bytes out((mpz_sizeinbase(value, 2) + 7) / 8);
        std::size_t written = 0;
        mpz_export(out.data(), &written, 1, 1, 1, 0, value);
        out.resize(written);
        return out;
    }
};

/// (a p + b) / c, without a rest.
Bytes fraction(ByteView p, unsigned long a, long b, ByteView c)
{
    Number number(p);
    const Number divisor(c);
    mpz_mul_ui(number.value, number.value, a);
    if (b < 0)
        mpz_sub_ui(number.value, number.value, static_cast<unsigned long>(-b));
    else
        mpz_add_ui(number.value, number.value, static_cast<unsigned long>(b));
    mpz_divexact(number.value, number.value, divisor.value);
    return number.octets();
}

std::size_t withoutZeros(ByteView publicNumber)
{
    const auto first = std::find_if(publicNumber.begin(), publicNumber.end(), [](auto octet) { return octet != 0; });
    return static_cast<std::size_t>(publicNumber.end() - first);
}

/// A public prime in whole limbs, with zeros in front.
Bytes wholeLimbs(const Bytes &prime)
{
    constexpr std::size_t octets = sizeof(mp_limb_t);
    Bytes out(octets - 1 - (prime.size() + octets - 1) % octets);
    append(out, prime);
    return out;
}

const EVP_MD *implementationOf(BfHash hash)
{
    return hash == BfHash::Sha1 ? EVP_sha1() : hash == BfHash::Sha224 ? EVP_sha224() : EVP_sha256();
}

} // namespace

std::size_t octetsOf(BfHash hash)
{
    return static_cast<std::size_t>(EVP_MD_get_size(implementationOf(hash)));
}

Secret digestOf(BfHash hash, std::initializer_list<ByteView> parts)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    Secret out(octetsOf(hash));
    require(EVP_DigestInit_ex(context.get(), implementationOf(hash), nullptr), "EVP_DigestInit");
    for (const auto part : parts)
        require(EVP_DigestUpdate(context.get(), part.data(), part.size()), "EVP_DigestUpdate");
    require(EVP_DigestFinal_ex(context.get(), out.writable().data(), nullptr), "EVP_DigestFinal");
    return out;
}

Group::Group(const GroupNumbers &numbers)
    : m_field(wholeLimbs(numbers.p)), m_order(wholeLimbs(numbers.q)), m_curve(m_field, m_order, MillerCurve::A::Zero),
      m_hash(numbers.hash),
      m_coordinateOctets(withoutZeros(numbers.p)), m_generator{m_field.reduced(numbers.x), m_field.reduced(numbers.y)}
{
    const Bytes two{2}, three{3}, four{4};
    m_cofactor = fraction(numbers.p, 1, 1, numbers.q);
    m_cubeRoot = fraction(numbers.p, 2, -1, three);
    m_half = fraction(numbers.q, 1, 1, two);
    m_oneHalf = m_field.reduced(fraction(numbers.p, 1, 1, two));
    // ζ = (p - 1) / 2 (1 + i 3^((p + 1) / 4)): RFC 5091 4.5.2 leaves out the factor in the second part, against its
    // own example in 7.3.
    const auto root = powerPublic(m_field.thrice(m_field.one()), fraction(numbers.p, 1, 1, four));
    m_zetaB = m_field.negated(m_field.mul(m_oneHalf, root));
    makeTable();
}

void Group::makeTable()
{
    auto base = projective(m_generator);
    const auto windows = windowsOf(m_order);
    std::vector<Point> points;
    for (std::size_t window = 0; window < windows; ++window) {
        points.push_back(base); // in the place of zero
        points.push_back(base);
        for (std::size_t digit = 2; digit < windowSize; ++digit)
            points.push_back(add(points.back(), base));
        base = add(points.back(), base);
    }
    std::vector<FieldElement *> depths;
    for (auto &point : points)
        depths.push_back(&point.z);
    m_field.invertAll(depths);
    for (const auto &point : points)
        m_table.push_back({m_field.mul(point.x, point.z), m_field.mul(point.y, point.z)});
}

Point Group::projective(const AffinePoint &point) const
{
    return {point.x, point.y, m_field.one()};
}

AffinePoint Group::affine(const Point &point) const
{
    const auto inverse = m_field.inverse(point.z);
    return {m_field.mul(point.x, inverse), m_field.mul(point.y, inverse)};
}

/// Renes, Costello, Batina 2016, algorithm 7 with b = 1.
Point Group::add(const Point &a, const Point &b) const
{
    const auto &f = m_field;
    const auto xx = f.mul(a.x, b.x), yy = f.mul(a.y, b.y), zz = f.mul(a.z, b.z);
    const auto xy = f.sub(f.mul(f.add(a.x, a.y), f.add(b.x, b.y)), f.add(xx, yy));
    const auto yz = f.sub(f.mul(f.add(a.y, a.z), f.add(b.y, b.z)), f.add(yy, zz));
    const auto xz3 = f.thrice(f.sub(f.mul(f.add(a.x, a.z), f.add(b.x, b.z)), f.add(xx, zz)));
    const auto xx3 = f.thrice(xx), zz3 = f.thrice(zz);
    const auto plus = f.add(yy, zz3), minus = f.sub(yy, zz3);
    return {f.sub(f.mul(xy, minus), f.mul(yz, xz3)), f.add(f.mul(minus, plus), f.mul(xz3, xx3)),
            f.add(f.mul(plus, yz), f.mul(xx3, xy))};
}

/// Algorithm 9.
Point Group::doubled(const Point &a) const
{
    const auto &f = m_field;
    const auto yy = f.sqr(a.y), yy8 = f.twice(f.twice(f.twice(yy)));
    const auto zz3 = f.thrice(f.sqr(a.z));
    const auto rest = f.sub(yy, f.thrice(zz3));
    return {f.twice(f.mul(rest, f.mul(a.x, a.y))), f.add(f.mul(zz3, yy8), f.mul(rest, f.add(yy, zz3))),
            f.mul(f.mul(a.y, a.z), yy8)};
}

bool Group::isInfinity(const Point &a) const
{
    return m_field.isZero(a.x) && m_field.isZero(a.z) && !m_field.isZero(a.y);
}

bool Group::isSame(const Point &a, const AffinePoint &b) const
{
    return !m_field.isZero(a.z) && m_field.equal(a.x, m_field.mul(b.x, a.z)) &&
           m_field.equal(a.y, m_field.mul(b.y, a.z));
}

Point Group::multiply(const AffinePoint &point, const FieldElement &k) const
{
    std::vector<Point> multiples{{{}, m_field.one(), {}}, projective(point)};
    for (std::size_t digit = 2; digit < windowSize; ++digit)
        multiples.push_back(add(multiples.back(), multiples[1]));
    Point sum = multiples.front();
    for (auto window = windowsOf(m_order); window-- > 0;) {
        for (std::size_t bit = 0; bit < windowBits; ++bit)
            sum = doubled(sum);
        Point addend = multiples.front();
        const auto digit = windowOf(k, window);
        for (std::size_t i = 1; i < windowSize; ++i) {
            const auto take = isEqual(i, digit);
            m_field.assignIf(take, addend.x, multiples[i].x);
            m_field.assignIf(take, addend.y, multiples[i].y);
            m_field.assignIf(take, addend.z, multiples[i].z);
        }
        sum = add(sum, addend);
    }
    return sum;
}

Point Group::multiplyGenerator(const FieldElement &k) const
{
    Point sum{{}, m_field.one(), {}};
    for (std::size_t window = 0; windowSize * window < m_table.size(); ++window) {
        Point addend{{}, m_field.one(), {}};
        const auto digit = windowOf(k, window);
        for (std::size_t i = 1; i < windowSize; ++i) {
            const auto take = isEqual(i, digit);
            const auto &entry = m_table[windowSize * window + i];
            m_field.assignIf(take, addend.x, entry.x);
            m_field.assignIf(take, addend.y, entry.y);
            m_field.assignIf(take, addend.z, m_field.one());
        }
        sum = add(sum, addend);
    }
    return sum;
}

Point Group::multiplyPublic(const AffinePoint &point, ByteView n) const
{
    std::vector<Point> multiples{{{}, m_field.one(), {}}, projective(point)};
    for (std::size_t digit = 2; digit < windowSize; ++digit)
        multiples.push_back(add(multiples.back(), multiples[1]));
    Point sum = multiples.front();
    forWindows(n, [&](std::size_t digit) {
        for (std::size_t bit = 0; bit < windowBits; ++bit)
            sum = doubled(sum);
        if (digit > 0)
            sum = add(sum, multiples[digit]);
    });
    return sum;
}

/// Takes the same steps for all octets, as many as there are.
std::optional<FieldElement> Group::coordinate(ByteView octets) const
{
    const auto kept = std::min(octets.size(), m_coordinateOctets);
    std::uint8_t front = 0;
    for (const auto octet : octets.first(octets.size() - kept))
        front |= octet;
    Secret whole(m_field.octets());
    std::copy_n(octets.last(kept).begin(), kept, whole.writable().last(kept).begin());
    return front == 0 ? m_field.fromOctets(whole.view()) : std::nullopt;
}

std::optional<AffinePoint> Group::point(ByteView x, ByteView y) const
{
    const auto px = coordinate(x), py = coordinate(y);
    if (!px || !py)
        return std::nullopt;
    const auto right = m_field.add(m_field.mul(m_field.sqr(*px), *px), m_field.one());
    return m_field.equal(m_field.sqr(*py), right) ? std::optional(AffinePoint{*px, *py}) : std::nullopt;
}

/// One bit after the other: the sum differs from the point by one of order 2 in no step that the formulas would not
/// show as (0 : 0 : 0), which is not taken for infinity.
bool Group::hasOrderQ(const AffinePoint &point) const
{
    const auto one = projective(point);
    auto sum = one;
    const auto *q = m_order.modulus();
    auto bit = m_order.limbs() * limbBits;
    const auto isSet = [q](std::size_t i) { return (q[i / limbBits] >> (i % limbBits)) & 1; };
    while (!isSet(--bit)) {
    }
    while (bit-- > 0) {
        sum = doubled(sum);
        if (isSet(bit))
            sum = add(sum, one);
    }
    return isInfinity(sum);
}

Secret Group::hashToRange(ByteView text) const
{
    const Bytes zeros(octetsOf(m_hash));
    const auto first = digestOf(m_hash, {zeros, text}), second = digestOf(m_hash, {first.view(), text});
    Secret number(first.size() + second.size());
    std::copy(first.view().begin(), first.view().end(), number.writable().begin());
    std::copy(second.view().begin(), second.view().end(), number.writable().subspan(first.size()).begin());
    return number;
}

FieldElement Group::hashToOrder(ByteView text) const
{
    return m_order.plain(m_order.reduced(hashToRange(text).view()));
}

AffinePoint Group::hashToCurve(ByteView id) const
{
    const auto y = m_field.reduced(hashToRange(id).view());
    return {powerPublic(m_field.sub(m_field.sqr(y), m_field.one()), m_cubeRoot), y};
}

AffinePoint Group::hashToPoint(ByteView id) const
{
    return affine(multiplyPublic(hashToCurve(id), m_cofactor));
}

FieldElement Group::powerPublic(const FieldElement &x, ByteView exponent) const
{
    std::vector<FieldElement> powers{m_field.one(), x};
    for (std::size_t i = 2; i < windowSize; ++i)
        powers.push_back(m_field.mul(powers.back(), x));
    auto result = m_field.one();
    forWindows(exponent, [&](std::size_t digit) {
        for (std::size_t bit = 0; bit < windowBits; ++bit)
            result = m_field.sqr(result);
        if (digit > 0)
            result = m_field.mul(result, powers[digit]);
    });
    return result;
}

} // namespace mikey::ibe
