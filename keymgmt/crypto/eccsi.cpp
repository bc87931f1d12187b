// SPDX-License-Identifier: Apache-2.0
#include "crypto/eccsi.h"

#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/prime_field.h"
#include "crypto/require.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

namespace mikey::eccsi {

namespace {

using Group = Owned<EC_GROUP, EC_GROUP_free>;
using CurvePoint = Owned<EC_POINT, EC_POINT_clear_free>;

constexpr auto uncompressed = POINT_CONVERSION_UNCOMPRESSED;

const EC_GROUP *curve()
{
    static const Group made(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    require(made != nullptr, "EC_GROUP_new_by_curve_name");
    return made.get();
}

/// Integers modulo the order of G. OpenSSL's own arithmetic promises constant time for multiples of points only.
const PrimeField &order()
{
    static const auto made = [] {
        Bytes octets(scalarOctets);
        BN_bn2binpad(EC_GROUP_get0_order(curve()), octets.data(), static_cast<int>(octets.size()));
        return PrimeField(octets);
    }();
    return made;
}

CurvePoint newPoint()
{
    CurvePoint point(EC_POINT_new(curve()));
    require(point != nullptr, "EC_POINT_new");
    return point;
}

/// A point on the curve other than infinity, or null.
CurvePoint decode(ByteView octets)
{
    const ForgetErrors forget;
    auto point = newPoint();
    if (octets.size() != pointOctets || octets.front() != uncompressed ||
        EC_POINT_oct2point(curve(), point.get(), octets.data(), octets.size(), nullptr) != 1)
        return nullptr;
    return point;
}

Bytes encode(const CurvePoint &point)
{
    Bytes octets(pointOctets);
    const auto size = EC_POINT_point2oct(curve(), point.get(), uncompressed, octets.data(), octets.size(), nullptr);
    return size == pointOctets ? octets : Bytes(); // infinity has no coordinates
}

SecretNumber bignum(const FieldElement &scalar)
{
    const auto octets = order().toOctets(scalar);
    SecretNumber number(BN_bin2bn(octets.view().data(), static_cast<int>(octets.size()), nullptr));
    require(number != nullptr, "BN_bin2bn");
    BN_set_flags(number.get(), BN_FLG_CONSTTIME);
    return number;
}

/// [g]G + [k]point; without a point [g]G, which OpenSSL computes in constant time.
CurvePoint multiple(const FieldElement &g, const CurvePoint &point = nullptr, const FieldElement &k = {})
{
    auto result = newPoint();
    const auto ofG = bignum(g), ofPoint = bignum(k);
    require(EC_POINT_mul(curve(), result.get(), ofG.get(), point.get(), point ? ofPoint.get() : nullptr, nullptr),
            "EC_POINT_mul");
    return result;
}

CurvePoint sum(const CurvePoint &a, const CurvePoint &b)
{
    auto result = newPoint();
    require(EC_POINT_add(curve(), result.get(), a.get(), b.get(), nullptr), "EC_POINT_add");
    return result;
}

/// In 1 to q - 1, or none.
std::optional<FieldElement> nonZero(ByteView octets)
{
    auto scalar = order().fromOctets(octets);
    return scalar && !order().isZero(*scalar) ? scalar : std::nullopt;
}

FieldElement drawn(Random &random)
{
    for (;;) {
        if (auto scalar = nonZero(random.secret(scalarOctets).view()))
            return *scalar;
    }
}

Bytes hashOf(std::initializer_list<ByteView> parts)
{
    Bytes all;
    for (const auto part : parts)
        append(all, part);
    const auto hash = sha256(all);
    return {hash.begin(), hash.end()};
}

/// HS = hash( G || KPAK || ID || PVT ).
Bytes hashOfSigner(ByteView kpak, ByteView identifier, ByteView pvt)
{
    static const auto generator = encode(multiple(order().one()));
    return hashOf({generator, kpak, identifier, pvt});
}

} // namespace

Secret makeMaster(Random &random)
{
    return order().toOctets(drawn(random));
}

std::optional<Bytes> publicKey(const Secret &ksak)
{
    const auto scalar = nonZero(ksak.view());
    return scalar ? std::optional(encode(multiple(*scalar))) : std::nullopt;
}

bool isPublicKey(ByteView kpak)
{
    return decode(kpak) != nullptr;
}

std::optional<UserKey> issue(const Secret &ksak, ByteView identifier, Random &random)
{
    const auto secret = nonZero(ksak.view());
    if (!secret)
        return std::nullopt;
    const auto kpak = encode(multiple(*secret));
    for (;;) {
        const auto v = drawn(random);
        auto pvt = encode(multiple(v));
        const auto hs = order().reduced(hashOfSigner(kpak, identifier, pvt));
        const auto ssk = order().add(*secret, order().mul(hs, v));
        if (!order().isZero(hs) && !order().isZero(ssk))
            return UserKey{order().toOctets(ssk), std::move(pvt)};
    }
}

std::optional<Signer> Signer::of(ByteView kpak, ByteView identifier, const Secret &ssk, ByteView pvt)
{
    const auto scalar = nonZero(ssk.view());
    const auto token = decode(pvt);
    if (!scalar || !token || !isPublicKey(kpak))
        return std::nullopt;
    Signer signer;
    signer.m_hs = hashOfSigner(kpak, identifier, pvt);
    const auto minusHs = order().negated(order().reduced(signer.m_hs));
    // KPAK = [SSK]G - [HS]PVT, in two steps: only the multiple of G alone is computed in constant time.
    const auto own = sum(multiple(*scalar), multiple({}, token, minusHs));
    if (!sameOctets(encode(own), kpak))
        return std::nullopt;
    signer.m_ssk = ssk.clone();
    signer.m_pvt.assign(pvt.begin(), pvt.end());
    return signer;
}

Bytes Signer::sign(ByteView message, Random &random) const
{
    const auto ssk = *nonZero(m_ssk.view());
    for (;;) {
        const auto j = drawn(random);
        const auto point = encode(multiple(j));
        const auto rOctets = ByteView(point).subspan(1, scalarOctets);
        const auto r = order().reduced(rOctets);
        const auto he = order().reduced(hashOf({m_hs, rOctets, message}));
        const auto denominator = order().add(he, order().mul(r, ssk));
        if (order().isZero(r) || order().isZero(denominator))
            continue;
        const auto s = order().toOctets(order().mul(order().inverse(denominator), j));
        Bytes signature(rOctets.begin(), rOctets.end());
        append(signature, s.view());
        append(signature, m_pvt);
        return signature;
    }
}

bool verify(ByteView kpak, ByteView identifier, ByteView message, ByteView signature)
{
    if (signature.size() != signatureOctets)
        return false;
    const auto rOctets = signature.first(scalarOctets);
    const auto pvtOctets = signature.last(pointOctets);
    const auto s = nonZero(signature.subspan(scalarOctets, scalarOctets));
    const auto pvt = decode(pvtOctets), key = decode(kpak);
    const auto &q = order();
    const auto r = q.reduced(rOctets);
    if (!s || !pvt || !key || q.isZero(r))
        return false;
    const auto hsOctets = hashOfSigner(kpak, identifier, pvtOctets);
    const auto hs = q.reduced(hsOctets), he = q.reduced(hashOf({hsOctets, rOctets, message}));
    // J = [s]([HE]G + [r]Y) with Y = [HS]PVT + KPAK, multiplied out
    const auto sr = q.mul(*s, r);
    const auto j = encode(sum(multiple(q.mul(*s, he), pvt, q.mul(sr, hs)), multiple({}, key, sr)));
    return !j.empty() && sameOctets(ByteView(j).subspan(1, scalarOctets), rOctets);
}

} // namespace mikey::eccsi
