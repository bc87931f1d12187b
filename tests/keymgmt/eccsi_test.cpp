// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "crypto/digest.h"
#include "crypto/eccsi.h"
#include "crypto/prime_field.h"
#include "wire/text.h"

#include <QJsonObject>
#include <QTest>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <initializer_list>
#include <memory>

using namespace mikey;
using namespace mikey::eccsi;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

Bytes value(const char *name)
{
    static const auto rfc = vectors("rfc6507.json");
    return octets(rfc[QLatin1String(name)].toString().toStdString());
}

Signer signer()
{
    return *Signer::of(value("KPAK"), value("ID"), Secret(value("SSK")), value("PVT"));
}

Bytes hashOf(std::initializer_list<Bytes> parts)
{
    Bytes all;
    for (const auto &part : parts)
        append(all, part);
    const auto hash = sha256(all);
    return {hash.begin(), hash.end()};
}

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

Number number(const Bytes &octets)
{
    return {BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr), BN_free};
}

/// P-256 by OpenSSL alone, for what the library has on its way and does not tell.
class Curve
{
public:
    Bytes generator() const { return encoded(EC_GROUP_get0_generator(m_group.get())); }

    /// [k]point
    Bytes multiple(const Bytes &k, const Bytes &point) const
    {
        const auto result = decoded(point);
        EC_POINT_mul(m_group.get(), result.get(), nullptr, result.get(), number(k).get(), m_context.get());
        return encoded(result.get());
    }

    Bytes sum(const Bytes &a, const Bytes &b) const
    {
        const auto result = decoded(a);
        EC_POINT_add(m_group.get(), result.get(), result.get(), decoded(b).get(), m_context.get());
        return encoded(result.get());
    }

    /// (a + b * c) mod q
    Bytes sumWithProduct(const Bytes &a, const Bytes &b, const Bytes &c) const
    {
        const Number result(BN_new(), BN_free);
        BN_mod_mul(result.get(), number(b).get(), number(c).get(), q(), m_context.get());
        BN_mod_add(result.get(), result.get(), number(a).get(), q(), m_context.get());
        return scalar(result);
    }

    /// (a / b) mod q
    Bytes quotient(const Bytes &a, const Bytes &b) const
    {
        const Number result(BN_mod_inverse(nullptr, number(b).get(), q(), m_context.get()), BN_free);
        BN_mod_mul(result.get(), result.get(), number(a).get(), q(), m_context.get());
        return scalar(result);
    }

private:
    using CurvePoint = std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)>;

    const BIGNUM *q() const { return EC_GROUP_get0_order(m_group.get()); }

    static Bytes scalar(const Number &from)
    {
        Bytes octets(scalarOctets);
        BN_bn2binpad(from.get(), octets.data(), static_cast<int>(octets.size()));
        return octets;
    }

    CurvePoint decoded(const Bytes &octets) const
    {
        CurvePoint point(EC_POINT_new(m_group.get()), EC_POINT_free);
        EC_POINT_oct2point(m_group.get(), point.get(), octets.data(), octets.size(), nullptr);
        return point;
    }

    Bytes encoded(const EC_POINT *point) const
    {
        Bytes octets(pointOctets);
        EC_POINT_point2oct(m_group.get(), point, POINT_CONVERSION_UNCOMPRESSED, octets.data(), octets.size(), nullptr);
        return octets;
    }

    std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> m_group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                                                                EC_GROUP_free};
    std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> m_context{BN_CTX_new(), BN_CTX_free};
};

} // namespace

class EccsiTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // RFC 6507 Appendix A, K6509-006; K6507-006, -010, -013, -016, -017: v and j begin with zero octets
    void vectorOfTheRfc()
    {
        QCOMPARE(hexOf(*publicKey(Secret(value("KSAK")))), hexOf(value("KPAK")));
        ScriptedRandom v(value("v"));
        const auto issued = issue(Secret(value("KSAK")), value("ID"), v);
        QCOMPARE(hexOf(issued->pvt), hexOf(value("PVT")));
        QCOMPARE(hexOf(issued->ssk.view()), hexOf(value("SSK")));
        ScriptedRandom j(value("j"));
        QCOMPARE(hexOf(signer().sign(value("M"), j)), hexOf(value("signature")));
        QVERIFY(verify(value("KPAK"), value("ID"), value("M"), value("signature")));
    }

    // RFC 6507 Appendix A: what lies between those values. HS and SSK are steps of 5.1.1, those up to s of 5.2.1, and Y
    // and J, for the second time, of 5.2.2.
    void stepsOfTheRfc()
    {
        const Curve curve;
        QCOMPARE(hexOf(curve.generator()), hexOf(value("G")));
        QCOMPARE(hexOf(curve.multiple(value("KSAK"), curve.generator())), hexOf(value("KPAK")));
        QCOMPARE(hexOf(curve.multiple(value("v"), curve.generator())), hexOf(value("PVT")));
        const auto hs = hashOf({curve.generator(), value("KPAK"), value("ID"), value("PVT")});
        QCOMPARE(hexOf(hs), hexOf(value("HS")));
        QCOMPARE(hexOf(curve.sumWithProduct(value("KSAK"), hs, value("v"))), hexOf(value("SSK")));

        ScriptedRandom random(value("j"));
        const auto signature = signer().sign(value("M"), random);
        const Bytes r(signature.begin(), signature.begin() + scalarOctets);
        const Bytes s(signature.begin() + scalarOctets, signature.begin() + 2 * scalarOctets);
        QCOMPARE(hexOf(r), hexOf(value("r")));
        QCOMPARE(hexOf(s), hexOf(value("s")));
        const auto j = curve.multiple(value("j"), curve.generator());
        QCOMPARE(hexOf(j), hexOf(value("J")));
        QCOMPARE(hexOf(ByteView(j).subspan(1, scalarOctets)), hexOf(r)); // Jx
        const auto he = hashOf({hs, r, value("M")});
        QCOMPARE(hexOf(he), hexOf(value("HE")));
        const auto sPrime = curve.quotient(value("j"), curve.sumWithProduct(he, r, value("SSK")));
        QCOMPARE(hexOf(sPrime), hexOf(value("s_prime")));
        QCOMPARE(hexOf(s), hexOf(sPrime)); // it has not more than N octets

        const auto y = curve.sum(curve.multiple(hs, value("PVT")), value("KPAK"));
        QCOMPARE(hexOf(y), hexOf(value("Y")));
        const auto sum = curve.sum(curve.multiple(he, curve.generator()), curve.multiple(r, y));
        QCOMPARE(hexOf(curve.multiple(s, sum)), hexOf(value("J")));
    }

    // K6507-005, -008, -020: each altered, every octet of the signature among them
    void refusesWhatIsAltered()
    {
        const auto kpak = value("KPAK"), id = value("ID"), message = value("M"), signature = value("signature");
        for (std::size_t i = 0; i < signature.size(); ++i) {
            auto altered = signature;
            altered[i] ^= 1;
            QVERIFY(!verify(kpak, id, message, altered));
        }
        for (std::size_t i = 0; i < id.size(); ++i) {
            auto altered = id;
            altered[i] ^= 1;
            QVERIFY(!verify(kpak, altered, message, signature));
        }
        auto other = message;
        other[0] ^= 1;
        QVERIFY(!verify(kpak, id, other, signature));
        QVERIFY(!verify(value("PVT"), id, message, signature)); // a point, but another service's
        QVERIFY(!verify(kpak, id, message, ByteView(signature).first(128)));
        auto longer = signature;
        longer.push_back(0);
        QVERIFY(!verify(kpak, id, message, longer));
        for (const std::size_t part : {std::size_t{0}, scalarOctets}) { // r = 0, s = 0
            auto zero = signature;
            std::fill_n(zero.begin() + static_cast<std::ptrdiff_t>(part), scalarOctets, 0);
            QVERIFY(!verify(kpak, id, message, zero));
            std::fill_n(zero.begin() + static_cast<std::ptrdiff_t>(part), scalarOctets, 0xff); // not below q
            QVERIFY(!verify(kpak, id, message, zero));
        }
    }

    // K6507-007, -009: the curve and the form of points
    void pointsAreChecked()
    {
        QVERIFY(isPublicKey(value("KPAK")));
        auto bad = value("KPAK");
        bad.back() ^= 1;
        QVERIFY(!isPublicKey(bad));
        QVERIFY(!isPublicKey({}));
        QVERIFY(!isPublicKey(Bytes(1))); // infinity
        bad = value("KPAK");
        bad[0] = 3;
        QVERIFY(!isPublicKey(bad));
        bad.resize(33); // compressed
        QVERIFY(!isPublicKey(bad));
    }

    // K6507-026: the order of G is that of P-256, a prime of twice 128 bits
    void orderOfTheBasePoint()
    {
        auto scalar = octets("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        QVERIFY(!publicKey(Secret(scalar)));
        scalar.back() -= 1;
        const auto minusG = publicKey(Secret(scalar));
        Bytes one(scalarOctets);
        one.back() = 1;
        const auto g = publicKey(Secret(one));
        QVERIFY(minusG && g && *minusG != *g);
        QCOMPARE(hexOf(ByteView(*minusG).subspan(1, scalarOctets)), hexOf(ByteView(*g).subspan(1, scalarOctets)));
    }

    // K6507-015: numbers such as v are overwritten when they go
    void numbersAreWiped()
    {
        alignas(FieldElement) std::array<std::uint8_t, sizeof(FieldElement)> place{};
        auto *number = new (place.data()) FieldElement;
        number->limbs.fill(~mp_limb_t{0});
        number->~FieldElement();
        QCOMPARE(std::count(place.begin(), place.end(), 0), static_cast<std::ptrdiff_t>(place.size()));
    }

    // K6507-004, -025
    void checksPairs()
    {
        const auto kpak = value("KPAK"), id = value("ID"), pvt = value("PVT");
        const Secret ssk(value("SSK"));
        QVERIFY(Signer::of(kpak, id, ssk, pvt));
        auto octets = value("SSK");
        octets.back() ^= 1;
        QVERIFY(!Signer::of(kpak, id, Secret(octets), pvt));
        QVERIFY(!Signer::of(kpak, id, Secret(Bytes(32)), pvt));
        QVERIFY(!Signer::of(kpak, id, Secret(Bytes(32, 0xff)), pvt));
        QVERIFY(!Signer::of(kpak, octetsOf("another"), ssk, pvt));
        QVERIFY(!Signer::of(kpak, id, ssk, kpak));
        QVERIFY(!Signer::of(pvt, id, ssk, pvt));
        SystemRandom random;
        const auto another = issue(makeMaster(random), id, random);
        QVERIFY(!Signer::of(kpak, id, another->ssk, another->pvt));
        QVERIFY(!issue(Secret(Bytes(32)), id, random) && !publicKey(Secret(Bytes(31, 1))));
    }

    // K6507-019: two signatures of one message differ. Two devices of one user have different pairs, both good.
    void wholeLife()
    {
        SystemRandom random;
        const auto ksak = makeMaster(random);
        const auto kpak = *publicKey(ksak);
        const auto id = octetsOf("2026-11\0tel:+447700900123");
        const auto one = *issue(ksak, id, random), two = *issue(ksak, id, random);
        QVERIFY(one.pvt != two.pvt);
        const auto message = octetsOf("message");
        Bytes last;
        for (const auto *key : {&one, &two, &one}) {
            const auto signature = Signer::of(kpak, id, key->ssk, key->pvt)->sign(message, random);
            QVERIFY(verify(kpak, id, message, signature));
            QVERIFY(signature != last);
            last = signature;
        }
    }

    // K6507-014, -018: what was drawn but may not be used is drawn again
    void drawsAgain()
    {
        Bytes script(32);                // 0
        append(script, Bytes(32, 0xff)); // not below q
        append(script, value("j"));
        ScriptedRandom random(script);
        QCOMPARE(hexOf(signer().sign(value("M"), random)), hexOf(value("signature")));
    }
};

QTEST_GUILESS_MAIN(EccsiTest)
#include "eccsi_test.moc"
