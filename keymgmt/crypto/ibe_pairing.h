// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/ibe_group.h"

/// The pairing of RFC 5091 on the points of order q, e'(A, B), and powers of what it gives.
namespace mikey::ibe {

/// x^k where x is what a pairing of public points comes to, for k below the order and out of Montgomery form: the same
/// steps and memory for each k.
Fp2 power(const Group &group, const Fp2 &x, const FieldElement &k);
/// Canonical (RFC 5091 4.3.2): a || b.
Secret canonical(const Group &group, const Fp2 &x);

/// A point A of order q, to be paired with others. As secret as A is.
class Lines
{
public:
    Lines(std::shared_ptr<const Group> group, const AffinePoint &a);
    /// e'(A, B) of RFC 5091 4.5.2, for B of order q, which is no secret. It is symmetric.
    Fp2 pairing(const AffinePoint &b) const;
    /// e'(A, HashToPoint(id)), for an A that is no secret.
    Fp2 pairingWithHashed(ByteView id) const;

private:
    std::shared_ptr<const Group> m_group;
    MillerLines m_lines; ///< views m_group
};

} // namespace mikey::ibe
