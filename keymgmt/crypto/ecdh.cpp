// SPDX-License-Identifier: Apache-2.0
#include "crypto/ecdh.h"

#include "crypto/require.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <algorithm>

namespace mikey {

namespace {

constexpr EcCurve curves[] = {
    {p256Curve, "P-256", 32, NID_X9_62_prime256v1},
    {p384Curve, "P-384", 48, NID_secp384r1},
    {p521Curve, "P-521", 66, NID_secp521r1},
};

using Group = std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)>;
using Point = std::unique_ptr<EC_POINT, decltype(&EC_POINT_clear_free)>;
using Number = std::unique_ptr<BIGNUM, decltype(&BN_clear_free)>;

Group groupOf(const EcCurve &curve)
{
    Group group(EC_GROUP_new_by_curve_name(curve.nid), EC_GROUP_free);
    require(group != nullptr, "EC_GROUP_new_by_curve_name");
    return group;
}

Point newPoint(const Group &group)
{
    Point point(EC_POINT_new(group.get()), EC_POINT_clear_free);
    require(point != nullptr, "EC_POINT_new");
    return point;
}

/// A number of 1 to n - 1; null for another.
Number scalarOf(const Group &group, ByteView octets)
{
    Number number(BN_secure_new(), BN_clear_free);
    require(number && BN_bin2bn(octets.data(), static_cast<int>(octets.size()), number.get()), "BN_bin2bn");
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0)
        number.reset();
    return number;
}

Secret octetsOf(const Group &group, const Point &point, const EcCurve &curve)
{
    Secret octets(1 + 2 * curve.octets);
    const auto written = EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                            octets.writable().data(), octets.size(), nullptr);
    require(written == octets.size(), "EC_POINT_point2oct");
    return octets;
}

} // namespace

const EcCurve *ecCurve(std::uint8_t number)
{
    const auto it = std::find_if(std::begin(curves), std::end(curves),
                                 [number](const EcCurve &curve) { return curve.number == number; });
    return it == std::end(curves) ? nullptr : it;
}

EcdhKey EcdhKey::make(const EcCurve &curve, Random &random)
{
    for (;;) { // n of P-521 has 521 bits of 528
        auto scalar = random.secret(curve.octets);
        if (curve.nid == NID_secp521r1)
            scalar.writable()[0] &= 1;
        if (auto key = of(curve, scalar))
            return std::move(*key);
    }
}

std::optional<EcdhKey> EcdhKey::of(const EcCurve &curve, const Secret &scalar)
{
    const auto group = groupOf(curve);
    const auto number = scalar.size() == curve.octets ? scalarOf(group, scalar.view()) : Number(nullptr, BN_clear_free);
    if (!number)
        return std::nullopt;
    const auto point = newPoint(group);
    require(EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr), "EC_POINT_mul");
    const auto octets = octetsOf(group, point, curve);
    EcdhKey key(curve, scalar.clone());
    const auto x = octets.view().subspan(1, curve.octets), y = octets.view().subspan(1 + curve.octets);
    key.m_x.assign(x.begin(), x.end());
    key.m_y.assign(y.begin(), y.end());
    return key;
}

std::optional<Secret> EcdhKey::agree(ByteView x, ByteView y) const
{
    if (x.size() != m_curve->octets || y.size() != m_curve->octets)
        return std::nullopt;
    const auto group = groupOf(*m_curve);
    Bytes octets{4};
    append(octets, x);
    append(octets, y);
    const auto theirs = newPoint(group), shared = newPoint(group);
    // The curves have a prime order, so what is on them and not infinity has the right one.
    ERR_set_mark();
    const bool onCurve = EC_POINT_oct2point(group.get(), theirs.get(), octets.data(), octets.size(), nullptr) == 1;
    ERR_pop_to_mark(); // that theirs is none is no error of ours
    if (!onCurve)
        return std::nullopt;
    const auto number = scalarOf(group, m_scalar.view());
    require(EC_POINT_mul(group.get(), shared.get(), nullptr, theirs.get(), number.get(), nullptr), "EC_POINT_mul");
    return octetsOf(group, shared, *m_curve);
}

} // namespace mikey
