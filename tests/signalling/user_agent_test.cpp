// SPDX-License-Identifier: Apache-2.0
// The user agent on real sockets: two of them, and raw peers, on loopback.
#include "sip/parser.h"
#include "sip/serialiser.h"
#include "transport/user_agent.h"

#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QUdpSocket>

#include <algorithm>
#include <memory>

using namespace sip;

namespace {

const Body offer{"application/sdp", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"};
const Body answer{"application/sdp", "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"};

/// A user agent that listens on loopback and keeps what happens.
struct Phone
{
    UserAgent agent;
    ListeningPoint udp;
    ListeningPoint tcp;
    QStringList notices;
    std::vector<Session *> calls;

    explicit Phone(const std::string &name, const QHostAddress &address = QHostAddress::LocalHost)
        : agent(configOf(name))
    {
        udp = *agent.listen(Transport::Udp, address, 0);
        tcp = *agent.listen(Transport::Tcp, address, 0);
        QObject::connect(&agent, &UserAgent::incoming, &agent, [this](Session *session) { calls.push_back(session); });
        QObject::connect(&agent, &UserAgent::notice, &agent, [this](const QString &sentence) { notices << sentence; });
    }

    static UserAgent::Config configOf(const std::string &name)
    {
        UserAgent::Config config;
        config.identity = *Uri::parse("sip:" + name + "@example.org");
        config.displayName = name;
        return config;
    }

    Uri uri(Transport transport) const
    {
        const auto port = transport == Transport::Udp ? udp.port : tcp.port;
        const auto host =
            hostPort(udp.address == QHostAddress(QHostAddress::LocalHostIPv6) ? "::1" : "127.0.0.1", port);
        return *Uri::parse("sip:someone@" + host + (transport == Transport::Tcp ? ";transport=tcp" : ""));
    }

    Session *call(const Uri &target)
    {
        Session *session = nullptr;
        agent.findRoute(target, &agent, [&](const Result<Route> &route) {
            if (route)
                session = agent.invite(target, *route, offer);
        });
        return session;
    }
};

/// What a session told.
struct Log
{
    QList<int> ringing;
    std::vector<Body> answers, acks, offers, newAnswers;
    OfferId lastOffer = 0;
    std::vector<Ending> failures, endings;
    QStringList messages;

    explicit Log(Session *session)
    {
        QObject::connect(session, &Session::ringing, [this](int status) { ringing << status; });
        QObject::connect(session, &Session::answered, [this](const Body &body) { answers.push_back(body); });
        QObject::connect(session, &Session::acknowledged, [this](const Body &body) { acks.push_back(body); });
        QObject::connect(session, &Session::reinviteReceived, [this](const Body &body, OfferId id) {
            offers.push_back(body);
            lastOffer = id;
        });
        QObject::connect(session, &Session::reinviteAnswered, [this](const Body &body) { newAnswers.push_back(body); });
        QObject::connect(session, &Session::reinviteFailed, [this](const Ending &why) { failures.push_back(why); });
        QObject::connect(session, &Session::ended, [this](const Ending &ending) { endings.push_back(ending); });
        QObject::connect(session, &Session::traced, [this](const TraceEntry &entry) {
            messages << (entry.sent ? QStringLiteral("> ") : QStringLiteral("< ")) +
                            QString::fromStdString(entry.summary);
        });
    }
};

} // namespace

class UserAgentTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void call_data();
    void call();
    void byName();
    void wildcardListener();
    void nobodyListens_data();
    void nobodyListens();
    void noRoute_data();
    void noRoute();
    void largeOffer();
    void largeOfferWithoutTcp();
    void slowAnswerOverTcp();
    void idleConnectionsShutNobodyOut();
    void answersOnSameConnection();
    void brokenStreamIsClosed_data();
    void brokenStreamIsClosed();
    void garbageDisturbsNoCall();
    void portTaken();
    void quiet_data() { call_data(); }
    void quiet();
};

namespace {

const QByteArray options = "OPTIONS sip:b@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKx\r\n"
                           "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
                           "Content-Length: 0\r\n\r\n";

/// A port on loopback where nobody listens.
quint16 freePort()
{
    QUdpSocket socket;
    socket.bind(QHostAddress::LocalHost, 0);
    return socket.localPort();
}

} // namespace

void UserAgentTest::call_data()
{
    QTest::addColumn<Transport>("transport");
    QTest::addColumn<QHostAddress>("address");
    QTest::newRow("UDP over IPv4") << Transport::Udp << QHostAddress(QHostAddress::LocalHost);
    QTest::newRow("TCP over IPv4") << Transport::Tcp << QHostAddress(QHostAddress::LocalHost);
    QTest::newRow("UDP over IPv6") << Transport::Udp << QHostAddress(QHostAddress::LocalHostIPv6);
    QTest::newRow("TCP over IPv6") << Transport::Tcp << QHostAddress(QHostAddress::LocalHostIPv6);
}

void UserAgentTest::call()
{
    QFETCH(Transport, transport);
    QFETCH(QHostAddress, address);
    Phone alice("alice", address), bob("bob", address);
    auto *out = alice.call(bob.uri(transport));
    QVERIFY(out);
    Log caller(out);
    QTRY_COMPARE(bob.calls.size(), std::size_t(1));
    auto *in = bob.calls.front();
    Log callee(in);
    QCOMPARE(in->info().offer.content, offer.content);
    QCOMPARE(in->info().remoteIdentity.toString(), "sip:alice@example.org");
    QCOMPARE(in->info().remoteDisplayName, "alice");
    QCOMPARE(in->info().requestUri.user, "someone");
    QCOMPARE(in->remoteAddress(), address);
    QCOMPARE(in->localAddress(), address);

    in->ring();
    QTRY_COMPARE(caller.ringing, QList<int>{180});
    in->accept(answer);
    QTRY_COMPARE(callee.acks.size(), std::size_t(1));
    QCOMPARE(caller.answers.size(), std::size_t(1));
    QCOMPARE(caller.answers.front().content, answer.content);

    out->reinvite(offer);
    QTRY_COMPARE(callee.offers.size(), std::size_t(1));
    QVERIFY(in->awaitsAnswer(callee.lastOffer));
    in->answerReinvite(callee.lastOffer, answer);
    QVERIFY(!in->awaitsAnswer(callee.lastOffer));
    QTRY_COMPARE(caller.newAnswers.size(), std::size_t(1));
    QTRY_COMPARE(callee.acks.size(), std::size_t(2));

    in->hangUp();
    QTRY_COMPARE(caller.endings.size(), std::size_t(1));
    QCOMPARE(caller.endings.front().by, Ending::By::Peer);
    QVERIFY(caller.endings.front().answered);
    QTRY_COMPARE(callee.endings.size(), std::size_t(1));
    QCOMPARE(callee.endings.front().by, Ending::By::Local);
    QTRY_COMPARE(callee.messages.last(), QStringLiteral("< 200 OK"));
    const QStringList messages{QStringLiteral("> INVITE"), QStringLiteral("< 180 Ringing"), QStringLiteral("< 200 OK"),
                               QStringLiteral("> ACK"),    QStringLiteral("> INVITE"),      QStringLiteral("< 200 OK"),
                               QStringLiteral("> ACK"),    QStringLiteral("< BYE"),         QStringLiteral("> 200 OK")};
    QCOMPARE(caller.messages, messages);
}

void UserAgentTest::byName()
{
    Phone alice("alice"), bob("bob");
    const auto target = *Uri::parse("sip:bob@localhost:" + std::to_string(bob.udp.port));
    Session *out = nullptr;
    alice.agent.findRoute(target, &alice.agent, [&](const Result<Route> &route) {
        QVERIFY(route);
        QVERIFY(route->localAddress.isLoopback());
        out = alice.agent.invite(target, *route, offer);
    });
    QTRY_VERIFY(out);
    QTRY_COMPARE(bob.calls.size(), std::size_t(1));
    QCOMPARE(bob.calls.front()->info().requestUri.host, "localhost");
}

void UserAgentTest::wildcardListener()
{
    Phone alice("alice"), bob("bob", QHostAddress::Any);
    auto *out = alice.call(bob.uri(Transport::Udp));
    QVERIFY(out);
    Log caller(out);
    QTRY_COMPARE(bob.calls.size(), std::size_t(1));
    auto *in = bob.calls.front();
    QCOMPARE(in->localAddress(), QHostAddress(QHostAddress::LocalHost));
    QCOMPARE(in->remoteAddress(), QHostAddress(QHostAddress::LocalHost));
    in->accept(answer);
    QTRY_COMPARE(caller.answers.size(), std::size_t(1));
    out->hangUp(); // to the address in the Contact
    Log callee(in);
    QTRY_COMPARE(callee.endings.size(), std::size_t(1));
}

void UserAgentTest::nobodyListens_data()
{
    QTest::addColumn<QString>("transport");
    QTest::newRow("UDP") << QString();
    QTest::newRow("TCP") << QStringLiteral(";transport=tcp");
}

void UserAgentTest::nobodyListens() // the system's own word (ICMP, RST), not 32 s of silence
{
    QFETCH(QString, transport);
    Phone alice("alice"), bob("bob");
    const auto port = freePort();
    auto *out = alice.call(*Uri::parse("sip:x@127.0.0.1:" + std::to_string(port) + transport.toStdString()));
    QVERIFY(out);
    Log log(out);
    QTRY_COMPARE(log.endings.size(), std::size_t(1));
    QCOMPARE(log.endings[0].reason, "Nobody is listening at 127.0.0.1 port " + std::to_string(port) + '.');
    QVERIFY(log.endings[0].by == Ending::By::Error);
    // The error of one peer does not keep messages from another.
    alice.call(bob.uri(Transport::Udp));
    QTRY_COMPARE(bob.calls.size(), std::size_t(1));
}

void UserAgentTest::noRoute_data()
{
    QTest::addColumn<QString>("target");
    QTest::addColumn<int>("status");
    QTest::newRow("sips") << QStringLiteral("sips:a@127.0.0.1") << 416;
    QTest::newRow("telephone number") << QStringLiteral("tel:+123") << 416;
    QTest::newRow("foreign transport") << QStringLiteral("sip:a@127.0.0.1;transport=sctp") << 503;
    QTest::newRow("unknown name") << QStringLiteral("sip:a@no-such-host.invalid") << 503;
}

void UserAgentTest::noRoute()
{
    QFETCH(QString, target);
    QFETCH(int, status);
    Phone alice("alice");
    int found = 0;
    alice.agent.findRoute(*Uri::parse(target.toStdString()), &alice.agent,
                          [&](const Result<Route> &route) { found = route ? 200 : route.fault().status; });
    QTRY_COMPARE_WITH_TIMEOUT(found, status, 20000);
}

void UserAgentTest::largeOffer() // loopback is known to take it in one datagram
{
    Phone alice("alice"), bob("bob");
    const Body large{"application/sdp", std::string(8000, 'x')};
    const auto target = bob.uri(Transport::Udp);
    alice.agent.findRoute(target, &alice.agent, [&](const Result<Route> &route) {
        QVERIFY(route->largestDatagram > 60000);
        alice.agent.invite(target, *route, large);
    });
    QTRY_COMPARE(bob.calls.size(), std::size_t(1));
    QCOMPARE(bob.calls.front()->info().offer.content.size(), std::size_t(8000));
}

void UserAgentTest::largeOfferWithoutTcp() // RFC 3261 section 18.1.1: back to UDP when there is no TCP
{
    Phone alice("alice");
    QUdpSocket peer;
    QVERIFY(peer.bind(QHostAddress::LocalHost, freePort()));
    const auto target = *Uri::parse("sip:x@127.0.0.1:" + std::to_string(peer.localPort()));
    alice.agent.findRoute(target, &alice.agent, [&](const Result<Route> &route) {
        auto narrow = *route;
        narrow.largestDatagram = 1300;
        alice.agent.invite(target, narrow, {"application/sdp", std::string(2000, 'x')});
    });
    QTRY_VERIFY(peer.hasPendingDatagrams());
}

void UserAgentTest::slowAnswerOverTcp() // later than a connection may take to come about
{
    auto config = Phone::configOf("alice");
    config.tcp.connect = std::chrono::milliseconds(500);
    UserAgent alice(config);
    QVERIFY(alice.listen(Transport::Tcp, QHostAddress::LocalHost, 0));
    QTcpServer peer;
    QVERIFY(peer.listen(QHostAddress::LocalHost, 0));
    const auto target = *Uri::parse("sip:x@127.0.0.1:" + std::to_string(peer.serverPort()) + ";transport=tcp");
    Session *out = nullptr;
    alice.findRoute(target, &alice, [&](const Result<Route> &route) { out = alice.invite(target, *route, offer); });
    QVERIFY(out);
    Log log(out);
    QTRY_VERIFY(peer.hasPendingConnections());
    auto *socket = peer.nextPendingConnection();
    QTRY_VERIFY(socket->peek(10000).contains("\r\n\r\n"));
    const auto invite = parseDatagram(socket->readAll().toStdString());
    QTest::qWait(600);
    socket->write(QByteArray::fromStdString(serialise(makeResponse(*invite.request(), 180, "t"))));
    QTRY_COMPARE(log.ringing, QList<int>{180});
    QVERIFY(log.endings.empty());
}

void UserAgentTest::idleConnectionsShutNobodyOut()
{
    Phone alice("alice"), bob("bob");
    std::vector<std::unique_ptr<QTcpSocket>> idle;
    const auto connectFrom = [&](const QString &address, int count) {
        for (int i = 0; i < count; ++i) {
            auto &socket = *idle.emplace_back(std::make_unique<QTcpSocket>());
            QVERIFY(socket.bind(QHostAddress(address)));
            socket.connectToHost(QHostAddress::LocalHost, bob.tcp.port);
            QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        }
    };
    const auto standing = [&] {
        return std::ranges::count_if(
            idle, [](const auto &socket) { return socket->state() == QAbstractSocket::ConnectedState; });
    };
    connectFrom(QStringLiteral("127.0.0.2"), 20);
    QTRY_COMPARE(standing(), 16);
    for (int host = 3; host < 14; ++host)
        connectFrom(QStringLiteral("127.0.0.%1").arg(host), 10);
    QTRY_COMPARE(standing(), 112);
    alice.call(bob.uri(Transport::Tcp));
    bob.call(alice.uri(Transport::Tcp));
    QTRY_COMPARE(bob.calls.size(), std::size_t(1));
    QTRY_COMPARE(alice.calls.size(), std::size_t(1));
    QTRY_COMPARE(standing(), 111); // one made room, the other had a place that is kept
}

void UserAgentTest::answersOnSameConnection() // RFC 3261 section 18.2.2
{
    Phone bob("bob");
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, bob.tcp.port);
    socket.write(options.left(40)); // in pieces
    QTRY_COMPARE(socket.bytesToWrite(), 0);
    socket.write(options.mid(40) + options);
    QTRY_COMPARE(socket.peek(100000).count("SIP/2.0 200 OK\r\n"), 2);
    socket.readAll();
    socket.write("\r\n\r\n"); // RFC 5626 section 3.5.1
    QTRY_COMPARE(socket.peek(100), QByteArray("\r\n"));
    QCOMPARE(socket.state(), QAbstractSocket::ConnectedState);
}

void UserAgentTest::brokenStreamIsClosed_data()
{
    QTest::addColumn<QByteArray>("octets");
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("garbage") << QByteArray("GARBAGE\r\nmore\r\n\r\n") << QByteArray();
    QTest::newRow("HTTP") << QByteArray("GET / HTTP/1.1\r\nHost: x\r\n\r\n") << QByteArray();
    QTest::newRow("no length") << QByteArray(options).replace("Content-Length: 0\r\n", "") << QByteArray("SIP/2.0 400");
    QTest::newRow("endless") << QByteArray(100000, 'x') << QByteArray();
}

void UserAgentTest::brokenStreamIsClosed()
{
    QFETCH(QByteArray, octets);
    QFETCH(QByteArray, answer);
    Phone bob("bob");
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, bob.tcp.port);
    socket.write(octets);
    QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
    QVERIFY(socket.readAll().startsWith(answer));
    QVERIFY(!bob.notices.isEmpty());
}

void UserAgentTest::garbageDisturbsNoCall()
{
    Phone alice("alice"), bob("bob");
    auto *out = alice.call(bob.uri(Transport::Udp));
    Log caller(out);
    QTRY_COMPARE(bob.calls.size(), std::size_t(1));
    Log callee(bob.calls.front());
    bob.calls.front()->accept(answer);
    QTRY_COMPARE(callee.acks.size(), std::size_t(1));
    QUdpSocket stranger;
    for (int i = 0; i < 500; ++i)
        stranger.writeDatagram(QByteArray(i % 60, char(i)) + QByteArray::number(i), QHostAddress::LocalHost,
                               bob.udp.port);
    out->reinvite(offer);
    QTRY_COMPARE(callee.offers.size(), std::size_t(1));
    QVERIFY(callee.endings.empty());
    QVERIFY(!bob.notices.isEmpty());
    QVERIFY2(bob.notices.size() <= 20, "the log is flooded");
}

void UserAgentTest::portTaken()
{
    Phone alice("alice"), bob("bob");
    for (const auto transport : {Transport::Udp, Transport::Tcp}) {
        const auto port = transport == Transport::Udp ? bob.udp.port : bob.tcp.port;
        const auto point = alice.agent.listen(transport, QHostAddress::LocalHost, port);
        QVERIFY(!point);
        QVERIFY(point.fault().sentence.starts_with("SIP cannot listen at 127.0.0.1 port " + std::to_string(port)));
    }
    QCOMPARE(alice.agent.listeningPoints().size(), std::size_t(2));
}

void UserAgentTest::quiet()
{
    QFETCH(Transport, transport);
    QFETCH(QHostAddress, address);
    Phone alice("alice", address), bob("bob", address);
    int told = 0;
    QObject::connect(&alice.agent, &UserAgent::quiet, &alice.agent, [&] { ++told; });
    auto *out = alice.call(bob.uri(transport));
    QTRY_COMPARE(bob.calls.size(), std::size_t(1));
    QVERIFY(!alice.agent.isQuiet());
    Log callee(bob.calls.front());
    bob.calls.front()->accept(answer);
    QTRY_COMPARE(told, 1); // answered
    Log caller(out);
    alice.agent.shutDown();
    QVERIFY(!alice.agent.isQuiet());
    QTRY_COMPARE(told, 2);
    QCOMPARE(callee.endings.size(), std::size_t(1));
    QCOMPARE(caller.endings.size(), std::size_t(1));
}

QTEST_GUILESS_MAIN(UserAgentTest)
#include "user_agent_test.moc"
