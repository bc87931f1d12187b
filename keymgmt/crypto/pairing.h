// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/miller.h"
#include "crypto/sakke_curve.h"

/// The Tate-Lichtenbaum pairing <R, Q> of RFC 6508 3.2 on the points of order q of E.
namespace mikey::sakke {

/// What a + ib of PF_p[q] is represented by (RFC 6508 3.2): b/a. None of the element of order 2, which has none.
std::optional<FieldElement> representative(const Fp2 &x);

/// One point R, to be paired with others. As secret as R is.
class PairingLines
{
public:
    /// For pairing once.
    static PairingLines of(const AffinePoint &r);
    /// In the form that makes each pairing cheapest, for more products now.
    static PairingLines normalised(const AffinePoint &r);

    /// <R, Q> = <Q, R>; none if it has no representative, which a point of another order may bring about.
    std::optional<FieldElement> pairing(const AffinePoint &q) const;

private:
    explicit PairingLines(MillerLines lines) : m_lines(std::move(lines)) {}

    MillerLines m_lines;
};

} // namespace mikey::sakke
