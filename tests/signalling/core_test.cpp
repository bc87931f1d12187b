// SPDX-License-Identifier: Apache-2.0
// The user agent core: calls between cores over a simulated network, and raw messages against one core.
#include "simulated_network.h"

#include "sip/serialiser.h"

#include <QTest>

#include <algorithm>

using namespace sip;
using namespace std::chrono_literals;
using simulated::Network;

namespace {

const Body offer{"application/sdp", "another offer"};

/// The messages of a kind in what was sent.
std::vector<std::string> sent(const Network &network, const std::string &start)
{
    std::vector<std::string> result;
    std::ranges::copy_if(network.wire, std::back_inserter(result), [&](auto &text) { return text.starts_with(start); });
    return result;
}

int lastStatus(const Network &network)
{
    const auto parsed = parseDatagram(network.wire.back());
    return parsed.response() ? parsed.response()->status : 0;
}

std::string field(const std::string &message, const std::string &name)
{
    const auto parsed = parseDatagram(message);
    const Headers &headers = parsed.request() ? parsed.request()->headers : parsed.response()->headers;
    const auto *value = headers.find(name);
    return value ? *value : std::string();
}

/// A request of a raw peer at 192.0.2.99.
struct RawRequest
{
    std::string method = "INVITE";
    std::string branch = "z9hG4bKraw1";
    std::string toTag{};
    std::string callId = "raw-call";
    int cseq = 1;
    std::string more{};
    std::string body{};

    std::string text() const
    {
        return method + " sip:b@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.99:5060;branch=" + branch +
               "\r\nMax-Forwards: 70\r\nFrom: <sip:raw@192.0.2.99>;tag=rawtag\r\nTo: <sip:b@192.0.2.2>" +
               (toTag.empty() ? "" : ";tag=" + toTag) + "\r\nCall-ID: " + callId + "\r\nCSeq: " + std::to_string(cseq) +
               ' ' + method + "\r\nContact: <sip:raw@192.0.2.99>\r\n" + more +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
};

/// Answers the last INVITE that was sent, as a raw peer would.
std::string responseTo(const std::string &request, const std::string &status, const std::string &tag,
                       const std::string &more = {})
{
    const auto parsed = parseDatagram(request);
    auto response = makeResponse(*parsed.request(), std::stoi(status), tag);
    auto text = serialise(response);
    return text.insert(text.find("\r\n") + 2, more);
}

} // namespace

class CoreTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void call();
    void callOverTcp();
    void lossyNetwork_data();
    void lossyNetwork();
    void nobodyAnswers();
    void nobodyListens();
    void ringsTooLong();
    void expires();
    void ringsAgain();
    void refusal();
    void hangUpBeforeProvisional();
    void hangUpWhileRinging();
    void cancelCrossesAnswer();
    void cancelWithoutEffect();
    void byeWaitsForAck();
    void ackNeverComes();
    void lostAckIsRepeated();
    void forks();
    void byeReason();
    void byeOfEarlyDialog();
    void byesCross();
    void reinvite();
    void reinviteWaitsItsTurn();
    void reinviteRefused();
    void reinviteUnknown();
    void reinviteAfterLostAck();
    void glare();
    void withdrawnReinvite();
    void manyReinvites();
    void secondInviteInDialog();
    void cancelledReinvite();
    void routes();
    void tlsIsNotSpoken();
    void staysOnConnection();
    void requestsJudged_data();
    void requestsJudged();
    void mergedRequest();
    void inviteOfRfc2543();
    void outOfOrder();
    void responsesGoWhereTheyShould();
    void foreignVia();
    void malformedIsAnswered();
    void bounded();
    void refusedStrangerIsDone();
    void fullTable();
    void largeRequest();
    void largeRequestFallsBack();
    void brokenConnection();
    void strayMessages();
    void quiet();
    void quietWithoutAck();
};

void CoreTest::call()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    const auto out = network.call(alice, bob);
    network.run(100ms);
    QCOMPARE(bob.incoming.size(), std::size_t(1));
    const auto in = bob.incoming.front();
    QCOMPARE(bob.core.info(in)->remoteIdentity.user, "alice");
    QCOMPARE(bob.core.info(in)->offer.content, "offer");
    bob.core.ring(in, network.now);
    network.run(100ms);
    QCOMPARE(alice.ringing.size(), std::size_t(1));
    bob.core.accept(in, {"application/sdp", "answer"}, network.now);
    network.run(100ms);
    QCOMPARE(alice.answered, std::vector<SessionId>{out});
    QCOMPARE(bob.acknowledged, std::vector<SessionId>{in});
    alice.core.hangUp(out, {}, network.now);
    network.run(100ms);
    QVERIFY(alice.ended.at(out).by == Ending::By::Local);
    QVERIFY(bob.ended.at(in).by == Ending::By::Peer);
    QCOMPARE(alice.trace,
             (std::vector<std::string>{"> INVITE", "< 180 Ringing", "< 200 OK", "> ACK", "> BYE", "< 200 OK"}));
    QCOMPARE(bob.trace,
             (std::vector<std::string>{"< INVITE", "> 180 Ringing", "> 200 OK", "< ACK", "< BYE", "> 200 OK"}));
    network.run(1min);
    QCOMPARE(alice.released.size(), std::size_t(1));
    QCOMPARE(bob.released.size(), std::size_t(1));
    QVERIFY(!alice.core.deadline() && !bob.core.deadline());
}

void CoreTest::callOverTcp()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    const auto out = network.call(alice, bob, Transport::Tcp);
    network.run(1s);
    bob.core.hangUp(bob.incoming.front(), {}, network.now);
    network.run(1s);
    QVERIFY(alice.ended.contains(out));
    for (const auto &message : network.wire)
        QVERIFY(field(message, "Via").starts_with("SIP/2.0/TCP "));
    QVERIFY(field(sent(network, "INVITE").front(), "Contact").find(";transport=tcp") != std::string::npos);
    QCOMPARE(network.wire.size(), std::size_t(6)); // nothing was sent twice
}

void CoreTest::lossyNetwork_data()
{
    QTest::addColumn<double>("loss");
    QTest::addColumn<double>("repetition");
    QTest::addColumn<int>("delay");
    QTest::newRow("delayed") << 0.0 << 0.0 << 800;
    QTest::newRow("repeated") << 0.0 << 0.5 << 300;
    QTest::newRow("a fifth lost") << 0.2 << 0.1 << 300;
    QTest::newRow("a quarter lost") << 0.25 << 0.0 << 50;
}

void CoreTest::lossyNetwork()
{
    QFETCH(double, loss);
    QFETCH(double, repetition);
    QFETCH(int, delay);
    for (unsigned seed = 1; seed <= 200; ++seed) {
        Network network(seed, {loss, repetition, std::chrono::milliseconds(delay)});
        auto &alice = network.add("alice", "192.0.2.1");
        auto &bob = network.add("bob", "192.0.2.2");
        alice.autoAnswer = bob.autoAnswer = true;
        const auto out = network.call(alice, bob);
        network.run(32s);
        QCOMPARE(bob.incoming.size(), std::size_t(1));
        QCOMPARE(alice.answered.size(), std::size_t(1));
        QCOMPARE(bob.acknowledged.size(), std::size_t(1));
        const auto in = bob.incoming.front();
        alice.core.reinvite(out, offer, network.now); // both at once
        bob.core.reinvite(in, offer, network.now);
        network.run(60s);
        QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1));
        QCOMPARE(bob.reinviteAnswered.size(), std::size_t(1));
        QVERIFY(alice.ended.empty() && bob.ended.empty());
        bob.core.hangUp(in, {}, network.now);
        network.run(120s);
        QVERIFY(alice.ended.at(out).by == Ending::By::Peer);
        QCOMPARE(alice.released.size() + bob.released.size(), std::size_t(2));
        QVERIFY(!alice.core.deadline() && !bob.core.deadline());
    }
}

void CoreTest::nobodyAnswers()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    network.silent = true;
    const auto out = network.call(alice, bob);
    network.run(31900ms);
    QVERIFY(alice.ended.empty());
    QCOMPARE(network.wire.size(), std::size_t(7));
    QCOMPARE(alice.trace.back(), "> INVITE again");
    network.run(200ms);
    QCOMPARE(alice.ended.at(out).status, 408);
    QVERIFY(alice.ended.at(out).by == Ending::By::Error);
    QCOMPARE(alice.ended.at(out).reason, "Nobody answers at 192.0.2.2:5060.");
    QVERIFY(!alice.core.deadline());
}

void CoreTest::nobodyListens()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    network.unreachable.insert(bob.host);
    const auto out = network.call(alice, bob);
    QCOMPARE(alice.ended.at(out).reason, "Nobody is listening.");
    QCOMPARE(alice.ended.at(out).status, 503);
    QCOMPARE(alice.released.size(), std::size_t(1));
}

void CoreTest::ringsTooLong()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    const auto out = network.call(alice, bob);
    network.run(1s); // the 100 comes by itself
    QCOMPARE(alice.trace.back(), "< 100 Trying");
    QVERIFY(alice.ringing.empty());
    network.run(179s);
    QVERIFY(alice.ended.empty() && bob.ended.empty());
    network.run(2s);
    QVERIFY(alice.ended.at(out).by == Ending::By::Peer);
    QCOMPARE(alice.ended.at(out).status, 480);
    QCOMPARE(bob.ended.size(), std::size_t(1));

    // A callee that rings for ever: the caller gives up.
    network.inject(alice, responseTo(sent(network, "INVITE").front(), "180", "t"));
    const auto second =
        alice.core.invite(*Uri::parse("sip:x@192.0.2.98"), Network::flow(alice, "192.0.2.98"), offer, network.now);
    network.run(0s);
    network.inject(alice, responseTo(network.wire.back(), "180", "t"));
    network.run(181s);
    QCOMPARE(alice.ended.at(second).status, 408);
    QVERIFY(!sent(network, "CANCEL").empty());
}

void CoreTest::expires() // RFC 3261 section 13.3.1
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.more = "Expires: 10\r\n"}.text());
    QCOMPARE(bob.incoming.size(), std::size_t(1));
    network.run(9s);
    QVERIFY(bob.ended.empty());
    network.run(2s);
    QCOMPARE(bob.ended.size(), std::size_t(1));
    QVERIFY(!sent(network, "SIP/2.0 487").empty());
    network.inject(bob, RawRequest{.branch = "z9hG4bK2", .callId = "2", .more = "Expires: 0\r\n"}.text());
    network.run(0s);
    QCOMPARE(bob.ended.size(), std::size_t(2));
}

void CoreTest::ringsAgain() // section 13.3.1.1
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{}.text());
    bob.core.ring(bob.incoming.front(), network.now);
    network.run(150s);
    QCOMPARE(sent(network, "SIP/2.0 180").size(), std::size_t(3));
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(70s);
    QCOMPARE(sent(network, "SIP/2.0 180").size(), std::size_t(3));
}

void CoreTest::refusal()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    const auto out = network.call(alice, bob);
    network.run(100ms);
    bob.core.reject(bob.incoming.front(),
                    {.status = 488,
                     .reason = {},
                     .body = {"application/sdp", "error"},
                     .warningCode = 306,
                     .warningText = "No key \"fits\""},
                    network.now);
    network.run(100ms);
    const auto &ending = alice.ended.at(out);
    QVERIFY(ending.by == Ending::By::Peer && !ending.answered);
    QCOMPARE(ending.status, 488);
    QCOMPARE(ending.phrase, "Not Acceptable Here");
    QCOMPARE(ending.warning, "No key \"fits\"");
    QCOMPARE(ending.body.content, "error");
    QVERIFY(bob.ended.begin()->second.by == Ending::By::Local);
    QCOMPARE(bob.trace, (std::vector<std::string>{"< INVITE", "> 488 Not Acceptable Here", "< ACK"}));
    network.run(1min);
    QVERIFY(!alice.core.deadline() && !bob.core.deadline());
}

void CoreTest::hangUpBeforeProvisional() // RFC 3261 section 9.1: no CANCEL before a provisional response
{
    Network network(1, {0, 0, 0ms});
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    const auto out = network.call(alice, bob);
    alice.core.hangUp(out, {}, network.now);
    network.run(100ms);
    QVERIFY(alice.ended.at(out).by == Ending::By::Local);
    QVERIFY(sent(network, "CANCEL").empty());
    network.run(1s); // 100 after 200 ms, then CANCEL
    QCOMPARE(sent(network, "CANCEL").size(), std::size_t(1));
    QCOMPARE(field(sent(network, "CANCEL")[0], "Via"), field(sent(network, "INVITE")[0], "Via"));
    QCOMPARE(field(sent(network, "CANCEL")[0], "CSeq"), "1 CANCEL");
    QVERIFY(bob.ended.begin()->second.by == Ending::By::Peer);
    QCOMPARE(alice.trace.back(), "> ACK"); // of the 487
    network.run(1min);
    QVERIFY(!alice.core.deadline() && !bob.core.deadline());
}

void CoreTest::hangUpWhileRinging()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    const auto out = network.call(alice, bob);
    network.run(100ms);
    bob.core.ring(bob.incoming.front(), network.now);
    network.run(100ms);
    alice.core.hangUp(out, {}, network.now);
    network.run(1s);
    QCOMPARE(bob.ended.begin()->second.status, 487);
    QCOMPARE(bob.trace, (std::vector<std::string>{"< INVITE", "> 180 Ringing", "< CANCEL", "> 200 OK",
                                                  "> 487 Request Terminated", "< ACK"}));
    bob.core.accept(bob.incoming.front(), offer, network.now); // the click comes too late
    network.run(1s);
    QVERIFY(alice.answered.empty());
}

void CoreTest::cancelCrossesAnswer()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    const auto out = network.call(alice, bob);
    network.run(100ms);
    bob.core.ring(bob.incoming.front(), network.now);
    network.run(100ms);
    alice.core.hangUp(out, {}, network.now);
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(1s);
    // The 2xx is acknowledged and the call ended by BYE.
    QCOMPARE(bob.acknowledged.size(), std::size_t(1));
    QVERIFY(bob.ended.begin()->second.by == Ending::By::Peer);
    QVERIFY(alice.answered.empty());
    QCOMPARE(sent(network, "BYE").size(), std::size_t(1));
    network.run(1min);
    QVERIFY(!alice.core.deadline() && !bob.core.deadline());
}

void CoreTest::cancelWithoutEffect() // section 9.1: 64*T1 after CANCEL the INVITE is over
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    const auto out = network.call(alice, bob);
    network.run(100ms);
    bob.core.ring(bob.incoming.front(), network.now);
    network.run(100ms);
    network.silent = true;
    alice.core.hangUp(out, {}, network.now);
    network.run(33s);
    QCOMPARE(alice.released.size(), std::size_t(1));
    QVERIFY(!alice.core.deadline());
}

void CoreTest::byeWaitsForAck() // section 15
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{}.text());
    const auto in = bob.incoming.front();
    bob.core.accept(in, offer, network.now);
    network.run(100ms);
    const auto tag = std::string(parseDatagram(network.wire.back()).response()->to().tag());
    bob.core.hangUp(in, {.status = 488, .reason = "No keys", .body = {}, .warningCode = 0, .warningText = {}},
                    network.now);
    network.run(100ms);
    QVERIFY(sent(network, "BYE").empty());
    network.inject(bob, RawRequest{.method = "ACK", .branch = "z9hG4bKack", .toTag = tag}.text());
    QCOMPARE(sent(network, "BYE").size(), std::size_t(1));
    QCOMPARE(field(network.wire.back(), "Reason"), "SIP;cause=488;text=\"No keys\"");
}

void CoreTest::ackNeverComes() // section 13.3.1.4
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{}.text());
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(31s);
    QCOMPARE(sent(network, "SIP/2.0 200").size(), std::size_t(10)); // at 0, .5, 1.5, 3.5, then each 4 s
    QVERIFY(bob.ended.empty());
    network.run(2s);
    QVERIFY(bob.ended.begin()->second.by == Ending::By::Error);
    QVERIFY(!sent(network, "BYE").empty());
}

void CoreTest::lostAckIsRepeated() // section 13.2.2.4
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    alice.core.invite(*Uri::parse("sip:x@192.0.2.99"), Network::flow(alice, "192.0.2.99"), offer, network.now);
    network.run(0s);
    const auto ok = responseTo(network.wire.front(), "200", "tag", "Contact: <sip:x@192.0.2.99>\r\n");
    for (int i = 0; i < 3; ++i)
        network.inject(alice, ok);
    QCOMPARE(sent(network, "ACK").size(), std::size_t(3));
    QCOMPARE(sent(network, "ACK")[0], sent(network, "ACK")[2]);
    QCOMPARE(alice.answered.size(), std::size_t(1));
}

void CoreTest::forks() // section 13.2.2.4: the first 2xx wins, the others are ended
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    const auto out =
        alice.core.invite(*Uri::parse("sip:x@192.0.2.99"), Network::flow(alice, "192.0.2.99"), offer, network.now);
    network.run(0s);
    const auto invite = network.wire.front();
    network.inject(alice, responseTo(invite, "200", "first", "Contact: <sip:one@192.0.2.97>\r\n"));
    network.inject(alice, responseTo(invite, "200", "second", "Contact: <sip:two@192.0.2.98>\r\n"));
    network.inject(alice, responseTo(invite, "200", "second", "Contact: <sip:two@192.0.2.98>\r\n"));
    QCOMPARE(sent(network, "ACK sip:one").size(), std::size_t(1));
    QCOMPARE(sent(network, "ACK sip:two").size(), std::size_t(2));
    QCOMPARE(sent(network, "BYE sip:two").size(), std::size_t(1));
    QVERIFY(sent(network, "BYE sip:one").empty());
    QCOMPARE(alice.answered, std::vector<SessionId>{out});
    QVERIFY(alice.ended.empty());
    for (int i = 0; i < 100; ++i) // however many there are
        network.inject(alice, responseTo(invite, "200", "t" + std::to_string(i)));
    QVERIFY(sent(network, "BYE").size() < 10);
}

void CoreTest::byeReason() // RFC 3326
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    const auto out = network.call(alice, bob);
    network.run(1s);
    alice.core.hangUp(
        out, {.status = 488, .reason = "Key exchange failed", .body = {}, .warningCode = 399, .warningText = "MAC"},
        network.now);
    network.run(1s);
    const auto &ending = bob.ended.begin()->second;
    QVERIFY(ending.answered && ending.by == Ending::By::Peer);
    QCOMPARE(ending.status, 488);
    QCOMPARE(ending.phrase, "Key exchange failed");
}

void CoreTest::byeOfEarlyDialog() // section 15.1.2: the INVITE that waits is answered too
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{}.text());
    bob.core.ring(bob.incoming.front(), network.now);
    network.run(0s);
    const auto tag = std::string(parseDatagram(network.wire.back()).response()->to().tag());
    network.inject(bob, RawRequest{.method = "BYE", .branch = "z9hG4bKbye", .toTag = tag, .cseq = 2}.text());
    QCOMPARE(sent(network, "SIP/2.0 487").size(), std::size_t(1));
    QCOMPARE(sent(network, "SIP/2.0 200").size(), std::size_t(1));
    QCOMPARE(bob.ended.size(), std::size_t(1));
}

void CoreTest::byesCross()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    const auto out = network.call(alice, bob);
    network.run(1s);
    alice.core.hangUp(out, {}, network.now);
    bob.core.hangUp(bob.incoming.front(), {}, network.now);
    network.run(1min);
    QCOMPARE(sent(network, "BYE").size(), std::size_t(2));
    QCOMPARE(alice.released.size() + bob.released.size(), std::size_t(2));
}

void CoreTest::reinvite()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    const auto out = network.call(alice, bob);
    network.run(1s);
    alice.core.reinvite(out, offer, network.now);
    network.run(1s);
    QCOMPARE(bob.offers.size(), std::size_t(1));
    QCOMPARE(bob.offers[0].second.content, offer.content);
    QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1));
    QCOMPARE(field(sent(network, "INVITE").back(), "CSeq"), "2 INVITE");
    QCOMPARE(field(sent(network, "ACK").back(), "CSeq"), "2 ACK");
    QCOMPARE(field(sent(network, "INVITE").back(), "Call-ID"), field(sent(network, "INVITE").front(), "Call-ID"));
    alice.core.hangUp(out, {}, network.now);
    alice.core.reinvite(out, offer, network.now); // too late: nothing happens
    network.run(1s);
    QCOMPARE(field(sent(network, "BYE").back(), "CSeq"), "3 BYE");
    QCOMPARE(sent(network, "INVITE").size(), std::size_t(2));
}

void CoreTest::reinviteWaitsItsTurn()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    const auto out = network.call(alice, bob);
    network.run(100ms);
    const auto in = bob.incoming.front();
    bob.core.accept(in, offer, network.now);
    bob.core.reinvite(in, offer, network.now); // before the ACK
    QVERIFY(bob.offers.empty());
    network.run(100ms);
    QCOMPARE(alice.offers.size(), std::size_t(1));
    alice.core.reinvite(out, offer, network.now); // while the peer's waits for our answer
    network.run(1s);
    QVERIFY(bob.offers.empty());
    alice.core.answerReinvite(out, alice.lastOffer, offer, network.now);
    network.run(1s);
    QCOMPARE(bob.reinviteAnswered.size(), std::size_t(1));
    QCOMPARE(bob.offers.size(), std::size_t(1));
}

void CoreTest::reinviteRefused()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    const auto out = network.call(alice, bob);
    network.run(1s);
    bob.autoAnswer = false;
    alice.core.reinvite(out, offer, network.now);
    network.run(1s);
    bob.core.rejectReinvite(bob.incoming.front(), bob.lastOffer,
                            {.status = 0, .reason = {}, .body = {}, .warningCode = 306, .warningText = "bad key"},
                            network.now);
    network.run(1s);
    QCOMPARE(alice.reinviteFailed.size(), std::size_t(1));
    QCOMPARE(alice.reinviteFailed[0].status, 488);
    QCOMPARE(alice.reinviteFailed[0].warning, "bad key");
    QVERIFY(alice.ended.empty() && bob.ended.empty()); // the call goes on
    bob.autoAnswer = true;
    alice.core.reinvite(out, offer, network.now);
    network.run(1s);
    QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1));
}

void CoreTest::reinviteUnknown() // section 12.2.1.2: 481 ends the dialog
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    const auto out =
        alice.core.invite(*Uri::parse("sip:x@192.0.2.99"), Network::flow(alice, "192.0.2.99"), offer, network.now);
    network.run(0s);
    network.inject(alice, responseTo(network.wire.front(), "200", "tag", "Contact: <sip:x@192.0.2.99>\r\n"));
    alice.core.reinvite(out, offer, network.now);
    network.run(0s);
    network.inject(alice, responseTo(network.wire.back(), "481", {}));
    QVERIFY(alice.ended.at(out).answered);
    QCOMPARE(sent(network, "BYE").size(), std::size_t(1));
}

void CoreTest::reinviteAfterLostAck()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.more = "Content-Type: application/sdp\r\n", .body = "offer"}.text());
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(0s);
    const auto tag = std::string(parseDatagram(network.wire.back()).response()->to().tag());
    network.inject(bob, RawRequest{.branch = "z9hG4bK2", .toTag = tag, .cseq = 2}.text());
    QCOMPARE(bob.acknowledged.size(), std::size_t(1)); // the 2xx must have arrived
    QCOMPARE(bob.offers.size(), std::size_t(1));
}

void CoreTest::glare() // section 14.1
{
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Network network(seed, {0, 0, 10ms});
        auto &alice = network.add("alice", "192.0.2.1");
        auto &bob = network.add("bob", "192.0.2.2");
        alice.autoAnswer = bob.autoAnswer = true;
        const auto out = network.call(alice, bob);
        network.run(1s);
        alice.core.reinvite(out, offer, network.now);
        bob.core.reinvite(bob.incoming.front(), offer, network.now);
        network.run(100ms);
        QVERIFY(!sent(network, "SIP/2.0 491").empty());
        network.run(8s);
        QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1));
        QCOMPARE(bob.reinviteAnswered.size(), std::size_t(1));
        QVERIFY(alice.reinviteFailed.empty() && bob.reinviteFailed.empty());
    }
}

/// The peer's change after a glare may make ours needless.
void CoreTest::withdrawnReinvite()
{
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Network network(seed);
        auto &alice = network.add("alice", "192.0.2.1");
        auto &bob = network.add("bob", "192.0.2.2");
        alice.autoAnswer = bob.autoAnswer = true;
        const auto out = network.call(alice, bob, Transport::Tcp); // the same delay both ways
        network.run(1s);
        const auto in = bob.incoming.front();
        bob.core.reinvite(in, offer, network.now);
        bob.core.withdrawReinvite(in); // too late: it is on its way
        alice.core.reinvite(out, offer, network.now);
        network.run(100ms);
        QVERIFY(!sent(network, "SIP/2.0 491").empty());
        alice.core.withdrawReinvite(out); // she waits 2.1 s at least
        network.run(8s);
        QCOMPARE(bob.reinviteAnswered.size(), std::size_t(1));
        QVERIFY(alice.reinviteAnswered.empty() && alice.reinviteFailed.empty());
        alice.core.reinvite(out, offer, network.now); // another one later
        network.run(1s);
        QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1));
    }
}

/// Sooner one after the other than their transactions are forgotten.
void CoreTest::manyReinvites()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    alice.autoAnswer = bob.autoAnswer = true;
    const auto out = network.call(alice, bob);
    network.run(1s);
    for (std::size_t i = 1; i <= 100; ++i) {
        alice.core.reinvite(out, offer, network.now);
        network.run(100ms);
        bob.core.reinvite(bob.incoming.front(), offer, network.now);
        network.run(100ms);
        QCOMPARE(alice.reinviteAnswered.size(), i);
        QCOMPARE(bob.reinviteAnswered.size(), i);
    }
    for (const auto &copy : sent(network, "INVITE"))
        network.inject(bob, copy);
    QCOMPARE(bob.offers.size(), std::size_t(100));
    QCOMPARE(bob.incoming.size(), std::size_t(1));
    alice.core.hangUp(out, {}, network.now);
    network.run(1min);
    QVERIFY(alice.core.isQuiet() && bob.core.isQuiet());
    QCOMPARE(alice.released.size(), std::size_t(1));
    QCOMPARE(bob.released.size(), std::size_t(1));
}

void CoreTest::secondInviteInDialog() // section 14.2
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    const auto out =
        alice.core.invite(*Uri::parse("sip:x@192.0.2.99"), Network::flow(alice, "192.0.2.99"), offer, network.now);
    network.run(0s);
    const auto invite = parseDatagram(network.wire.front());
    network.inject(alice, responseTo(network.wire.front(), "200", "rawtag", "Contact: <sip:raw@192.0.2.99>\r\n"));
    RawRequest request{.branch = "z9hG4bKa",
                       .toTag = std::string(invite.request()->from().tag()),
                       .callId = invite.request()->callId()};
    network.inject(alice, request.text());
    QCOMPARE(alice.offers.size(), std::size_t(1));
    request.branch = "z9hG4bKb";
    request.cseq = 2;
    network.inject(alice, request.text());
    QCOMPARE(lastStatus(network), 500);
    QVERIFY(!field(network.wire.back(), "Retry-After").empty());
    Q_UNUSED(out)
}

void CoreTest::cancelledReinvite()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{}.text());
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(0s);
    const auto tag = std::string(parseDatagram(network.wire.back()).response()->to().tag());
    network.inject(bob, RawRequest{.method = "ACK", .branch = "z9hG4bKack", .toTag = tag}.text());
    network.inject(bob, RawRequest{.branch = "z9hG4bK2", .toTag = tag, .cseq = 2}.text());
    QCOMPARE(bob.offers.size(), std::size_t(1));
    network.inject(bob, RawRequest{.method = "CANCEL", .branch = "z9hG4bK2", .toTag = tag, .cseq = 2}.text());
    QCOMPARE(sent(network, "SIP/2.0 487").size(), std::size_t(1));
    bob.core.answerReinvite(bob.incoming.front(), bob.lastOffer, offer, network.now);
    network.run(0s);
    QCOMPARE(lastStatus(network), 487);
    QVERIFY(bob.ended.empty());
}

void CoreTest::routes() // section 12.1.2, 12.2.1.1
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    const auto call = [&](const std::string &recordRoute) {
        const auto id =
            alice.core.invite(*Uri::parse("sip:x@192.0.2.99"), Network::flow(alice, "192.0.2.99"), offer, network.now);
        network.run(0s);
        network.inject(alice,
                       responseTo(network.wire.back(), "200", "tag", recordRoute + "Contact: <sip:x@192.0.2.98>\r\n"));
        alice.core.hangUp(id, {}, network.now);
        network.run(0s);
        return *parseDatagram(network.wire.back()).request();
    };
    const auto loose = call("Record-Route: <sip:p2@192.0.2.52;lr>, <sip:p1@192.0.2.51;lr>\r\n");
    QCOMPARE(loose.uri.toString(), "sip:x@192.0.2.98");
    QCOMPARE(loose.headers.all("Route").size(), std::size_t(2));
    QCOMPARE(loose.headers.all("Route")[0], "<sip:p1@192.0.2.51;lr>");
    const auto strict = call("Record-Route: <sip:p2@192.0.2.52;lr>, <sip:p1@192.0.2.51>\r\n");
    QCOMPARE(strict.uri.toString(), "sip:p1@192.0.2.51");
    QCOMPARE(strict.headers.all("Route").back(), "<sip:x@192.0.2.98>");
}

void CoreTest::tlsIsNotSpoken() // and nothing that asks for it goes out in clear
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    const auto replaced = [](std::string text, const std::string &what, const std::string &by) {
        return text.replace(text.find(what), what.size(), by);
    };
    network.inject(alice, replaced(RawRequest{}.text(), "INVITE sip:", "INVITE sips:"));
    QCOMPARE(lastStatus(network), 416);
    for (const auto *contact : {"Contact: <sips:raw@192.0.2.99>", "Contact: <sip:raw@192.0.2.99;transport=tls>"}) {
        network.inject(alice, replaced(RawRequest{}.text(), "Contact: <sip:raw@192.0.2.99>", contact));
        QCOMPARE(lastStatus(network), 488);
    }
    network.inject(alice, RawRequest{.more = "Record-Route: <sips:p@192.0.2.98;lr>\r\n"}.text());
    QCOMPARE(lastStatus(network), 488);
    QVERIFY(alice.incoming.empty());

    const auto out =
        alice.core.invite(*Uri::parse("sip:x@192.0.2.99"), Network::flow(alice, "192.0.2.99"), offer, network.now);
    network.run(0s);
    const auto ok = responseTo(network.wire.back(), "200", "tag", "Contact: <sips:x@192.0.2.99>\r\n");
    network.inject(alice, ok);
    network.inject(alice, ok);
    QVERIFY(alice.ended.at(out).reason.find("TLS") != std::string::npos);
    QVERIFY(alice.answered.empty());
    QVERIFY(sent(network, "ACK").empty() && sent(network, "BYE").empty());
}

void CoreTest::staysOnConnection() // where the Contact does not name the transport
{
    for (const bool lost : {false, true}) {
        Network network;
        auto &bob = network.add("bob", "192.0.2.2");
        const Flow source{.transport = Transport::Tcp,
                          .localHost = bob.host,
                          .remoteHost = "192.0.2.99",
                          .remotePort = 40000,
                          .connection = 7};
        const auto receive = [&](const RawRequest &request) {
            bob.core.receive(parseDatagram(request.text()), source, network.now);
            return bob.core.takeOutputs();
        };
        receive({});
        bob.core.accept(1, offer, network.now);
        auto outputs = bob.core.takeOutputs();
        const auto ok = std::get<output::Send>(outputs.front());
        QCOMPARE(ok.flow.connection, std::uint64_t(7));
        receive({.method = "ACK",
                 .branch = "z9hG4bKa",
                 .toTag = std::string(parseDatagram(ok.octets).response()->to().tag())});
        if (lost)
            bob.core.transportFailed(source, "The connection was closed.", network.now);
        bob.core.hangUp(1, {}, network.now);
        outputs = bob.core.takeOutputs();
        const auto bye = std::get<output::Send>(outputs.front());
        QVERIFY(bye.octets.starts_with("BYE "));
        QVERIFY(bye.flow.transport == (lost ? Transport::Udp : Transport::Tcp));
        QCOMPARE(bye.flow.connection, std::uint64_t(lost ? 0 : 7));
    }
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    const auto out = alice.core.invite(*Uri::parse("sip:x@192.0.2.99;transport=tcp"),
                                       Network::flow(alice, "192.0.2.99", Transport::Tcp), offer, network.now);
    network.run(0s);
    network.inject(alice, responseTo(network.wire.back(), "200", "tag", "Contact: <sip:x@192.0.2.99>\r\n"));
    alice.core.hangUp(out, {}, network.now);
    network.run(0s);
    QVERIFY(field(sent(network, "ACK").back(), "Via").starts_with("SIP/2.0/TCP "));
    QVERIFY(field(sent(network, "BYE").back(), "Via").starts_with("SIP/2.0/TCP "));
}

void CoreTest::requestsJudged_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("field");
    QTest::addColumn<QByteArray>("value");
    const auto row = [](const char *name, const RawRequest &request, int status, const char *field = "",
                        const char *value = "") {
        QTest::newRow(name) << QByteArray::fromStdString(request.text()) << status << QByteArray(field)
                            << QByteArray(value);
    };
    const char *allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE";
    row("OPTIONS", {.method = "OPTIONS"}, 200, "Accept", "application/sdp");
    row("OPTIONS lists methods", {.method = "OPTIONS"}, 200, "Allow", "INVITE");
    row("OPTIONS lists extensions", {.method = "OPTIONS"}, 200, "Supported", "100rel");
    row("known method", {.method = "REFER"}, 405, "Allow", allowed);
    row("unknown method", {.method = "FOO"}, 501, "Allow", allowed);
    row("method in lower case", {.method = "invite"}, 501);
    row("Require", {.more = "Require: 100rel, foo\r\n"}, 420, "Unsupported", "foo");
    row("body that is no SDP", {.more = "Content-Type: text/plain\r\n", .body = "hi"}, 415, "Accept",
        "application/sdp");
    row("body that may be ignored",
        {.more = "Content-Type: text/plain\r\nContent-Disposition: x;handling=optional\r\n", .body = "hi"}, 0);
    row("compressed body", {.more = "Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", .body = "hi"}, 415);
    row("SDP with parameters", {.more = "Content-Type: APPLICATION/SDP;charset=utf-8\r\n", .body = "v=0"}, 0);
    row("Accept without SDP", {.more = "Accept: text/plain\r\n"}, 406);
    row("Accept anything", {.more = "Accept: text/plain, */*;q=0.1\r\n"}, 0);
    row("BYE of no call", {.method = "BYE", .toTag = "x"}, 481);
    row("BYE without tag", {.method = "BYE"}, 481);
    row("INVITE in no dialog", {.toTag = "x"}, 481);
    row("CANCEL of nothing", {.method = "CANCEL"}, 481);
    row("ACK of nothing", {.method = "ACK", .toTag = "x"}, 0);
    row("Max-Forwards 0", {.method = "OPTIONS", .more = "Max-Forwards: 0\r\n"}, 400); // it is there twice
}

void CoreTest::requestsJudged()
{
    QFETCH(QByteArray, request);
    QFETCH(int, status);
    QFETCH(QByteArray, field);
    QFETCH(QByteArray, value);
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, request.toStdString());
    QCOMPARE(network.wire.empty() ? 0 : lastStatus(network), status);
    if (status == 0 && !bob.incoming.empty()) // an optional body is dropped
        QVERIFY(bob.core.info(bob.incoming.front())->offer.content != "hi");
    if (status == 0)
        return;
    const auto response = parseDatagram(network.wire.back());
    QVERIFY(!response.fault);
    QVERIFY(!response.response()->to().tag().empty());
    if (!field.isEmpty()) {
        QVERIFY(response.response()->headers.has(field.toStdString()));
        std::string all;
        for (const auto one : response.response()->headers.all(field.toStdString()))
            all += (all.empty() ? "" : ", ") + std::string(one);
        QVERIFY2(all.starts_with(value.toStdString()), all.c_str());
    }
}

void CoreTest::mergedRequest() // section 8.2.2.2
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{}.text());
    network.inject(bob, RawRequest{.branch = "z9hG4bKother"}.text());
    QCOMPARE(lastStatus(network), 482);
    QCOMPARE(bob.incoming.size(), std::size_t(1));
    network.inject(bob, RawRequest{}.text()); // a retransmission is none
    QCOMPARE(bob.incoming.size(), std::size_t(1));
    QCOMPARE(sent(network, "SIP/2.0 482").size(), std::size_t(1));
}

void CoreTest::inviteOfRfc2543() // no branch, no tag: matched by section 17.2.3's second procedure
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    const std::string start = "Via: SIP/2.0/UDP 192.0.2.99\r\nFrom: <sip:old@192.0.2.99>\r\nCall-ID: old\r\n";
    const auto invite =
        "INVITE sip:b@192.0.2.2 SIP/2.0\r\n" + start + "To: <sip:b@192.0.2.2>\r\nCSeq: 1 INVITE\r\n\r\n";
    network.inject(bob, invite);
    network.inject(bob, invite);
    QCOMPARE(bob.incoming.size(), std::size_t(1));
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(0s);
    const auto to = field(network.wire.back(), "To");
    network.inject(bob, "ACK sip:b@192.0.2.2 SIP/2.0\r\n" + start + "To: " + to + "\r\nCSeq: 1 ACK\r\n\r\n");
    QCOMPARE(bob.acknowledged.size(), std::size_t(1));
    network.inject(bob, "BYE sip:b@192.0.2.2 SIP/2.0\r\n" + start + "To: " + to + "\r\nCSeq: 2 BYE\r\n\r\n");
    QCOMPARE(bob.ended.size(), std::size_t(1));
}

void CoreTest::outOfOrder() // section 12.2.2
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.cseq = 10}.text());
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(0s);
    const auto tag = std::string(parseDatagram(network.wire.back()).response()->to().tag());
    network.inject(bob, RawRequest{.method = "BYE", .branch = "z9hG4bKbye", .toTag = tag, .cseq = 9}.text());
    QCOMPARE(lastStatus(network), 500);
    QVERIFY(bob.ended.empty());
}

void CoreTest::responsesGoWhereTheyShould() // section 18.2, RFC 3581
{
    UserAgentCore core({.random = [] { return 1u; }});
    const Flow source{.localHost = "192.0.2.2", .remoteHost = "198.51.100.7", .remotePort = 40000};
    const auto answerTo = [&](const std::string &via) {
        core.receive(parseDatagram("OPTIONS sip:b@h SIP/2.0\r\nVia: " + via +
                                   "\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n"
                                   "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"),
                     source, {});
        const auto outputs = core.takeOutputs();
        return std::get<output::Send>(outputs.back());
    };
    const auto plain = answerTo("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1");
    QCOMPARE(plain.flow.remoteHost, "198.51.100.7");
    QCOMPARE(int(plain.flow.remotePort), 5070);
    QCOMPARE(field(plain.octets, "Via"), "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;received=198.51.100.7");
    const auto rport = answerTo("SIP/2.0/UDP 198.51.100.7;rport;branch=z9hG4bK2");
    QCOMPARE(int(rport.flow.remotePort), 40000);
    QCOMPARE(field(rport.octets, "Via"), "SIP/2.0/UDP 198.51.100.7;rport=40000;branch=z9hG4bK2;received=198.51.100.7");
    const auto bare = answerTo("SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK3");
    QCOMPARE(int(bare.flow.remotePort), 5060);
    const auto elsewhere = answerTo("SIP/2.0/UDP 255.255.255.255;maddr=203.0.113.1;branch=z9hG4bK4");
    QCOMPARE(elsewhere.flow.remoteHost, "198.51.100.7"); // never to where a stranger points
}

void CoreTest::foreignVia() // section 8.1.3.3
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    const auto out =
        alice.core.invite(*Uri::parse("sip:x@192.0.2.99"), Network::flow(alice, "192.0.2.99"), offer, network.now);
    network.run(0s);
    auto two = responseTo(network.wire.back(), "486", "t");
    two.insert(two.find("From: "), "Via: SIP/2.0/UDP 192.0.2.98;branch=z9hG4bKx\r\n");
    network.inject(alice, two);
    QVERIFY(!alice.ended.contains(out));
}

void CoreTest::malformedIsAnswered() // where it came from, and with a tag
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    auto invite = RawRequest{.more = "Contact: <\r\n"}.text();
    invite.insert(invite.find(";branch"), ";rport");
    network.inject(bob, invite, "192.0.2.77");
    QCOMPARE(lastStatus(network), 400);
    QCOMPARE(field(network.wire.back(), "Via"),
             "SIP/2.0/UDP 192.0.2.99:5060;rport=5060;branch=z9hG4bKraw1;received=192.0.2.77");
    auto phoned = RawRequest{.method = "OPTIONS"}.text();
    phoned.replace(phoned.find("<sip:b@192.0.2.2>"), 17, "<tel:+1234>");
    network.inject(bob, phoned);
    QCOMPARE(lastStatus(network), 200);
    QVERIFY(field(network.wire.back(), "To").starts_with("<tel:+1234>;tag="));
}

void CoreTest::bounded()
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2", 4);
    for (int i = 0; i < 10; ++i)
        network.inject(bob, RawRequest{.branch = "z9hG4bK" + std::to_string(i), .callId = std::to_string(i)}.text());
    QCOMPARE(bob.incoming.size(), std::size_t(4));
    QCOMPARE(sent(network, "SIP/2.0 503").size(), std::size_t(6));
    QVERIFY(!field(sent(network, "SIP/2.0 503")[0], "Retry-After").empty());
    network.inject(bob, RawRequest{.method = "OPTIONS", .branch = "z9hG4bKo", .callId = "o"}.text());
    QCOMPARE(lastStatus(network), 486);
    bob.core.reject(bob.incoming.front(), {}, network.now);
    network.run(0s);
    network.inject(bob, RawRequest{.branch = "z9hG4bKnext", .callId = "next"}.text());
    QCOMPARE(bob.incoming.size(), std::size_t(5));
    bob.core.reject(bob.incoming.back(), {}, network.now);
    // A flood of calls refused at once leaves no more behind than is allowed, and shuts nobody out.
    for (int i = 0; i < 1100; ++i) {
        network.inject(bob,
                       RawRequest{.branch = "z9hG4bKf" + std::to_string(i), .callId = "f" + std::to_string(i)}.text());
        bob.core.reject(bob.incoming.back(), {}, network.now);
    }
    QCOMPARE(bob.incoming.size(), std::size_t(1105));
    QCOMPARE(sent(network, "SIP/2.0 503").size(), std::size_t(6));
    QVERIFY(bob.released.size() > 50);
    QVERIFY(bob.core.info(bob.incoming.back())->offer.empty());
    network.run(1min);
    QVERIFY(bob.released.size() > 1000);
}

void CoreTest::refusedStrangerIsDone() // requests in a dialog that was never made leave nothing behind
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2", 4, 8);
    network.inject(bob, RawRequest{}.text());
    bob.core.reject(bob.incoming.front(), {}, network.now);
    network.run(0s);
    const auto tag = std::string(parseDatagram(network.wire.back()).response()->to().tag());
    for (int i = 2; i < 40; ++i) {
        network.inject(bob, RawRequest{.branch = "z9hG4bK" + std::to_string(i), .toTag = tag, .cseq = i}.text());
        QCOMPARE(lastStatus(network), 481);
    }
    network.inject(bob, RawRequest{.branch = "z9hG4bKnew", .callId = "new"}.text());
    QCOMPARE(bob.incoming.size(), std::size_t(2));
}

void CoreTest::fullTable() // of server transactions: calls can still be ended
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2", 4, 1); // two transactions
    network.inject(bob, RawRequest{.callId = "answered"}.text());
    network.inject(bob, RawRequest{.branch = "z9hG4bKr", .callId = "ringing"}.text());
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(0s);
    const auto tag = std::string(parseDatagram(network.wire.back()).response()->to().tag());
    network.inject(bob, RawRequest{.method = "ACK", .branch = "z9hG4bKa", .toTag = tag, .callId = "answered"}.text());
    network.inject(bob, RawRequest{.branch = "z9hG4bKn", .callId = "new"}.text());
    QCOMPARE(lastStatus(network), 503);
    RawRequest inDialog{.method = "OPTIONS", .branch = "z9hG4bKo", .toTag = tag, .callId = "answered", .cseq = 2};
    network.inject(bob, inDialog.text());
    QCOMPARE(lastStatus(network), 200);
    network.inject(bob, inDialog.text());
    QCOMPARE(lastStatus(network), 200);
    inDialog = {.method = "INVITE", .branch = "z9hG4bKi", .toTag = tag, .callId = "answered", .cseq = 3};
    network.inject(bob, inDialog.text());
    QCOMPARE(lastStatus(network), 503);
    network.inject(bob, RawRequest{.method = "CANCEL", .branch = "z9hG4bKr", .callId = "ringing"}.text());
    QCOMPARE(sent(network, "SIP/2.0 487").size(), std::size_t(1));
    QCOMPARE(field(network.wire[network.wire.size() - 2], "CSeq"), "1 CANCEL");
    QVERIFY(network.wire[network.wire.size() - 2].starts_with("SIP/2.0 200 "));
    inDialog = {.method = "BYE", .branch = "z9hG4bKb", .toTag = tag, .callId = "answered", .cseq = 4};
    network.inject(bob, inDialog.text());
    QCOMPARE(lastStatus(network), 200);
    QCOMPARE(bob.ended.size(), std::size_t(2));
    network.inject(bob, inDialog.text());
    QCOMPARE(lastStatus(network), 200);
    network.inject(bob, RawRequest{.branch = "z9hG4bKn2", .callId = "next"}.text()); // what is ended makes room
    QCOMPARE(bob.incoming.size(), std::size_t(3));
}

void CoreTest::largeRequest() // section 18.1.1
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    const Body large{"application/sdp", std::string(1300, 'x')};
    const auto flow = Network::flow(alice, bob.host);
    alice.core.invite(*Uri::parse("sip:b@192.0.2.2"), flow, large, network.now);
    network.run(1s);
    QVERIFY(field(sent(network, "INVITE")[0], "Via").starts_with("SIP/2.0/TCP "));
    QVERIFY(field(sent(network, "INVITE")[0], "Contact").find("transport") == std::string::npos);
    QCOMPARE(bob.acknowledged.size(), std::size_t(1));
    auto roomy = flow;
    roomy.largestDatagram = 65000; // the path is known to take it
    alice.core.invite(*Uri::parse("sip:b@192.0.2.2"), roomy, large, network.now);
    network.run(1s);
    QVERIFY(field(sent(network, "INVITE")[1], "Via").starts_with("SIP/2.0/UDP "));
}

void CoreTest::largeRequestFallsBack()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    network.tcpWorks = false;
    alice.core.invite(*Uri::parse("sip:b@192.0.2.2"), Network::flow(alice, bob.host),
                      {"application/sdp", std::string(1300, 'x')}, network.now);
    network.run(1s);
    QCOMPARE(sent(network, "INVITE").size(), std::size_t(2));
    QVERIFY(field(sent(network, "INVITE")[1], "Via").starts_with("SIP/2.0/UDP "));
    QVERIFY(field(sent(network, "INVITE")[1], "Via").substr(12) != field(sent(network, "INVITE")[0], "Via").substr(12));
    QCOMPARE(bob.acknowledged.size(), std::size_t(1));
    // Asked for by the address, TCP is not given up.
    const auto out = network.call(alice, bob, Transport::Tcp);
    QCOMPARE(alice.ended.at(out).status, 503);
}

void CoreTest::brokenConnection() // UDP is no way out of a connection that stood
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    const auto out = network.call(alice, bob);
    network.run(1s);
    network.silent = true;
    alice.core.reinvite(out, {"application/sdp", std::string(1300, 'x')}, network.now);
    network.run(0s);
    auto broken = Network::flow(alice, bob.host, Transport::Tcp);
    broken.connection = 1;
    alice.core.transportFailed(broken, "The connection broke.", network.now);
    network.run(1s);
    QCOMPARE(sent(network, "INVITE").size(), std::size_t(2));
    QCOMPARE(alice.reinviteFailed.size(), std::size_t(1)); // but the call goes on
    QCOMPARE(alice.reinviteFailed[0].reason, "The connection broke.");
    QVERIFY(alice.ended.empty());
    network.silent = false;
    alice.core.reinvite(out, offer, network.now);
    network.run(1s);
    QCOMPARE(alice.reinviteAnswered.size(), std::size_t(1));
}

void CoreTest::strayMessages()
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    bob.autoAnswer = true;
    network.call(alice, bob);
    network.run(1s);
    const auto sentBefore = network.wire.size();
    const auto invite = sent(network, "INVITE")[0];
    network.inject(alice, responseTo(RawRequest{}.text(), "200", "x"));
    network.inject(alice, responseTo(RawRequest{}.text(), "486", "x"));
    network.inject(bob, "garbage");
    network.inject(bob, RawRequest{.method = "ACK", .toTag = "unknown"}.text());
    network.inject(bob, "\r\n\r\n"); // keeps the way open
    QCOMPARE(network.wire.size(), sentBefore);
    QCOMPARE(bob.notices.size(), std::size_t(1));
    QCOMPARE(bob.notices[0], "A message from 192.0.2.99:5060 was not understood: 'garbage' begins no SIP message.");
    // A BYE with the right Call-ID and wrong tags does not end the call.
    network.inject(
        bob,
        RawRequest{.method = "BYE", .branch = "z9hG4bKforged", .toTag = "guessed", .callId = field(invite, "Call-ID")}
            .text());
    QCOMPARE(lastStatus(network), 481);
    QVERIFY(alice.ended.empty() && bob.ended.empty());
}

void CoreTest::quiet() // a call out that rings, and one that is up
{
    Network network;
    auto &alice = network.add("alice", "192.0.2.1");
    auto &bob = network.add("bob", "192.0.2.2");
    QVERIFY(alice.core.isQuiet());
    bob.autoAnswer = true;
    network.call(alice, bob);
    QVERIFY(!alice.core.isQuiet());
    network.run(1s);
    QVERIFY(alice.core.isQuiet() && bob.core.isQuiet());
    bob.autoAnswer = false;
    network.call(alice, bob);
    alice.core.shutDown(network.now); // before a provisional response
    QVERIFY(!alice.core.isQuiet());
    network.run(100ms);
    QCOMPARE(alice.ended.size(), std::size_t(2));
    QVERIFY(!alice.core.isQuiet()); // the CANCEL is held back
    network.run(1s);
    QVERIFY(alice.core.isQuiet() && bob.core.isQuiet());
    QVERIFY(alice.core.deadline() && alice.released.empty()); // timers that linger do not count
    QCOMPARE(sent(network, "BYE").size(), std::size_t(1));
    QCOMPARE(sent(network, "CANCEL").size(), std::size_t(1));
    QCOMPARE(bob.ended.size(), std::size_t(2));
    network.call(bob, alice);
    network.run(1s);
    QCOMPARE(bob.ended.rbegin()->second.status, 480);
    QVERIFY(alice.incoming.empty());
}

void CoreTest::quietWithoutAck() // RFC 3261 section 15: the BYE of the callee waits for the ACK
{
    Network network;
    auto &bob = network.add("bob", "192.0.2.2");
    network.inject(bob, RawRequest{.callId = "answered"}.text());
    network.inject(bob, RawRequest{.branch = "z9hG4bKr", .callId = "ringing"}.text());
    bob.core.accept(bob.incoming.front(), offer, network.now);
    network.run(0s);
    const auto tag = std::string(parseDatagram(network.wire.back()).response()->to().tag());
    QVERIFY(!bob.core.isQuiet());
    bob.core.shutDown(network.now);
    network.run(0s);
    QCOMPARE(bob.ended.size(), std::size_t(2));
    QVERIFY(!bob.core.isQuiet());
    network.inject(bob, RawRequest{.method = "ACK", .branch = "z9hG4bKa", .toTag = tag, .callId = "answered"}.text());
    QVERIFY(network.wire.back().starts_with("BYE "));
    QVERIFY(!bob.core.isQuiet());
    network.inject(bob, responseTo(network.wire.back(), "200", {}));
    QVERIFY(bob.core.isQuiet()); // the refusal whose ACK never comes does not count
}

QTEST_GUILESS_MAIN(CoreTest)
#include "core_test.moc"
