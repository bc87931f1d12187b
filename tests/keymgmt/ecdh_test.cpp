// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "crypto/ecdh.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QString hexOf(ByteView view)
{
    return QString::fromStdString(hex(view));
}

Secret secretOf(const QString &digits)
{
    return Secret(octets(digits.toStdString()));
}

} // namespace

class EcdhTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // RFC 5903 8.1 to 8.3, with the y that IBAKE needs too
    void vectors_data()
    {
        for (const auto *column : {"i", "gix", "giy", "r", "grx", "gry", "girx", "giry"})
            QTest::addColumn<QString>(column);
        QTest::addColumn<int>("curve");
        QTest::newRow("P-256")
            << QString::fromLatin1("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433")
            << QString::fromLatin1("dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180")
            << QString::fromLatin1("5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3")
            << QString::fromLatin1("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53")
            << QString::fromLatin1("d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63")
            << QString::fromLatin1("56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab")
            << QString::fromLatin1("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de")
            << QString::fromLatin1("522bde0af0d8585b8def9c183b5ae38f50235206a8674ecb5d98edb20eb153a2") << 8;
        QTest::newRow("P-384") << QString::fromLatin1("099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
                                                      "e35b538041e649ee3faef896783ab194")
                               << QString::fromLatin1("667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
                                                      "de3ac808acb4bdb4c88732aee95f41aa")
                               << QString::fromLatin1("9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38e"
                                                      "eb9fcff3c2c947dae69b4c634573a81c")
                               << QString::fromLatin1("41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
                                                      "e0308312916b8ed2960e4bd55a7448fc")
                               << QString::fromLatin1("e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
                                                      "0d1ac43a0336def96fda41d0774a3571")
                               << QString::fromLatin1("dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1ff"
                                                      "f83fa40142209dff5eaad96db9e6386c")
                               << QString::fromLatin1("11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
                                                      "d603135569b9e9d09cf5d4a270f59746")
                               << QString::fromLatin1("a2a9f38ef5cafbe2347cf7ec24bdd5e624bc93bfa82771f40d1b65d06256a852"
                                                      "c983135d4669f8792f2c1d55718afbb4")
                               << 11;
        QTest::newRow("P-521") << QString::fromLatin1("0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a0"
                                                      "95aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d"
                                                      "4a52")
                               << QString::fromLatin1("0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbe"
                                                      "e1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176c"
                                                      "ed3e")
                               << QString::fromLatin1("017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10a"
                                                      "d8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f"
                                                      "9582")
                               << QString::fromLatin1("0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e"
                                                      "9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb15168"
                                                      "5eb9")
                               << QString::fromLatin1("00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a21"
                                                      "9b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9"
                                                      "460f")
                               << QString::fromLatin1("015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87"
                                                      "220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0f"
                                                      "c56a")
                               << QString::fromLatin1("01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04"
                                                      "d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3"
                                                      "ddea")
                               << QString::fromLatin1("01b901e6b17db2947ac017d853ef1c1674e5cfe59cda18d078e05d1b5242adaa"
                                                      "9ffc3c63ea05edb1e13ce5b3a8e50c3eb622e8da1b38e0bdd1f88569d6c99baf"
                                                      "fa43")
                               << 14;
    }
    void vectors()
    {
        QFETCH(const QString, i);
        QFETCH(const QString, r);
        QFETCH(const int, curve);
        const auto &on = *ecCurve(static_cast<std::uint8_t>(curve));
        const auto a = EcdhKey::of(on, secretOf(i)), b = EcdhKey::of(on, secretOf(r));
        QVERIFY(a && b);
        QTEST(hexOf(a->x()), "gix");
        QTEST(hexOf(a->y()), "giy");
        QTEST(hexOf(b->x()), "grx");
        QTEST(hexOf(b->y()), "gry");
        const auto ab = a->agree(b->x(), b->y()), ba = b->agree(a->x(), a->y());
        QVERIFY(ab && ba && equalSecrets(ab->view(), ba->view()));
        QCOMPARE(static_cast<int>(ab->view()[0]), 4);
        QTEST(hexOf(ab->view().subspan(1, on.octets)), "girx");
        QTEST(hexOf(ab->view().subspan(1 + on.octets)), "giry");
    }

    void refused()
    {
        SystemRandom random;
        for (const int number : {8, 11, 14}) {
            const auto &curve = *ecCurve(static_cast<std::uint8_t>(number));
            const auto key = EcdhKey::make(curve, random), other = EcdhKey::make(curve, random);
            QVERIFY(key.agree(other.x(), other.y()));
            auto y = other.y();
            y.back() ^= 1; // off the curve
            QVERIFY(!key.agree(other.x(), y));
            QVERIFY(!key.agree(Bytes(curve.octets), Bytes(curve.octets)));
            QVERIFY(!key.agree(ByteView(other.x()).first(curve.octets - 1), other.y()));
            QVERIFY(!EcdhKey::of(curve, Secret(curve.octets)));              // zero
            QVERIFY(!EcdhKey::of(curve, Secret(Bytes(curve.octets, 0xff)))); // above n
        }
        for (const int weak : {0, 1, 2, 5, 99, 255})
            QVERIFY(!ecCurve(static_cast<std::uint8_t>(weak)));
    }
};

QTEST_GUILESS_MAIN(EcdhTest)
#include "ecdh_test.moc"
