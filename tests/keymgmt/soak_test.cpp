// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;

/// Hundreds of exchanges between the same two: what they remember has its bounds. Nothing here is timed.
class SoakTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-062, -066, -098, -113, K4738-006
    void manyExchanges_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("cache");
        for (const QByteArray method : {"psk", "dh", "dh-hmac", "rsa-r"})
            QTest::newRow(method.data()) << method << 2;
        for (const int cache : {0, 1, 2})
            QTest::addRow("pk, C = %d", cache) << QByteArray("pk") << cache;
    }
    void manyExchanges()
    {
        QFETCH(const QByteArray, method);
        QFETCH(const int, cache);
        constexpr int exchanges = 300;
        constexpr std::size_t remembered = 100;
        constexpr std::size_t envelopes = 32;
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        b.state.replays = ReplayCache(remembered);
        auto offer = offerToBob();
        offer.cache = static_cast<EnvelopeCache>(cache);
        std::set<std::uint32_t> csbIds;
        std::set<Bytes> teks;
        Bytes first;
        for (int i = 0; i < exchanges; ++i) {
            const auto now = noon().plusSeconds(i / 4);
            const auto both = exchange(method.toStdString(), a, b, offer, now);
            QVERIFY2(both, qPrintable(QString::number(i)));
            if (i == 0)
                first = both->request;
            csbIds.insert(both->responder.csbId);
            for (const auto &session : both->responder.sessions)
                teks.insert(octets(session.tek.view()));
            QVERIFY(b.state.replays.size() <= remembered);
            QVERIFY(a.state.envelopes.size() <= envelopes && b.state.envelopes.size() <= envelopes);
            if (i % 10 == 0) { // forgeries take no room
                auto forged = both->request;
                forged.back() ^= 1;
                const auto size = b.state.replays.size();
                QVERIFY(!b.respond(forged, now).agreement);
                QCOMPARE(b.state.replays.size(), size);
            }
        }
        QCOMPARE(csbIds.size(), static_cast<std::size_t>(exchanges));
        QCOMPARE(teks.size(), static_cast<std::size_t>(2 * exchanges));
        QCOMPARE(b.state.replays.size(), remembered);
        QCOMPARE(a.state.replays.size(), 0u); // who only calls has nothing to remember
        QCOMPARE(b.state.envelopes.size(), cache == 1 && method == "pk" ? envelopes : 0u);
        // The very first message is forgotten, and still not taken again.
        QVERIFY(!b.respond(first, noon()).agreement);
    }

    // One bundle, updated over and over by both: it does not grow.
    void manyUpdates_data()
    {
        QTest::addColumn<QByteArray>("method");
        for (const QByteArray method : {"psk", "pk", "dh", "dh-hmac", "rsa-r"})
            QTest::newRow(method.data()) << method;
    }
    void manyUpdates()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.cache = EnvelopeCache::None;
        const auto begun = exchange(method.toStdString(), a, b, offer);
        QVERIFY(begun);
        auto alices = begun->initiator.csb;
        auto bobs = begun->responder.csb;
        std::size_t saved = 0;
        std::set<Bytes> mkis;
        for (int i = 0; i < 300; ++i) {
            const auto now = noon().plusSeconds(1 + i);
            const auto both =
                i % 2 == 0 ? updated(a, *alices, b, *bobs, {}, now) : updated(b, *bobs, a, *alices, {}, now);
            QVERIFY2(both, qPrintable(QString::number(i)));
            alices = i % 2 == 0 ? both->initiator.csb : both->responder.csb;
            bobs = i % 2 == 0 ? both->responder.csb : both->initiator.csb;
            const auto size = alices->save().size();
            if (i == 0)
                saved = size;
            QCOMPARE(size, saved);
            QVERIFY(mkis.insert(both->responder.sessions.front().mki).second);
        }
        QCOMPARE(bobs->keys.size(), 1u);
    }
};

QTEST_GUILESS_MAIN(SoakTest)
#include "soak_test.moc"
