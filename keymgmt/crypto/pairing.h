// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/sakke_curve.h"

/// The Tate-Lichtenbaum pairing <R, Q> of RFC 6508 3.2 on the points of order q of E.
namespace mikey::sakke {

/// a + ib with i^2 = -1.
struct QuadraticElement
{
    FieldElement a, b;
};

/// An element of PF_p[q], as RFC 6508 3.2 represents it: b/a for a + ib. Also a power of one.
QuadraticElement multiply(const QuadraticElement &x, const QuadraticElement &y);
QuadraticElement squared(const QuadraticElement &x);
/// The representative; none of the element of order 2, which has none.
std::optional<FieldElement> representative(const QuadraticElement &x);

/// The lines of Miller's algorithm for one point R, which the pairing of R with any other point runs through: so they
/// can be kept. They tell R, and are as secret as it is.
class MillerLines
{
public:
    /// The lines as they come: for pairing once.
    static MillerLines of(const AffinePoint &r);
    /// In the form that makes each pairing cheapest, for more products now.
    static MillerLines normalised(const AffinePoint &r);

    /// <R, Q> = <Q, R>; none if it has no representative, which a point of another order may bring about.
    std::optional<FieldElement> pairing(const AffinePoint &q) const;

private:
    /// Its value at [i]Q is slope Q_x + offset + i scale Q_y.
    struct Line
    {
        FieldElement slope, offset, scale;
    };
    struct Walk;

    QuadraticElement timesLine(const QuadraticElement &value, const Line &line, const AffinePoint &q) const;

    std::vector<Line> m_lines;
    bool m_normalised = false; ///< each scale is 1, and not kept
};

} // namespace mikey::sakke
