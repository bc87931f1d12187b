// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/miller.h"

#include <memory>
#include <string_view>
#include <vector>

/// The curves y^2 = x^3 + 1 of RFC 5091 ("type 1").
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
    Group(const Group &) = delete;
    Group &operator=(const Group &) = delete;

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
    bool isSame(const Point &a, const AffinePoint &b) const;
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
    /// The same before it is multiplied with the cofactor: a point of the curve of any order.
    AffinePoint hashToCurve(ByteView id) const;
    /// HashToRange (RFC 5091 4.1.1) for the order: below q, out of Montgomery form.
    FieldElement hashToOrder(ByteView text) const;

    /// (p + 1) / q, most significant octet first.
    const Bytes &cofactor() const { return m_cofactor; }
    /// (q + 1) / 2, which halves points of order q.
    const Bytes &half() const { return m_half; }
    /// ζ = -1/2 + iζ_b, of the distortion map (x, y) -> (ζx, y).
    const FieldElement &zetaB() const { return m_zetaB; }
    const FieldElement &oneHalf() const { return m_oneHalf; }
    const MillerCurve &curve() const { return m_curve; }

private:
    std::optional<FieldElement> coordinate(ByteView octets) const;
    Secret hashToRange(ByteView text) const;
    FieldElement powerPublic(const FieldElement &x, ByteView exponent) const;
    void makeTable();

    PrimeField m_field;
    PrimeField m_order;
    MillerCurve m_curve; ///< views m_field
    BfHash m_hash;
    std::size_t m_coordinateOctets;
    AffinePoint m_generator;
    Bytes m_cofactor;
    Bytes m_cubeRoot; ///< the exponent that takes cube roots, (2p - 1) / 3
    Bytes m_half;
    FieldElement m_zetaB;
    FieldElement m_oneHalf;
    std::vector<AffinePoint> m_table; ///< [d 16^w]P at 16 w + d; the first of each 16 unused
};

/// The sets of this program (decision of its profile, since RFC 6267 has none): "BF-3072", at the 128-bit level, and
/// "BF-2048", at 112 bits. Null for another name.
std::shared_ptr<const Group> group(std::string_view name);
/// The one of them that has these p and q, without zeros in front; null if none has.
std::shared_ptr<const Group> groupOf(ByteView p, ByteView q);

} // namespace mikey::ibe
