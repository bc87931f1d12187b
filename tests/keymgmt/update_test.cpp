// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "wire/text.h"

#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

/// A bundle that stands, by one of the methods.
struct Standing
{
    Side a = certifiedSide(aliceId);
    Side b = certifiedSide(bobId);
    Both both;

    explicit Standing(const QByteArray &made, unsigned streams = 1)
    {
        auto offer = offerToBob();
        offer.streams = streams;
        const auto parts = made.split(' ');
        if (parts.size() == 2)
            offer.cache = static_cast<EnvelopeCache>(parts[1].back() - '0');
        auto agreed = exchange(parts[0].toStdString(), a, b, offer);
        if (!agreed)
            throw std::logic_error("no bundle");
        both = std::move(*agreed);
    }
    Side &side(bool alice) { return alice ? a : b; }
    const Csb &bundle(bool alice) const { return alice ? *both.initiator.csb : *both.responder.csb; }
    /// By Alice or by Bob; what both hold afterwards is the new bundle.
    std::optional<Both> renew(bool byAlice, const Renewal &renewal, NtpTime now)
    {
        auto agreed = updated(side(byAlice), bundle(byAlice), side(!byAlice), bundle(!byAlice), renewal, now);
        if (!agreed)
            return std::nullopt;
        both.initiator.csb = byAlice ? agreed->initiator.csb : agreed->responder.csb;
        both.responder.csb = byAlice ? agreed->responder.csb : agreed->initiator.csb;
        return agreed;
    }
};

std::set<QByteArray> teksOf(const Agreement &agreement)
{
    std::set<QByteArray> teks;
    for (const auto &session : agreement.sessions)
        teks.insert(hexOf(session.tek.view()));
    return teks;
}

void bundleRows()
{
    QTest::addColumn<QByteArray>("made");
    QTest::addColumn<bool>("byAlice");
    for (const QByteArray made : {"psk", "pk C=0", "pk C=1", "pk C=2", "dh", "dh-hmac", "rsa-r"}) {
        QTest::addRow("%s, by who made it", made.data()) << made << true;
        QTest::addRow("%s, by the other side", made.data()) << made << false;
    }
}

/// RFC 3830 4.5: what an update of a bundle is.
DataType formOf(const QByteArray &made)
{
    if (made == "pk C=0")
        return DataType::PkInit;
    return made == "dh" ? DataType::DhInit : made == "dh-hmac" ? DataType::DhHmacInit : DataType::PskInit;
}

} // namespace

/// Updates of bundles where both sides agree (RFC 3830 4.5, RFC 4650 3.1).
class UpdateTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-007, -040, -041, -042, -043, -044, -047, -083, -085, K4650-012, -013, -015
    void newTgks_data() { bundleRows(); }
    void newTgks()
    {
        QFETCH(const QByteArray, made);
        QFETCH(const bool, byAlice);
        Standing standing(made);
        std::set<QByteArray> teks = teksOf(standing.both.responder);
        std::set<QByteArray> halves;
        NtpTime newest = standing.both.responder.timestamp;
        const auto csbId = standing.both.responder.csbId;
        for (int round = 1; round <= 3; ++round) {
            const bool alice = byAlice == (round != 2); // the second update comes from the other side
            const auto agreed = standing.renew(alice, {}, noon().plusSeconds(round));
            QVERIFY(agreed);
            const auto request = decode(agreed->request);
            QCOMPARE(request->header.dataType, formOf(made));
            QCOMPARE(request->header.csbId, csbId);
            QVERIFY(!request->find<Rand>());
            QCOMPARE(request->find<Pke>() != nullptr, made == "pk C=0");
            QVERIFY(agreed->responder.timestamp.isAfter(newest));
            newest = agreed->responder.timestamp;
            for (const auto &tek : teksOf(agreed->responder))
                QVERIFY(teks.insert(tek).second);
            QVERIFY(agreed->initiator.renewal && agreed->responder.renewal);
            for (const auto *agreement : {&agreed->initiator, &agreed->responder}) {
                QCOMPARE(QByteArray(std::string(agreement->method).c_str()), made.split(' ').front());
                QCOMPARE(hexOf(agreement->sessions.front().mki),
                         "0000000" + QByteArray::number(round + 1)); // moves on by one
                QCOMPARE(agreement->csb->weInitiated, (agreement == &agreed->initiator) == alice);
            }
            QVERIFY(standing.both.initiator.csb->rand == standing.both.responder.csb->rand);
            if (const auto *half = request->find<Dh>()) {
                const auto answer = decode(agreed->answer);
                QCOMPARE(answer->all<Dh>().size(), 2u);
                QCOMPARE(hexOf(answer->all<Dh>()[1]->value), hexOf(half->value));
                QVERIFY(halves.insert(hexOf(half->value)).second);
                QVERIFY(halves.insert(hexOf(answer->all<Dh>()[0]->value)).second);
            }
        }
    }

    // K3830-045, -048, -082, -083, K4650-014
    void noNewKeys_data() { bundleRows(); }
    void noNewKeys()
    {
        QFETCH(const QByteArray, made);
        QFETCH(const bool, byAlice);
        Standing standing(made);
        Renewal renewal;
        renewal.keys = Renewal::Keys::Same;
        const auto agreed = standing.renew(byAlice, renewal, noon().plusSeconds(1));
        QVERIFY(agreed);
        QCOMPARE(teksOf(agreed->responder), teksOf(standing.both.responder));
        QCOMPARE(hexOf(agreed->initiator.sessions[1].tek.view()),
                 hexOf(standing.both.responder.sessions[1].tek.view()));
        const auto request = decode(agreed->request);
        QVERIFY(!request->find<Dh>() && !decode(agreed->answer)->find<Dh>());
        if (const auto *kemac = request->find<Kemac>(); kemac && made != "dh-hmac") // IDi is inside with PK
            QCOMPARE(kemac->encrData.size(), made == "pk C=0" ? 4 + aliceId.size() - (byAlice ? 0 : 2) : 0u);
        // The keys in force go on to later updates.
        QVERIFY(standing.renew(!byAlice, {}, noon().plusSeconds(2)));
    }

    // RFC 3830 4.5: a new TEK of the same TGK, for a Crypto Session that takes a stream over
    void newTeks_data() { bundleRows(); }
    void newTeks()
    {
        QFETCH(const QByteArray, made);
        QFETCH(const bool, byAlice);
        Standing standing(made, 2);
        const auto before = standing.both.responder.sessions.size();
        const auto tgk = hexOf(standing.both.responder.tgks.front().view());
        Renewal renewal;
        renewal.keys = Renewal::Keys::NewTek;
        const auto first = standing.both.responder.sessions[0].ssrc;
        renewal.rocs[first] = 7;
        const auto agreed = standing.renew(byAlice, renewal, noon().plusSeconds(1));
        QVERIFY(agreed);
        const auto &sessions = agreed->responder.sessions;
        QCOMPARE(sessions.size(), 2 * before);
        QCOMPARE(hexOf(agreed->responder.tgks.front().view()), tgk);
        for (std::size_t i = 0; i < before; ++i) {
            QCOMPARE(sessions[before + i].ssrc, sessions[i].ssrc);
            QCOMPARE(sessions[before + i].fromInitiator(), sessions[i].fromInitiator());
        }
        QCOMPARE(sessions[before].roc, 7u);
        QCOMPARE(teksOf(agreed->responder).size(), sessions.size());
        QCOMPARE(linesInForce(agreed->responder.csb->map), (std::vector<std::size_t>{4, 6}));
        // Once more moves only what is in force.
        const auto again = standing.renew(!byAlice, renewal, noon().plusSeconds(2));
        QVERIFY(again);
        QCOMPARE(again->responder.sessions.size(), 3 * before);
    }

    void addedStreams_data() { bundleRows(); }
    void addedStreams()
    {
        QFETCH(const QByteArray, made);
        QFETCH(const bool, byAlice);
        Standing standing(made);
        Renewal renewal;
        renewal.keys = Renewal::Keys::Same;
        renewal.addedStreams = 2;
        renewal.ssrcs = {0xabcd0001};
        const auto agreed = standing.renew(byAlice, renewal, noon().plusSeconds(1));
        QVERIFY(agreed);
        const auto &sessions = agreed->initiator.sessions;
        QCOMPARE(sessions.size(), 6u);
        QCOMPARE(sessions[byAlice ? 2 : 3].ssrc, 0xabcd0001u); // ours, whoever made the bundle
        std::set<std::uint32_t> ssrcs;
        for (const auto &session : sessions)
            ssrcs.insert(session.ssrc);
        QCOMPARE(ssrcs.size(), 6u);
        QVERIFY(!ssrcs.contains(0));
        for (const auto &tek : teksOf(standing.both.responder))
            QVERIFY(teksOf(agreed->initiator).contains(tek));
    }

    // More Crypto Sessions than #CS can tell are refused where they are asked for.
    void tooManyStreams()
    {
        for (const QByteArray made : {"psk", "pk C=0", "dh", "dh-hmac", "rsa-r"}) {
            Standing standing(made, 64);
            Renewal renewal;
            renewal.keys = Renewal::Keys::NewTek; // 128 + 128
            const auto moved = update(standing.a.context(), standing.bundle(true), renewal, noon().plusSeconds(1));
            QVERIFY2(!moved && !moved.error().number, made.data());
            renewal.keys = Renewal::Keys::Same;
            renewal.addedStreams = 64;
            QVERIFY2(!update(standing.a.context(), standing.bundle(true), renewal, noon().plusSeconds(1)), made.data());
            renewal.addedStreams = 4000000000;
            QVERIFY2(!update(standing.a.context(), standing.bundle(true), renewal, noon().plusSeconds(1)), made.data());
            renewal.addedStreams = 63;
            QVERIFY2(update(standing.a.context(), standing.bundle(true), renewal, noon().plusSeconds(1)), made.data());
        }
    }

    void withoutVerification()
    {
        for (const QByteArray made : {"psk", "pk C=0", "pk C=2", "rsa-r"}) {
            Standing standing(made);
            Renewal renewal;
            renewal.v = false;
            const auto agreed = standing.renew(true, renewal, noon().plusSeconds(1));
            QVERIFY2(agreed && agreed->answer.empty(), made.data());
        }
    }

    // K3830-041: after a message from the future, and with a clock that stands still or was set back
    void timestampsGoOn_data() { bundleRows(); }
    void timestampsGoOn()
    {
        QFETCH(const QByteArray, made);
        QFETCH(const bool, byAlice);
        Standing standing(made);
        for (const int seconds : {100, 100, 40, 39}) {
            const auto newest = standing.bundle(true).newest;
            const auto agreed = standing.renew(byAlice, {}, noon().plusSeconds(seconds));
            QVERIFY(agreed);
            QVERIFY(standing.bundle(true).newest.isAfter(newest));
            QCOMPARE(standing.bundle(true).newest.units(), standing.bundle(false).newest.units());
        }
    }

    // The agreement is the caller's: it holds on to nothing of the exchange or of the bundle before.
    void agreementsOutliveTheBundle_data() { bundleRows(); }
    void agreementsOutliveTheBundle()
    {
        QFETCH(const QByteArray, made);
        QFETCH(const bool, byAlice);
        Standing standing(made);
        std::optional<Agreement> theirs, ours;
        {
            auto old = std::make_unique<Csb>(standing.bundle(!byAlice).clone());
            auto initiator = std::move(
                *update(standing.side(byAlice).context(), standing.bundle(byAlice), {}, noon().plusSeconds(1)));
            Arrival arrival;
            arrival.bundles = {old.get()};
            auto step = standing.side(!byAlice).respond(initiator->message(), noon().plusSeconds(1), arrival);
            theirs = std::move(step.agreement);
            ours = initiator->receive(*step.send, noon().plusSeconds(1)).agreement;
            old->method = "gone";
        }
        QCOMPARE(QByteArray(std::string(theirs->method).c_str()), made.split(' ').front());
        QCOMPARE(QByteArray(std::string(ours->method).c_str()), made.split(' ').front());
    }
};

QTEST_GUILESS_MAIN(UpdateTest)
#include "update_test.moc"
