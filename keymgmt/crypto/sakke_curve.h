// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prime_field.h"

#include <vector>

/// E: y^2 = x^3 - 3x over F_p with the constants of parameter set 1 (RFC 6508 2.1, RFC 6509 Appendix A).
namespace mikey::sakke {

/// p, of 1024 bits and 3 modulo 4; q, of 1022 bits, the order of the points; p + 1 = 4q.
const PrimeField &field();
const PrimeField &order();

inline constexpr std::size_t coordinateOctets = 128;
inline constexpr std::size_t pointOctets = 1 + 2 * coordinateOctets;

/// In projective coordinates: x = X/Z, y = Y/Z; infinity is (0 : 1 : 0).
struct Point
{
    FieldElement x, y, z;

    static Point infinity();
};

struct AffinePoint
{
    FieldElement x, y;
};

/// The generator P.
const AffinePoint &generator();

Point projective(const AffinePoint &point);
/// Not of infinity, for which it gives (0, 0).
AffinePoint affine(const Point &point);

/// The formulas of Renes, Costello and Batina hold for every two points of odd order, also for a point and itself or
/// infinity: no case has to be told from another, so nothing is to be seen of which it was.
Point add(const Point &a, const Point &b);
Point add(const Point &a, const AffinePoint &b);
Point doubled(const Point &a);

/// 04 || x || y of a point on E. It may still have another order than q; see hasOrderQ().
std::optional<AffinePoint> decodePoint(ByteView octets);
Secret encodePoint(const AffinePoint &point);
/// Takes the same steps for each point.
bool hasOrderQ(const AffinePoint &point);

/// Multiples of a point that does not change, by a comb of eight teeth. Takes its time to be made.
class Comb
{
public:
    static constexpr std::size_t teeth = 8, columns = 128; ///< 1024 bits
    explicit Comb(const AffinePoint &point);

    /// [k]P + [l]Q for the combs of P and Q, and [k]P where `second` is null. The scalars are out of Montgomery form.
    static Point multiply(const Comb &first, const FieldElement &k, const Comb *second, const FieldElement &l);
    /// acc + [d]P, where d is the column's digit of k.
    Point addColumn(const Point &sum, const FieldElement &k, std::size_t column) const;

private:
    std::vector<AffinePoint> m_table; ///< 256, the first unused
};

/// The digit of a comb: bits column, column + 128, ... of k.
std::size_t combDigit(const FieldElement &k, std::size_t column);

/// The comb of the generator.
const Comb &generatorComb();

} // namespace mikey::sakke
