// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/random.h"

#include <memory>
#include <optional>

struct ec_group_st; // EC_GROUP of OpenSSL
struct ec_point_st; // EC_POINT

/// Diffie-Hellman on the elliptic curves of IBAKE (RFC 6267 5.1 and 6.1.4).
namespace mikey {

/// A curve with its number in the ECC Curve registry.
struct EcCurve
{
    std::uint8_t number;
    std::string_view name;
    std::size_t octets; ///< of a coordinate
    int nid;            ///< of OpenSSL
};

inline constexpr std::uint8_t p256Curve = 8, p384Curve = 11, p521Curve = 14;

/// Those that are strong enough; null for any other number.
const EcCurve *ecCurve(std::uint8_t number);

/// A key pair that serves one exchange.
class EcdhKey
{
public:
    /// A private number of 1 to n - 1.
    static EcdhKey make(const EcCurve &curve, Random &random);
    /// None if it is no such number.
    static std::optional<EcdhKey> of(const EcCurve &curve, const Secret &scalar);

    const EcCurve &curve() const { return *m_curve; }
    const Secret &scalar() const { return m_scalar; } ///< as many octets as a coordinate
    const Bytes &x() const { return m_x; }
    const Bytes &y() const { return m_y; }
    /// The whole point 04 || X || Y that both come to, with the peer's point; none if that is no point of the curve.
    std::optional<Secret> agree(ByteView x, ByteView y) const;

private:
    EcdhKey(const EcCurve &curve, Secret scalar) : m_curve(&curve), m_scalar(std::move(scalar)) {}

    const EcCurve *m_curve;
    Secret m_scalar;
    Bytes m_x, m_y;
};

} // namespace mikey
