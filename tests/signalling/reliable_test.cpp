// SPDX-License-Identifier: Apache-2.0
// Reliable provisional responses (RFC 3262) and UPDATE (RFC 3311) in the user agent core.
#include "simulated_network.h"

#include "sip/serialiser.h"

#include <QTest>

#include <algorithm>

using namespace sip;
using namespace std::chrono_literals;
using simulated::Network;
using simulated::Phone;

namespace {

const Body first{"application/sdp", "first answer"}, second{"application/sdp", "second offer"},
    third{"application/sdp", "second answer"};

std::string field(const std::string &message, const std::string &name)
{
    const auto parsed = parseDatagram(message);
    const Headers &headers = parsed.request() ? parsed.request()->headers : parsed.response()->headers;
    const auto *value = headers.find(name);
    return value ? *value : std::string();
}

std::vector<std::string> sent(const Network &network, const std::string &start)
{
    std::vector<std::string> result;
    std::ranges::copy_if(network.wire, std::back_inserter(result), [&](auto &text) { return text.starts_with(start); });
    return result;
}

int statusOf(const std::string &message)
{
    const auto parsed = parseDatagram(message);
    return parsed.response() ? parsed.response()->status : 0;
}

/// "200 PRACK, 488 INVITE": the final responses to these, in their order. A 200 with a body is "200+".
std::string finalResponses(const Network &network)
{
    std::string result;
    for (const auto &message : network.wire) {
        const auto method = field(message, "CSeq").substr(field(message, "CSeq").find(' ') + 1);
        if (statusOf(message) >= 200 && (method == "PRACK" || method == "INVITE"))
            result += (result.empty() ? "" : ", ") + std::to_string(statusOf(message)) +
                      (parseDatagram(message).response()->content.empty() ? " " : "+ ") + method;
    }
    return result;
}

struct Two
{
    Network network;
    Phone &alice = network.add("alice", "192.0.2.1");
    Phone &bob = network.add("bob", "192.0.2.2");
    SessionId out = 0, in = 0;

    explicit Two(unsigned seed = 1, simulated::Conditions conditions = {}) : network(seed, conditions) {}
    void call()
    {
        out = network.call(alice, bob);
        network.run(5s);
        in = bob.incoming.at(0);
    }
    void establish()
    {
        bob.autoAnswer = true;
        call();
    }
};

/// A request of a raw peer at 192.0.2.99 in the dialog of its INVITE, or that INVITE.
struct RawRequest
{
    std::string method = "INVITE";
    std::string toTag{};
    int cseq = 1;
    std::string more{};
    std::string body{};

    std::string text() const
    {
        return method + " sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bK" + method +
               std::to_string(cseq) +
               "\r\nMax-Forwards: 70\r\nFrom: <sip:raw@192.0.2.99>;tag=rawtag\r\nTo: " + "<sip:b@192.0.2.2>" +
               (toTag.empty() ? "" : ";tag=" + toTag) + "\r\nCall-ID: raw-call\r\nCSeq: " + std::to_string(cseq) + ' ' +
               method + "\r\nContact: <sip:raw@192.0.2.99>\r\n" + more +
               (body.empty() ? "" : "Content-Type: application/sdp\r\n") +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
};

/// A response of a raw callee to a request of ours.
std::string responseTo(const std::string &request, int status, const std::string &tag, const std::string &more = {},
                       const std::string &body = {})
{
    auto response = makeResponse(*parseDatagram(request).request(), status, tag);
    if (!body.empty())
        response.setBody({"application/sdp", body});
    auto text = serialise(response);
    return text.insert(text.find("\r\n") + 2, "Contact: <sip:raw@192.0.2.99>\r\n" + more);
}

std::string reliable(unsigned rseq)
{
    return "Require: 100rel\r\nRSeq: " + std::to_string(rseq) + "\r\n";
}

} // namespace

class ReliableTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void headers();
    void twoRoundTrips_data();
    void twoRoundTrips();
    void withoutOffer();
    void notOffered();
    void required();
    void neverConfirmed();
    void cancelled();
    void prackCrossesRefusal_data();
    void prackCrossesRefusal();
    void wrongPracks_data();
    void wrongPracks();
    void offerTooEarly();
    void orderOfResponses();
    void forks();
    void oneForkEnds();
    void onlyForkEnds();
    void endedForkGoesOnRinging_data();
    void endedForkGoesOnRinging();
    void prackWithForeignBody();
    void prackRefused();
    void prackNeverAnswered();
    void hungUpWithoutAnswerToPrack();
    void outsideOfDialogs();
    void update();
    void earlyUpdates();
    void nothingAfterBye();
    void updateUnknownToThePeer();
    void updatesCross();
    void updateDuringReinvite();
    void targetRefresh();
    void neverAnswered();
    void answeredTooLate();
    void answeredAfterCancel();
};

void ReliableTest::headers()
{
    QCOMPARE(RAck::parse("776656 1 INVITE")->toString(), "776656 1 INVITE");
    QCOMPARE(RAck::parse(" 4294967295   2  INVITE ")->rseq, 4294967295u);
    for (const auto *bad : {"", "1", "1 1", "0 1 INVITE", "4294967296 1 INVITE", "1 x INVITE", "1 1 INVITE more"})
        QVERIFY2(!RAck::parse(bad), bad);
    QVERIFY(!parseRSeq("0") && !parseRSeq("x") && !parseRSeq("4294967296"));
}

// RFC 3262: the way of MIKEY-IBAKE (D-16), also over a network that loses and repeats
void ReliableTest::twoRoundTrips_data()
{
    QTest::addColumn<double>("loss");
    QTest::newRow("clean") << 0.0;
    QTest::newRow("a quarter lost") << 0.25;
}

void ReliableTest::twoRoundTrips()
{
    QFETCH(double, loss);
    for (unsigned seed = 1; seed <= (loss > 0 ? 30u : 1u); ++seed) {
        Two two(seed, {loss, loss / 2, 50ms});
        auto &[network, alice, bob, out, in] = two;
        alice.autoPrack = second;
        two.call();
        QVERIFY(bob.core.info(in)->takesReliable);
        bob.core.progress(in, 183, first, network.now);
        bob.core.ring(in, network.now); // waits
        bob.core.accept(in, {}, network.now);
        network.run(12s);
        QCOMPARE(alice.earlyAnswers.size(), std::size_t(1));
        QCOMPARE(alice.earlyAnswers[0].answer, first);
        QCOMPARE(bob.offers.size(), std::size_t(1));
        QCOMPARE(bob.offers[0].second, second);
        QVERIFY(alice.answered.empty()); // held
        bob.core.answerReinvite(in, bob.lastOffer, third, network.now);
        network.run(12s);
        QCOMPARE(alice.prackAnswers.size(), std::size_t(1));
        QCOMPARE(alice.prackAnswers[0].answer, third);
        QCOMPARE(alice.prackAnswers[0].dialog, alice.earlyAnswers[0].dialog);
        QCOMPARE(alice.answers.size(), std::size_t(1));
        QCOMPARE(alice.answers[0].answer, first); // the 2xx has none
        QCOMPARE(alice.answers[0].dialog, alice.earlyAnswers[0].dialog);
        alice.core.hangUp(out, {}, network.now); // whose CSeq has to follow that of the PRACK
        network.run(12s);
        QVERIFY2(bob.ended.contains(in) && bob.ended.at(in).by == Ending::By::Peer, qPrintable(QString::number(seed)));
        network.run(2min);
        QVERIFY(!alice.core.deadline() && !bob.core.deadline());
    }
}

void ReliableTest::withoutOffer()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    alice.autoPrack = Body();
    two.call();
    bob.core.progress(in, 183, first, network.now);
    network.run(100ms);
    QCOMPARE(bob.confirmed, std::vector<SessionId>{in});
    QVERIFY(bob.offers.empty());
    const auto copies = sent(network, "SIP/2.0 183").size();
    bob.core.ring(in, network.now);
    network.run(2min + 100ms);
    QCOMPARE(sent(network, "SIP/2.0 183").size(), copies); // what was confirmed is not sent again
    QVERIFY(sent(network, "SIP/2.0 180").size() >= 3);
    bob.core.accept(in, {}, network.now);
    network.run(1s);
    QCOMPARE(alice.answers[0].answer, first);
}

void ReliableTest::notOffered()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.body = "offer"}.text());
    QVERIFY(!bob.core.info(bob.incoming[0])->takesReliable);
    bob.core.progress(bob.incoming[0], 183, first, network.now);
    network.run(100ms);
    QVERIFY(sent(network, "SIP/2.0 183").empty());
}

// Section 3: where the caller requires it, each provisional response is reliable
void ReliableTest::required()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.more = "Require: 100rel\r\n", .body = "offer"}.text());
    const auto in = bob.incoming.at(0);
    bob.core.ring(in, network.now);
    network.run(100ms);
    const auto ringing = sent(network, "SIP/2.0 180").at(0);
    QCOMPARE(field(ringing, "Require"), "100rel");
    const auto rseq = field(ringing, "RSeq");
    bob.core.accept(in, first, network.now);
    network.run(100ms);
    QVERIFY(sent(network, "SIP/2.0 200").empty());
    const std::string tag(parseDatagram(ringing).response()->to().tag());
    network.inject(bob, RawRequest{"PRACK", tag, 2, "RAck: " + rseq + " 1 INVITE\r\n"}.text());
    network.run(100ms);
    QCOMPARE(field(sent(network, "SIP/2.0 200").at(0), "CSeq"), "2 PRACK");
    QCOMPARE(field(sent(network, "SIP/2.0 200").at(1), "CSeq"), "1 INVITE");
}

void ReliableTest::neverConfirmed()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    two.call(); // Alice's user says nothing to what comes early
    const auto begun = network.now;
    bob.core.progress(in, 183, first, begun);
    network.run(31s);
    QCOMPARE(sent(network, "SIP/2.0 183").size(),
             std::size_t(6)); // 0, .5, 1.5, 3.5, 7.5, 15.5 s: no limit T2
    network.run(5s);
    QCOMPARE(bob.ended.at(in).status, 504);
    QCOMPARE(alice.ended.at(out).status, 504);
    QCOMPARE(alice.earlyAnswers.size(), std::size_t(1));
}

void ReliableTest::cancelled()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    alice.autoPrack = second;
    two.call();
    bob.core.progress(in, 183, first, network.now);
    network.run(100ms);
    bob.core.accept(in, {}, network.now);
    alice.core.hangUp(out, {}, network.now);
    network.run(100ms);
    QVERIFY(bob.ended.at(in).by == Ending::By::Peer);
    QCOMPARE(finalResponses(network), "200 PRACK, 487 INVITE");
    bob.core.answerReinvite(in, bob.lastOffer, third, network.now);
    network.run(2min);
    QVERIFY(alice.answered.empty());
    QVERIFY(!alice.core.deadline() && !bob.core.deadline());
}

// Section 3: a PRACK that matches is answered with 2xx, though our final response has overtaken it
void ReliableTest::prackCrossesRefusal_data()
{
    QTest::addColumn<QString>("offer");
    QTest::newRow("without offer") << "";
    QTest::newRow("with an offer") << "second offer";
}

void ReliableTest::prackCrossesRefusal()
{
    QFETCH(QString, offer);
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.more = "Supported: 100rel\r\n", .body = "offer"}.text());
    const auto in = bob.incoming.at(0);
    bob.core.progress(in, 183, first, network.now);
    network.run(100ms);
    const auto progress = sent(network, "SIP/2.0 183").at(0);
    const std::string tag(parseDatagram(progress).response()->to().tag());
    bob.core.reject(in, {}, network.now);
    network.run(1ms);
    QCOMPARE(sent(network, "SIP/2.0 603").size(), std::size_t(1));
    const auto rack = "RAck: " + field(progress, "RSeq") + " 1 INVITE\r\n";
    network.inject(bob, RawRequest{"PRACK", tag, 2, "RAck: 1 1 INVITE\r\n"}.text()); // of another response
    QCOMPARE(field(network.wire.back(), "CSeq"), "2 PRACK");
    QCOMPARE(statusOf(network.wire.back()), 481);
    network.inject(bob, RawRequest{"PRACK", tag, 3, rack, offer.toStdString()}.text());
    QCOMPARE(field(network.wire.back(), "CSeq"), "3 PRACK");
    QCOMPARE(statusOf(network.wire.back()), 200);
    QVERIFY(bob.offers.empty() && bob.confirmed.empty());
}

void ReliableTest::wrongPracks_data()
{
    QTest::addColumn<QString>("rack"); // %1: the right RSeq
    QTest::addColumn<int>("status");
    QTest::newRow("right") << "RAck: %1 1 INVITE\r\n" << 200;
    QTest::newRow("none") << "" << 400;
    QTest::newRow("malformed") << "RAck: INVITE\r\n" << 400;
    QTest::newRow("another response") << "RAck: 1 1 INVITE\r\n" << 481;
    QTest::newRow("another request") << "RAck: %1 2 INVITE\r\n" << 481;
    QTest::newRow("another method") << "RAck: %1 1 UPDATE\r\n" << 481;
    QTest::newRow("an extension") << "RAck: %1 1 INVITE\r\nRequire: foo\r\n" << 420;
}

void ReliableTest::wrongPracks()
{
    QFETCH(QString, rack);
    QFETCH(int, status);
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.more = "Supported: 100rel\r\n", .body = "offer"}.text());
    bob.core.progress(bob.incoming[0], 183, first, network.now);
    network.run(100ms);
    const auto progress = sent(network, "SIP/2.0 183").at(0);
    const std::string tag(parseDatagram(progress).response()->to().tag());
    const auto text =
        !rack.contains(QLatin1String("%1")) ? rack : rack.arg(QString::fromStdString(field(progress, "RSeq")));
    network.inject(bob, RawRequest{"PRACK", tag, 2, text.toStdString()}.text());
    QCOMPARE(statusOf(network.wire.back()), status);
    QCOMPARE(bob.confirmed.size(), std::size_t(status == 200));
    network.inject(bob, RawRequest{"PRACK", tag, 3, text.toStdString()}.text()); // there is nothing to confirm any more
    QCOMPARE(statusOf(network.wire.back()), status == 200 ? 481 : status);
}

// RFC 3264: not before the offer of the INVITE has its answer
void ReliableTest::offerTooEarly()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.more = "Require: 100rel\r\n", .body = "offer"}.text());
    bob.core.ring(bob.incoming[0], network.now);
    network.run(100ms);
    const auto ringing = sent(network, "SIP/2.0 180").at(0);
    const std::string tag(parseDatagram(ringing).response()->to().tag());
    network.inject(bob, RawRequest{"UPDATE", tag, 2, {}, "offer"}.text());
    QCOMPARE(statusOf(network.wire.back()), 500);
    QVERIFY(!field(network.wire.back(), "Retry-After").empty());
    const auto rack = "RAck: " + field(ringing, "RSeq") + " 1 INVITE\r\n";
    network.inject(bob, RawRequest{"PRACK", tag, 3, rack, "offer"}.text());
    QCOMPARE(finalResponses(network), "200 PRACK, 500 INVITE");
    QVERIFY(bob.offers.empty());
    QCOMPARE(bob.ended.at(bob.incoming[0]).status, 500);
    QVERIFY(bob.ended.at(bob.incoming[0]).by == Ending::By::Error);
}

// Section 4: a copy is not acknowledged anew, and none is taken before the one that goes before it
void ReliableTest::orderOfResponses()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &raw = network.add("raw", "192.0.2.99");
    const auto out = network.call(alice, raw);
    const auto invite = network.wire.at(0);
    QCOMPARE(field(invite, "Supported"), "100rel");
    const auto pracks = [&] { return sent(network, "PRACK").size(); };
    network.inject(alice, responseTo(invite, 180, "t", reliable(7)));
    QCOMPARE(pracks(), std::size_t(1));
    QCOMPARE(field(network.wire.back(), "RAck"), "7 1 INVITE");
    QCOMPARE(field(network.wire.back(), "CSeq"), "2 PRACK");
    network.inject(alice, responseTo(invite, 180, "t", reliable(7)));
    network.inject(alice, responseTo(invite, 183, "t", reliable(9)));
    QCOMPARE(pracks(), std::size_t(1));
    network.inject(alice, responseTo(invite, 183, "t", reliable(8), "answer"));
    QCOMPARE(alice.earlyAnswers.size(), std::size_t(1));
    network.inject(alice, responseTo(invite, 180, "t", reliable(9))); // our user has not said what to offer
    QCOMPARE(pracks(), std::size_t(1));
    alice.core.prack(out, "t", {}, network.now);
    network.run(1ms);
    QCOMPARE(pracks(), std::size_t(2));
    QCOMPARE(field(sent(network, "PRACK").back(), "RAck"), "8 1 INVITE");
    alice.core.prack(out, "t", second, network.now); // once
    alice.core.prack(out, "unknown", second, network.now);
    network.inject(alice, responseTo(invite, 183, "t", reliable(9), "a later answer")); // is ignored, but confirmed
    QCOMPARE(pracks(), std::size_t(3));
    QCOMPARE(alice.earlyAnswers.size(), std::size_t(1));
    network.inject(alice, responseTo(invite, 100, "u", reliable(1)));
    network.inject(alice, responseTo(invite, 183, "u", "Require: 100rel\r\nRSeq: x\r\n"));
    network.inject(alice, responseTo(invite, 183, "u", "Require: 100rel\r\nRSeq: 0\r\n"));
    QCOMPARE(pracks(), std::size_t(3));
    network.inject(alice, responseTo(invite, 200, "t"));
    QCOMPARE(alice.answers.at(0).answer.content, "answer");
    alice.core.hangUp(out, {}, network.now);
    network.run(1ms);
    QCOMPARE(field(sent(network, "BYE").at(0), "CSeq"), "5 BYE");
}

void ReliableTest::forks()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &raw = network.add("raw", "192.0.2.99");
    alice.autoPrack = second;
    network.call(alice, raw);
    const auto invite = network.wire.at(0);
    for (int fork = 0; fork < 20; ++fork)
        network.inject(alice, responseTo(invite, 183, "fork" + std::to_string(fork), reliable(1), "answer"));
    QCOMPARE(alice.earlyAnswers.size(), std::size_t(8));
    const auto pracks = sent(network, "PRACK");
    QCOMPARE(pracks.size(), std::size_t(8));
    network.inject(alice, responseTo(pracks[3], 200, {}, {}, "to the third"));
    QCOMPARE(alice.prackAnswers.at(0).dialog, "fork3");
    QCOMPARE(alice.prackAnswers.at(0).answer.content, "to the third");
    network.inject(alice, responseTo(invite, 200, "fork3"));
    QCOMPARE(alice.answers.at(0).dialog, "fork3");
    network.inject(alice, responseTo(invite, 200, "fork5")); // a second one is ended, in its turn
    QCOMPARE(field(sent(network, "BYE").at(0), "CSeq"), "3 BYE");
}

// RFC 3261 15: BYE before the call is answered
void ReliableTest::oneForkEnds()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &raw = network.add("raw", "192.0.2.99");
    alice.autoPrack = Body();
    const auto out = network.call(alice, raw);
    const auto invite = network.wire.at(0);
    network.inject(alice, responseTo(invite, 183, "one", reliable(1), "answer"));
    network.inject(alice, responseTo(invite, 183, "two", reliable(1), "answer"));
    alice.core.endEarly(out, "one", {.status = 488, .reason = {}, .body = {}, .warningCode = 0, .warningText = {}},
                        network.now);
    alice.core.endEarly(out, "one", {}, network.now);
    alice.core.endEarly(out, "unknown", {}, network.now);
    network.run(1ms);
    const auto byes = sent(network, "BYE");
    QCOMPARE(byes.size(), std::size_t(1));
    QCOMPARE(std::string(parseDatagram(byes[0]).request()->to().tag()), "one");
    QVERIFY(field(byes[0], "Reason").starts_with("SIP;cause=488"));
    const auto pracks = sent(network, "PRACK").size();
    network.inject(alice, responseTo(invite, 180, "one", reliable(2))); // it is over
    QCOMPARE(sent(network, "PRACK").size(), pracks);
    network.inject(alice, responseTo(invite, 180, "two", reliable(2)));
    QCOMPARE(sent(network, "PRACK").size(), pracks + 1);
    QVERIFY(alice.ended.empty());
    network.inject(alice, responseTo(invite, 200, "two"));
    QCOMPARE(alice.answers.at(0).dialog, "two");
}

// Where there is no other, the callee refuses the INVITE
void ReliableTest::onlyForkEnds()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    alice.autoPrack = Body();
    two.call();
    bob.core.progress(in, 183, first, network.now);
    network.run(100ms);
    alice.core.endEarly(out, alice.earlyAnswers.at(0).dialog, {}, network.now);
    network.run(100ms);
    QCOMPARE(finalResponses(network), "200 PRACK, 487 INVITE");
    QCOMPARE(alice.ended.at(out).status, 487);
    QVERIFY(bob.ended.at(in).by == Ending::By::Peer);
    network.run(2min);
    QVERIFY(!alice.core.deadline() && !bob.core.deadline());
}

void ReliableTest::endedForkGoesOnRinging_data()
{
    QTest::addColumn<bool>("others");
    QTest::newRow("alone") << false;
    QTest::newRow("another one rings") << true;
}

// A peer that answers our early BYE and leaves the INVITE open: it is given up, but not while others ring
void ReliableTest::endedForkGoesOnRinging()
{
    QFETCH(const bool, others);
    Network network(1, {.loss = 1}); // the raw peer is played here alone
    auto &alice = network.add("alice", "192.0.2.1");
    auto &raw = network.add("raw", "192.0.2.99");
    alice.autoPrack = Body();
    const auto out = network.call(alice, raw);
    const auto invite = network.wire.at(0);
    network.inject(alice, responseTo(invite, 183, "one", reliable(1), "answer"));
    if (others)
        network.inject(alice, responseTo(invite, 180, "two"));
    alice.core.endEarly(out, "one", {}, network.now);
    network.run(1ms);
    network.inject(alice, responseTo(sent(network, "BYE").at(0), 200, {}));
    network.inject(alice, responseTo(sent(network, "PRACK").at(0), 200, {}));
    const auto before = alice.ringing;
    for (int i = 0; i < 12; ++i) { // two minutes of it
        network.inject(alice, responseTo(invite, 180, "one"));
        network.run(10s);
    }
    QCOMPARE(alice.ringing, before);
    QCOMPARE(alice.ended.contains(out), !others);
    if (!others)
        QCOMPARE(alice.ended.at(out).status, 487); // as if he had refused, so that the keys' fault is the reason
    QCOMPARE(sent(network, "CANCEL").empty(), others);
}

// RFC 3262 3: whatever a PRACK brings, it gets a 2xx
void ReliableTest::prackWithForeignBody()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    alice.autoPrack = Body{"text/plain", "hello"};
    two.call();
    bob.core.progress(in, 183, first, network.now);
    network.run(100ms);
    QCOMPARE(finalResponses(network), "200 PRACK");
}

// Section 3 and RFC 6337 2.3, pattern 5: 2xx to the PRACK, and the INVITE is refused over what it offered
void ReliableTest::prackRefused()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    alice.autoPrack = second;
    two.call();
    bob.core.progress(in, 183, first, network.now);
    network.run(100ms);
    bob.core.ring(in, network.now);
    bob.core.accept(in, {}, network.now);
    bob.core.rejectReinvite(in, bob.lastOffer,
                            {.status = 0, .reason = {}, .body = third, .warningCode = 306, .warningText = "bad key"},
                            network.now);
    network.run(100ms);
    QCOMPARE(finalResponses(network), "200 PRACK, 488+ INVITE");
    QVERIFY(sent(network, "SIP/2.0 180").empty()); // what waited for the PRACK is not to be
    QVERIFY(alice.prackFailed.empty());            // the two may arrive in either order
    QCOMPARE(alice.ended.at(out).status, 488);
    QCOMPARE(alice.ended.at(out).warning, "bad key");
    QCOMPARE(alice.ended.at(out).body, third);
    QCOMPARE(bob.ended.at(in).status, 488);
    network.run(2min);
    QVERIFY(!alice.core.deadline() && !bob.core.deadline());
}

void ReliableTest::prackNeverAnswered()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    alice.autoPrack = second;
    two.call();
    bob.core.progress(in, 183, first, network.now);
    network.run(17s);
    QCOMPARE(finalResponses(network), "200 PRACK, 504 INVITE");
    QCOMPARE(alice.ended.at(out).status, 504);
    QCOMPARE(bob.ended.at(in).status, 504);
}

void ReliableTest::hungUpWithoutAnswerToPrack()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    alice.autoPrack = second;
    two.call();
    bob.core.progress(in, 183, first, network.now);
    network.run(100ms);
    bob.core.hangUp(in, {}, network.now);
    network.run(100ms);
    QCOMPARE(finalResponses(network), "200 PRACK, 480 INVITE");
}

void ReliableTest::outsideOfDialogs()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    for (const auto *method : {"PRACK", "UPDATE"}) {
        network.inject(bob, RawRequest{.method = method}.text());
        QCOMPARE(statusOf(network.wire.back()), 481);
        network.inject(bob, RawRequest{.method = method, .toTag = "x", .cseq = 2}.text());
        QCOMPARE(statusOf(network.wire.back()), 481);
    }
}

// RFC 3311: a change by UPDATE is as one by re-INVITE, but for the ACK
void ReliableTest::update()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    two.establish();
    alice.core.update(out, second, network.now);
    network.run(100ms);
    QCOMPARE(sent(network, "UPDATE").size(), std::size_t(1));
    QVERIFY(!field(sent(network, "UPDATE").at(0), "Contact").empty());
    QCOMPARE(bob.offers.at(0).second, second);
    QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1));
    QCOMPARE(bob.acknowledged.size(), std::size_t(2)); // of the INVITE, and in the place of an ACK
    bob.core.update(in, second, network.now);          // and the other way
    network.run(100ms);
    QCOMPARE(alice.offers.size(), std::size_t(1));
    alice.core.rejectReinvite(out, alice.lastOffer, {}, network.now);
    network.run(100ms);
    QCOMPARE(bob.reinviteFailed.at(0).status, 488);
    QVERIFY(alice.ended.empty() && bob.ended.empty());
}

// RFC 3311 5.2: one offer at a time, also in an early dialog
void ReliableTest::earlyUpdates()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &raw = network.add("raw", "192.0.2.99");
    const auto out = network.call(alice, raw);
    const auto invite = network.wire.at(0);
    const auto parsed = parseDatagram(invite);
    const auto update = [&](int cseq) {
        auto text = RawRequest{"UPDATE", std::string(parsed.request()->from().tag()), cseq, {}, "offer"}.text();
        text.replace(text.find("tag=rawtag"), 10, "tag=t");
        return text.replace(text.find("raw-call"), 8, parsed.request()->callId());
    };
    network.inject(alice, update(1));
    QCOMPARE(statusOf(network.wire.back()), 481); // of no dialog
    network.inject(alice, responseTo(invite, 183, "t", reliable(1), "answer"));
    network.inject(alice, update(1));
    QCOMPARE(statusOf(network.wire.back()), 491); // what we offer with the PRACK comes first
    alice.core.prack(out, "t", {}, network.now);
    network.run(1ms);
    network.inject(alice, update(2));
    QCOMPARE(alice.offers.size(), std::size_t(1));
    network.inject(alice, update(3));
    QCOMPARE(statusOf(network.wire.back()), 500);
    alice.core.rejectReinvite(out, alice.lastOffer, {}, network.now);
    network.run(1ms);
    QCOMPARE(field(sent(network, "SIP/2.0 488").at(0), "CSeq"), "2 UPDATE");
    network.inject(alice, update(4));
    QCOMPARE(alice.offers.size(), std::size_t(2));
}

// Nothing is sent in a dialog that the peer has ended, though it waited for its turn
void ReliableTest::nothingAfterBye()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    two.establish();
    bob.autoAnswer = false;
    alice.core.update(out, second, network.now);
    network.run(100ms);
    bob.core.reinvite(in, third, network.now); // waits
    alice.core.hangUp(out, {}, network.now);
    network.run(1s);
    QVERIFY(bob.ended.contains(in));
    QCOMPARE(sent(network, "INVITE").size(), std::size_t(1));
}

void ReliableTest::updateUnknownToThePeer()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.body = "offer"}.text()); // without Allow
    const auto in = bob.incoming.at(0);
    bob.core.accept(in, first, network.now);
    network.run(10ms);
    const std::string tag(parseDatagram(sent(network, "SIP/2.0 200").at(0)).response()->to().tag());
    auto ack = RawRequest{"ACK", tag, 1}.text();
    network.inject(bob, ack);
    bob.core.update(in, second, network.now);
    network.run(10ms);
    QVERIFY(sent(network, "UPDATE").empty());
    QCOMPARE(sent(network, "INVITE sip:raw").size(), std::size_t(1));
}

void ReliableTest::updatesCross()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    two.establish();
    alice.autoAnswer = true;
    alice.core.update(out, second, network.now);
    bob.core.update(in, third, network.now);
    network.run(10s);
    QVERIFY(!sent(network, "SIP/2.0 491").empty());
    QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1)); // each after a wait of its own
    QCOMPARE(bob.reinviteAnswered.size(), std::size_t(1));
}

void ReliableTest::updateDuringReinvite()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    two.establish();
    bob.autoAnswer = false;
    alice.core.reinvite(out, second, network.now);
    network.run(100ms);
    const auto invite = sent(network, "INVITE").back();
    const std::string tag(parseDatagram(invite).request()->to().tag());
    auto update = invite;
    update.replace(0, 6, "UPDATE");
    update.replace(update.find("CSeq: 2 INVITE"), 14, "CSeq: 3 UPDATE");
    const auto branch = update.find("z9hG4bK");
    update.replace(branch, 9, "z9hG4bKzz");
    network.inject(bob, update, "192.0.2.1");
    QCOMPARE(statusOf(network.wire.back()), 500);
    bob.core.update(in, third, network.now); // waits for its turn
    network.run(100ms);
    QVERIFY(sent(network, "UPDATE").empty());
    bob.core.answerReinvite(in, bob.lastOffer, first, network.now);
    network.run(100ms);
    QCOMPARE(sent(network, "UPDATE").size(), std::size_t(1));
}

// RFC 3311 5.2: without an offer it may still say where the peer is
void ReliableTest::targetRefresh()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.body = "offer"}.text());
    const auto in = bob.incoming.at(0);
    bob.core.accept(in, first, network.now);
    network.run(10ms);
    const std::string tag(parseDatagram(sent(network, "SIP/2.0 200").at(0)).response()->to().tag());
    network.inject(bob, RawRequest{"ACK", tag, 1}.text());
    auto update = RawRequest{"UPDATE", tag, 2}.text();
    update.replace(update.find("Contact: <sip:raw@"), 18, "Contact: <sip:new@");
    network.inject(bob, update);
    QCOMPARE(statusOf(network.wire.back()), 200);
    QVERIFY(bob.offers.empty());
    bob.core.hangUp(in, {}, network.now);
    network.run(10ms);
    QVERIFY(network.wire.back().starts_with("BYE sip:new@"));
}

// Our user says nothing to an offer
void ReliableTest::neverAnswered()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    two.establish();
    bob.autoAnswer = false;
    alice.core.update(out, second, network.now);
    network.run(40s);
    QCOMPARE(alice.reinviteFailed.at(0).status, 504);
    alice.core.update(out, second, network.now);
    network.run(100ms);
    QCOMPARE(bob.offers.size(), std::size_t(2));
    QVERIFY(alice.ended.empty());
}

// What answers an offer that is over is not taken for the answer to the next one
void ReliableTest::answeredTooLate()
{
    Two two;
    auto &[network, alice, bob, out, in] = two;
    two.establish();
    bob.autoAnswer = false;
    alice.core.update(out, second, network.now);
    network.run(20s);
    const auto over = bob.lastOffer;
    QVERIFY(!bob.core.awaitsAnswer(in, over));
    alice.core.update(out, third, network.now);
    network.run(100ms);
    QCOMPARE(bob.offers.size(), std::size_t(2));
    bob.core.answerReinvite(in, over, first, network.now);
    bob.core.rejectReinvite(in, over, {}, network.now);
    network.run(100ms);
    QVERIFY(alice.reinviteAnswered.empty());
    QCOMPARE(alice.reinviteFailed.size(), std::size_t(1)); // the first
    QVERIFY(bob.core.awaitsAnswer(in, bob.lastOffer));
    bob.core.answerReinvite(in, bob.lastOffer, first, network.now);
    network.run(100ms);
    QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1));
}

// The same with re-INVITEs
void ReliableTest::answeredAfterCancel()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.body = "offer"}.text());
    const auto in = bob.incoming.at(0);
    bob.core.accept(in, first, network.now);
    network.run(10ms);
    const std::string tag(parseDatagram(sent(network, "SIP/2.0 200").at(0)).response()->to().tag());
    network.inject(bob, RawRequest{"ACK", tag, 1}.text());
    const auto change = RawRequest{"INVITE", tag, 2, {}, "offer"}.text();
    network.inject(bob, change);
    const auto over = bob.lastOffer;
    auto cancel = RawRequest{"CANCEL", tag, 2}.text();
    cancel.replace(cancel.find("z9hG4bKCANCEL"), 13, "z9hG4bKINVITE"); // it has the branch of what it cancels
    network.inject(bob, cancel);
    QCOMPARE(sent(network, "SIP/2.0 487").size(), std::size_t(1));
    network.inject(bob, RawRequest{"INVITE", tag, 3, {}, "offer"}.text());
    QCOMPARE(bob.offers.size(), std::size_t(2));
    bob.core.answerReinvite(in, over, second, network.now);
    bob.core.rejectReinvite(in, over, {}, network.now);
    network.run(10ms);
    QVERIFY(bob.core.awaitsAnswer(in, bob.lastOffer));
    bob.core.answerReinvite(in, bob.lastOffer, third, network.now);
    network.run(10ms);
    QCOMPARE(parseDatagram(network.wire.back()).response()->body(), third);
}

QTEST_GUILESS_MAIN(ReliableTest)
#include "reliable_test.moc"
