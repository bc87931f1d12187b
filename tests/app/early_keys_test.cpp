// SPDX-License-Identifier: Apache-2.0
// Calls with a MIKEY method of two round trips: the second one rides PRACK (decision D-16), or a re-INVITE with a peer
// that lacks RFC 3262.
#include "raw_peers.h"

using Phase = call::Phase;

namespace {

/// "INVITE, 183, PRACK": what of SIP went between the two, as one of them saw it, requests and statuses.
QString stepsOf(const call::CallSnapshot &call)
{
    QStringList steps;
    for (const auto &step : call.exchange) {
        if (!step.retransmission && step.sip != QLatin1String("SRTP"))
            steps += step.sip.section(QLatin1Char(' '), 0, 0);
    }
    return steps.join(QStringLiteral(", "));
}

struct Two
{
    explicit Two(bool reliable = true, call::Phone::Answering answering = call::Phone::Answering::Auto)
        : endpoints(twoEndpoints()), alice(std::move(endpoints[0]), configOf(reliable, answering)),
          bob(std::move(endpoints[1]), configOf(reliable, answering))
    {
    }
    static call::Phone::Config configOf(bool reliable, call::Phone::Answering answering)
    {
        auto config = TestPhone::config(0);
        config.offersReliable = reliable;
        config.answering = answering;
        return config;
    }
    void dial(const char *method)
    {
        const auto dialled = alice.phone.dial(bob.address(), QLatin1String(method), QLatin1String(bobsIdentity));
        QVERIFY2(dialled.call != 0, qPrintable(dialled.trouble));
    }
    bool sameKeys() const
    {
        return !alice.newestKey(true).isEmpty() && alice.newestKey(true) == bob.newestKey(false) &&
               alice.newestKey(false) == bob.newestKey(true);
    }

    std::vector<mikey::Endpoint> endpoints;
    TestPhone alice, bob;
};

} // namespace

class EarlyKeysTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void bothWays_data();
    void bothWays();
    void rings();
    void answeredTooSoon();
    void callerHangsUp();
    void calleeDeclines();
    void changedWhileItRings_data();
    void changedWhileItRings();
    void secondMessageMissing();
};

void EarlyKeysTest::bothWays_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<bool>("reliable");
    QTest::addColumn<QString>("steps");
    QTest::newRow("PRACK") << "ibake" << true << "INVITE, 183, PRACK, 200, 200, ACK";
    QTest::newRow("re-INVITE") << "ibake" << false << "INVITE, 200, ACK, INVITE, 200, ACK";
    QTest::newRow("one round trip") << "psk" << true << "INVITE, 200, ACK";
}

void EarlyKeysTest::bothWays()
{
    QFETCH(QString, method);
    QFETCH(bool, reliable);
    QFETCH(QString, steps);
    Two two(reliable);
    two.dial(qPrintable(method));
    QTRY_VERIFY(two.alice.established() && two.bob.established());
    QCOMPARE(stepsOf(two.alice.call()), steps);
    QCOMPARE(stepsOf(two.bob.call()), steps);
    QVERIFY(two.sameKeys());
    QTRY_VERIFY(two.alice.call().media.received > 10 && two.bob.call().media.received > 10);
    QVERIFY(two.alice.undisturbed() && two.bob.undisturbed());
    QCOMPARE(two.bob.call().security.level, call::Security::Level::Verified); // S-3: since media came
    QVERIFY(two.alice.renew());                                               // later changes go by re-INVITE
    QTRY_COMPARE(two.bob.renewed, 1);
    QTRY_COMPARE(two.alice.renewed, 1);
    QVERIFY(two.sameKeys());
}

// It rings when the keys are there; the callee's media start when he answers, and only then
void EarlyKeysTest::rings()
{
    Two two(true, call::Phone::Answering::Manual);
    two.dial("ibake");
    QTRY_COMPARE(stepsOf(two.alice.call()), QStringLiteral("INVITE, 183, PRACK, 200, 180"));
    QCOMPARE(two.alice.call().phase, Phase::Ringing);
    QCOMPARE(two.bob.call().phase, Phase::Incoming);
    QCOMPARE(two.bob.call().security.level, call::Security::Level::Pending); // S-3
    QVERIFY(!two.bob.call().establishedAt.isValid() && two.bob.call().media.sent == 0);
    QVERIFY(!two.alice.call().establishedAt.isValid());
    QCOMPARE(two.alice.call().security.verifiedPeer, QLatin1String(bobsIdentity)); // by R_MESSAGE_2
    QCOMPARE(two.alice.call().security.level, call::Security::Level::Verified);
    QVERIFY(two.alice.call().security.agreedAt.isValid());
    QVERIFY(two.bob.phone.answer(two.bob.call().id));
    QTRY_VERIFY(two.alice.established() && two.bob.established());
    QVERIFY(two.sameKeys());
    QTRY_VERIFY(two.alice.call().media.received > 10 && two.bob.call().media.received > 10);
}

// A quick user: the answer waits for the keys
void EarlyKeysTest::answeredTooSoon()
{
    Two two(true, call::Phone::Answering::Manual);
    two.dial("ibake");
    QTRY_VERIFY(two.bob.hasCall() && stepsOf(two.bob.call()).contains(QLatin1String("183")));
    two.bob.phone.answer(two.bob.call().id);
    QTRY_VERIFY(two.alice.established() && two.bob.established());
    QVERIFY(two.sameKeys());
}

void EarlyKeysTest::callerHangsUp()
{
    Two two(true, call::Phone::Answering::Manual);
    two.dial("ibake");
    QTRY_VERIFY(two.bob.hasCall() && stepsOf(two.bob.call()).contains(QLatin1String("PRACK")));
    two.alice.phone.hangup(two.alice.call().id);
    QTRY_VERIFY(two.alice.ended() && two.bob.ended());
    QCOMPARE(two.bob.call().endedBy, call::EndedBy::Peer);
}

void EarlyKeysTest::calleeDeclines()
{
    Two two(true, call::Phone::Answering::Manual);
    two.dial("ibake");
    QTRY_VERIFY(two.alice.hasCall() && stepsOf(two.alice.call()).endsWith(QLatin1String("180")));
    two.bob.phone.reject(two.bob.call().id);
    QTRY_VERIFY(two.alice.ended() && two.bob.ended());
    QCOMPARE(two.alice.call().sipStatus, 603);
}

// Nobody hears the callee before he answers, whatever the caller sends meanwhile
void EarlyKeysTest::changedWhileItRings_data()
{
    QTest::addColumn<bool>("inPrack"); // I_MESSAGE_2
    QTest::newRow("second message in an UPDATE") << false;
    QTest::newRow("second message in PRACK, and once more in an UPDATE") << true;
}

void EarlyKeysTest::changedWhileItRings()
{
    QFETCH(bool, inPrack);
    Two two(true, call::Phone::Answering::Manual);
    RawCaller caller(two.alice, two.bob);
    caller.send("INVITE", "Supported: 100rel\r\n", caller.offer(caller.initiator->message()));
    const auto progress = caller.receive(183, "INVITE");
    QVERIFY(progress);
    const auto first = call::mikeyOctets(progress->body());
    QVERIFY(first);
    const auto second = caller.initiator->receive(call::viewOf(*first), call::ntpNow());
    QVERIFY2(second.send, second.error ? second.error->reason.c_str() : "");
    const auto change = caller.offer(*second.send);
    caller.send("PRACK", "RAck: " + *progress->headers.find("RSeq") + " 1 INVITE\r\n", inPrack ? change : sip::Body());
    QVERIFY(caller.receive(180, "INVITE"));
    caller.send("UPDATE", {}, change);
    QVERIFY(caller.receive(488, "UPDATE"));
    QTest::qWait(300);
    QCOMPARE(two.bob.call().phase, Phase::Incoming);
    QVERIFY(!two.bob.call().establishedAt.isValid());
    QCOMPARE(two.bob.call().media.sent, 0);
}

// It does not ring where the PRACK brings the first message again, even octet for octet what the INVITE brought
void EarlyKeysTest::secondMessageMissing()
{
    Two two(true, call::Phone::Answering::Manual);
    RawCaller caller(two.alice, two.bob);
    const auto invitation = caller.offer(caller.initiator->message());
    caller.send("INVITE", "Supported: 100rel\r\n", invitation);
    const auto progress = caller.receive(183, "INVITE");
    QVERIFY(progress);
    caller.send("PRACK", "RAck: " + *progress->headers.find("RSeq") + " 1 INVITE\r\n", invitation);
    const auto confirmed = caller.receive(200, "PRACK"); // RFC 3262 section 3
    QVERIFY(confirmed && confirmed->content.empty());
    const auto refused = caller.receive(488, "INVITE");
    QVERIFY(refused && refused->headers.find("Warning"));
    QTRY_VERIFY(two.bob.ended());
    QCOMPARE(two.bob.call().endedBy, call::EndedBy::Error);
    QVERIFY(two.bob.call().mikeyError);
}

QTEST_GUILESS_MAIN(EarlyKeysTest)
#include "early_keys_test.moc"
