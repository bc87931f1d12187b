// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "crypto/eccsi.h"
#include "crypto/prime_field.h"
#include "wire/text.h"

#include <QJsonObject>
#include <QTest>

#include <algorithm>

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
