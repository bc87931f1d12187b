// SPDX-License-Identifier: Apache-2.0
// Calls in which the keys come to nothing before, or right after, the call is answered; the peer is played by the test.
#include "raw_peers.h"

#include "methods/reply.h"
#include "wire/message.h"

#include <QTcpServer>
#include <QTcpSocket>

using Phase = call::Phase;

namespace {

/// Alice's phone, and Bob as one who is played.
struct Alice
{
    Alice() : Alice([](mikey::Endpoint &, call::Phone::Config &) {}) {}
    explicit Alice(const std::function<void(mikey::Endpoint &, call::Phone::Config &)> &change)
        : endpoints(twoEndpoints()), bob(std::move(endpoints[1]))
    {
        auto config = TestPhone::config(0);
        change(endpoints[0], config);
        phone.emplace(std::move(endpoints[0]), std::move(config));
    }

    void dial(const char *method = "ibake")
    {
        const auto dialled = phone->phone.dial(bob.address(), QLatin1String(method), QLatin1String(bobsIdentity));
        QVERIFY2(dialled.call != 0, qPrintable(dialled.trouble));
    }
    const call::CallSnapshot &call() const { return phone->call(); }

    std::vector<mikey::Endpoint> endpoints;
    RawCallee bob;
    std::optional<TestPhone> phone;
};

/// The MIKEY error message that answers the message in a request.
mikey::Bytes errorFor(const sip::Request &request, mikey::ErrorNumber number)
{
    const auto octets = call::mikeyOctets(request.body()).value_or(QByteArray());
    const auto message = mikey::decode(call::viewOf(octets));
    if (!message)
        qFatal("no MIKEY message");
    return *mikey::errorMessage(*message, mikey::Error::of(number, "as the test wants"), {});
}

/// The caller's own message, which is no answer.
mikey::Bytes nonsense(const sip::Request &invite)
{
    const auto octets = call::mikeyOctets(invite.body()).value_or(QByteArray());
    return {octets.begin(), octets.end()};
}

/// A MIKEY message that is no answer to ours, and names a certificate by its URL.
mikey::Bytes namingCertificate(RawCallee &bob, const std::string &url)
{
    bob.endpoint.x509.send = mikey::SendCertificates::Url;
    bob.endpoint.x509.url = url;
    mikey::Offer offer;
    offer.peer = alicesIdentity;
    const auto made = mikey::method("dh")->initiate({bob.endpoint, bob.state, bob.random}, offer, call::ntpNow());
    if (!made)
        qFatal("%s", made.error().reason.c_str());
    return (*made)->message();
}

} // namespace

class EarlyRefusalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void secondMessageRefused();
    void lateForTheNextAttempt();
    void callerStops_data();
    void callerStops();
    void oneForkFails();
    void allForksFail();
    void anotherForkAnswers();
    void ringsAt180();
    void endsForAnotherReason();
    void calleeStops();
};

// The PRACK has its 200 all the same; what the call ends with is what the response to the INVITE says
void EarlyRefusalTest::secondMessageRefused()
{
    Alice alice;
    auto &bob = alice.bob;
    alice.dial();
    const auto invite = bob.receive("INVITE");
    QVERIFY(invite);
    const auto first = bob.take(*invite);
    QVERIFY(first.send);
    bob.respond(*invite, 183, "t", reliable(1), bob.answer(*invite, *first.send));
    const auto prack = bob.receive("PRACK");
    QVERIFY(prack && !prack->content.empty());
    bob.respond(*prack, 200, "t");
    QTest::qWait(100);
    QCOMPARE(alice.call().phase, Phase::Calling);
    bob.respond(*invite, 488, "t", {}, bob.answer(*invite, errorFor(*prack, mikey::ErrorNumber::AuthFailure)));
    QTRY_VERIFY(alice.phone->ended());
    QCOMPARE(alice.call().endedBy, call::EndedBy::Error);
    QCOMPARE(alice.call().sipStatus, 488);
    QVERIFY(alice.call().mikeyError);
    QCOMPARE(alice.call().mikeyError->number, 0);
}

// A certificate that arrives when the call is tried with another method is of no use any more
void EarlyRefusalTest::lateForTheNextAttempt()
{
    QTcpServer web;
    QVERIFY(web.listen(QHostAddress::LocalHost));
    Alice alice([](mikey::Endpoint &endpoint, call::Phone::Config &) { endpoint.x509.fetchUrls = true; });
    auto &bob = alice.bob;
    alice.dial("");
    const auto invite = bob.receive("INVITE");
    QVERIFY(invite);
    const auto url = "http://127.0.0.1:" + std::to_string(web.serverPort()) + "/a.cer";
    bob.respond(*invite, 183, "t", reliable(1), bob.answer(*invite, namingCertificate(bob, url)));
    QTRY_VERIFY(web.hasPendingConnections());
    auto *connection = web.nextPendingConnection();
    bob.respond(*invite, 488, "t", {}, bob.answer(*invite, errorFor(*invite, mikey::ErrorNumber::UnsupportedMessage)));
    const auto again = bob.receive("INVITE");
    QVERIFY(again);
    connection->write("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    connection->disconnectFromHost();
    QTRY_COMPARE(connection->state(), QAbstractSocket::UnconnectedState);
    QTest::qWait(200);
    QCOMPARE(alice.call().phase, Phase::Calling);
    bob.respond(*again, 486, "u");
    QTRY_VERIFY(alice.phone->ended());
    QVERIFY(!alice.call().mikeyError);
}

// The callee waits for the second message, which takes a re-INVITE where it came in no PRACK
void EarlyRefusalTest::callerStops_data()
{
    QTest::addColumn<bool>("reliable");
    QTest::addColumn<bool>("repeats"); // the first message, as often as it is answered
    QTest::newRow("without PRACK") << false << false;
    QTest::newRow("PRACK without offer") << true << false;
    QTest::newRow("the first message once more") << false << true;
}

void EarlyRefusalTest::callerStops()
{
    QFETCH(bool, reliable);
    QFETCH(bool, repeats);
    auto endpoints = twoEndpoints();
    auto config = TestPhone::config(0);
    config.patienceMs = 500;
    const TestPhone alice(std::move(endpoints[0]));
    TestPhone bob(std::move(endpoints[1]), std::move(config));
    RawCaller caller(alice, bob);
    const auto invitation = caller.offer(caller.initiator->message());
    caller.send("INVITE", reliable ? "Supported: 100rel\r\n" : "", invitation);
    if (reliable) {
        const auto progress = caller.receive(183, "INVITE");
        QVERIFY(progress);
        caller.send("PRACK", "RAck: " + *progress->headers.find("RSeq") + " 1 INVITE\r\n", {});
    }
    QVERIFY(caller.receive(200, "INVITE"));
    caller.acknowledge(1);
    QTRY_COMPARE(bob.call().phase, Phase::Connecting);
    QElapsedTimer repeating;
    for (repeating.start(); repeats && !bob.ended() && repeating.elapsed() < 5000;) {
        caller.send("INVITE", {}, caller.offer(caller.initiator->message()));
        if (caller.receive(200, "INVITE", 100))
            caller.acknowledge(caller.cseq);
    }
    QVERIFY(!repeats || bob.ended());
    QTRY_VERIFY(bob.ended());
    QVERIFY2(bob.call().reason.contains(QLatin1String("did not go on")), qPrintable(bob.call().reason));
    QCOMPARE(bob.call().endedBy, call::EndedBy::Error);
    QVERIFY(!bob.call().establishedAt.isValid());
}

// The caller waits for an answer to its second message
void EarlyRefusalTest::calleeStops()
{
    Alice alice([](mikey::Endpoint &, call::Phone::Config &config) { config.patienceMs = 300; });
    auto &bob = alice.bob;
    alice.dial();
    const auto invite = bob.receive("INVITE");
    QVERIFY(invite);
    const auto first = bob.take(*invite);
    QVERIFY(first.send);
    bob.respond(*invite, 200, "t", {}, bob.answer(*invite, *first.send));
    QVERIFY(bob.receive("ACK"));
    QTRY_VERIFY(alice.phone->ended());
    QVERIFY2(alice.call().reason.contains(QLatin1String("did not go on")), qPrintable(alice.call().reason));
    QVERIFY(bob.receive("BYE"));
}

// Somebody to whom the call was forked answers nonsense; it goes on with who answers well
void EarlyRefusalTest::oneForkFails()
{
    Alice alice;
    auto &bob = alice.bob;
    alice.dial();
    const auto invite = bob.receive("INVITE");
    QVERIFY(invite);
    bob.respond(*invite, 183, "bad", reliable(1), bob.answer(*invite, nonsense(*invite)));
    QVERIFY(bob.receive("PRACK"));
    const auto bye = bob.receive("BYE");
    QVERIFY(bye);
    QCOMPARE(std::string(bye->to().tag()), "bad");
    bob.respond(*bye, 200, "bad");
    QCOMPARE(alice.call().phase, Phase::Calling);
    QVERIFY(!alice.call().mikeyError && alice.call().security.level == call::Security::Level::Pending);

    const auto first = bob.take(*invite);
    QVERIFY(first.send);
    const auto answer = bob.answer(*invite, *first.send);
    bob.respond(*invite, 183, "good", reliable(1), answer);
    const auto prack = bob.receive("PRACK");
    QVERIFY(prack);
    const auto second = bob.take(*prack);
    QVERIFY2(second.agreement && second.send, second.error ? second.error->reason.c_str() : "");
    bob.respond(*prack, 200, "good", {}, bob.answer(*prack, *second.send));
    bob.respond(*invite, 200, "good");
    QVERIFY(bob.receive("ACK"));
    QTRY_VERIFY(alice.phone->established());
}

// What the call ends with is why their keys came to nothing
void EarlyRefusalTest::allForksFail()
{
    Alice alice;
    auto &bob = alice.bob;
    alice.dial();
    const auto invite = bob.receive("INVITE");
    QVERIFY(invite);
    for (const auto *tag : {"one", "two"}) {
        bob.respond(*invite, 183, tag, reliable(1), bob.answer(*invite, nonsense(*invite)));
        QVERIFY(bob.receive("BYE"));
    }
    QVERIFY(alice.phone->phone.hasLiveCalls());
    bob.respond(*invite, 487, "one");
    QTRY_VERIFY(alice.phone->ended());
    QCOMPARE(alice.call().endedBy, call::EndedBy::Error);
    QVERIFY(alice.call().mikeyError);
    QCOMPARE(alice.call().security.level, call::Security::Level::Refused);
}

// Whose keys were agreed early is not who is on the line
void EarlyRefusalTest::anotherForkAnswers()
{
    Alice alice;
    auto &bob = alice.bob;
    alice.dial();
    const auto invite = bob.receive("INVITE");
    QVERIFY(invite);
    const auto first = bob.take(*invite);
    QVERIFY(first.send);
    bob.respond(*invite, 183, "early", reliable(1), bob.answer(*invite, *first.send));
    const auto prack = bob.receive("PRACK");
    QVERIFY(prack);
    const auto second = bob.take(*prack);
    QVERIFY(second.send);
    bob.respond(*prack, 200, "early", {}, bob.answer(*prack, *second.send));
    QTRY_COMPARE(alice.call().security.level, call::Security::Level::Verified);
    QVERIFY(!alice.call().keys.empty());
    bob.respond(*invite, 200, "other", {}, bob.answer(*invite, *first.send));
    QVERIFY(bob.receive("ACK"));
    QTRY_COMPARE(alice.call().phase, Phase::Connecting);
    QCOMPARE(alice.call().security.level, call::Security::Level::Pending);
    QVERIFY(alice.call().security.verifiedPeer.isEmpty() && alice.call().keys.empty());
}

// The caller is told that it rings when it rings
void EarlyRefusalTest::ringsAt180()
{
    Alice alice;
    auto &bob = alice.bob;
    alice.dial("psk");
    const auto invite = bob.receive("INVITE");
    QVERIFY(invite);
    for (const int status : {181, 182, 183, 199})
        bob.respond(*invite, status, "t");
    bob.respond(*invite, 183, "t", reliable(1));
    QVERIFY(bob.receive("PRACK")); // so all of them have come
    QCOMPARE(alice.call().phase, Phase::Calling);
    bob.respond(*invite, 180, "t");
    QTRY_COMPARE(alice.call().phase, Phase::Ringing);
}

// Keys were agreed early, and then the call fails: the keys were not refused
void EarlyRefusalTest::endsForAnotherReason()
{
    Alice alice;
    auto &bob = alice.bob;
    alice.dial();
    const auto invite = bob.receive("INVITE");
    QVERIFY(invite);
    const auto first = bob.take(*invite);
    QVERIFY(first.send);
    bob.respond(*invite, 183, "t", reliable(1), bob.answer(*invite, *first.send));
    const auto prack = bob.receive("PRACK");
    QVERIFY(prack);
    const auto second = bob.take(*prack);
    QVERIFY(second.send);
    bob.respond(*prack, 200, "t", {}, bob.answer(*prack, *second.send));
    QTRY_COMPARE(alice.call().security.level, call::Security::Level::Verified);
    bob.contactTransport = ";transport=tls"; // where no ACK can go
    bob.respond(*invite, 200, "t");
    QTRY_VERIFY(alice.phone->ended());
    QCOMPARE(alice.call().endedBy, call::EndedBy::Error);
    QVERIFY(!alice.call().mikeyError);
    QCOMPARE(alice.call().security.level, call::Security::Level::Pending);
    QVERIFY(alice.call().security.agreedAt.isValid());
}

QTEST_GUILESS_MAIN(EarlyRefusalTest)
#include "early_refusal_test.moc"
