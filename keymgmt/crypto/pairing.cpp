// SPDX-License-Identifier: Apache-2.0
#include "crypto/pairing.h"

namespace mikey::sakke {

namespace {

const MillerCurve &curve()
{
    static const MillerCurve made(field(), order(), MillerCurve::A::MinusThree);
    return made;
}

} // namespace

std::optional<FieldElement> representative(const Fp2 &x)
{
    if (field().isZero(x.a))
        return std::nullopt;
    return field().mul(x.b, field().inverse(x.a));
}

PairingLines PairingLines::of(const AffinePoint &r)
{
    return PairingLines(MillerLines::of(curve(), r.x, r.y));
}

PairingLines PairingLines::normalised(const AffinePoint &r)
{
    return PairingLines(MillerLines::normalised(curve(), r.x, r.y));
}

/// f_R is taken at [i]Q = (-Q_x, iQ_y). Factors of F_p make no difference in PF_p.
std::optional<FieldElement> PairingLines::pairing(const AffinePoint &q) const
{
    const auto square = squared(field(), m_lines.value(q.x, q.y));
    return representative(squared(field(), square)); // c = (p + 1) / q = 4
}

} // namespace mikey::sakke
