// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prime_field.h"

#include <memory>
#include <string_view>
#include <vector>

/// The curves y^2 = x^3 + 1 of RFC 5091 ("type 1"), and the pairing on them.
namespace mikey::ibe {

/// A point of the curve other than infinity.
struct AffinePoint
{
    FieldElement x, y;
};

/// In projective coordinates: x = X/Z, y = Y/Z; infinity is (0 : 1 : 0).
struct Point
{
    FieldElement x, y, z;
};

/// a + ib with i^2 = -1, of F_p^2.
struct Fp2
{
    FieldElement a, b;
};

/// The hash functions of RFC 5091 that the sets here use.
enum class BfHash { Sha1, Sha224, Sha256 };
std::size_t octetsOf(BfHash hash);
Secret digestOf(BfHash hash, std::initializer_list<ByteView> parts);

/// What makes a set of parameters (RFC 5091 5.1.2), each most significant octet first.
struct GroupNumbers
{
    Bytes p; ///< 11 modulo 12
    Bytes q; ///< a Solinas prime that divides p + 1
    Bytes x; ///< of the generator P
    Bytes y;
    BfHash hash;
};

/// A group of order q on the curve, with what is computed once for it.
class Group
{
public:
    explicit Group(const GroupNumbers &numbers);

    const PrimeField &field() const { return m_field; }
    const PrimeField &order() const { return m_order; }
    BfHash hash() const { return m_hash; }
    const AffinePoint &generator() const { return m_generator; }
    std::size_t coordinateOctets() const { return m_coordinateOctets; }

    Point projective(const AffinePoint &point) const;
    AffinePoint affine(const Point &point) const; ///< not of infinity, for which it gives (0, 0)
    /// The formulas of Renes, Costello and Batina for curves with a = 0: they hold for every two points of order q.
    Point add(const Point &a, const Point &b) const;
    Point doubled(const Point &a) const;
    bool isInfinity(const Point &a) const;
    /// [k]A, k below q and out of Montgomery form: the same steps and memory for each.
    Point multiply(const AffinePoint &point, const FieldElement &k) const;
    /// [k]P of the generator, in less time.
    Point multiplyGenerator(const FieldElement &k) const;
    /// [n]A, n public and of any size, most significant octet first.
    Point multiplyPublic(const AffinePoint &point, ByteView n) const;

    /// None unless the coordinates are those of a point on the curve; it may have another order than q.
    std::optional<AffinePoint> point(ByteView x, ByteView y) const;
    bool hasOrderQ(const AffinePoint &point) const;

    /// HashToPoint (RFC 5091 4.4.2).
    AffinePoint hashToPoint(ByteView id) const;
    /// HashToRange (RFC 5091 4.1.1) for the order: below q, out of Montgomery form.
    FieldElement hashToOrder(ByteView text) const;

    Fp2 multiply(const Fp2 &x, const Fp2 &y) const;
    Fp2 squared(const Fp2 &x) const;
    /// x^k for the k of multiply(): the same steps for each.
    Fp2 power(const Fp2 &x, const FieldElement &k) const;
    /// x^n where x has the norm 1, as what a pairing comes to; n public, most significant octet first.
    Fp2 unitaryPower(const Fp2 &x, ByteView n) const;
    /// Canonical (RFC 5091 4.3.2): a || b.
    Secret canonical(const Fp2 &x) const;

    /// (p + 1) / q, most significant octet first.
    const Bytes &cofactor() const { return m_cofactor; }
    /// ζ of the distortion map (x, y) -> (ζx, y).
    const Fp2 &zeta() const { return m_zeta; }

private:
    Secret hashToRange(ByteView text) const;
    FieldElement powerPublic(const FieldElement &x, ByteView exponent) const;
    void makeTable();

    PrimeField m_field;
    PrimeField m_order;
    BfHash m_hash;
    std::size_t m_coordinateOctets;
    AffinePoint m_generator;
    Bytes m_cofactor;
    Bytes m_cubeRoot; ///< the exponent that takes cube roots, (2p - 1) / 3
    Fp2 m_zeta;
    std::vector<AffinePoint> m_table; ///< [d 16^w]P at 16 w + d; the first of each 16 unused
};

/// The sets of this program (decision of its profile, since RFC 6267 has none): "BF-3072", at the 128-bit level, and
/// "BF-2048", at 112 bits. Null for another name.
std::shared_ptr<const Group> group(std::string_view name);
/// The one of them that has these p and q; null if none has.
std::shared_ptr<const Group> groupOf(ByteView p, ByteView q);

/// Miller's algorithm for one point A of order q, which the pairing with any other point runs through: so they can be
/// kept. They tell A, and are as secret as it is.
class Lines
{
public:
    Lines(std::shared_ptr<const Group> group, const AffinePoint &a);
    /// e'(A, B) of RFC 5091 4.5.2, for B of order q. It is symmetric.
    Fp2 pairing(const AffinePoint &b) const;

private:
    /// What a step multiplies the value with, but for factors of F_p, which the final power takes away. At (ζx, y) the
    /// line is slope ζx + offset - scale y, and the vertical line through the sum verticalScale ζx - sumX.
    struct Line
    {
        FieldElement slope, offset, scale, verticalScale, sumX;
    };
    struct Walk;

    std::shared_ptr<const Group> m_group;
    AffinePoint m_a;
    std::vector<Line> m_lines;
};

} // namespace mikey::ibe
