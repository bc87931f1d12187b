// SPDX-License-Identifier: Apache-2.0
// The user agent on real sockets: two of them, and raw peers, on loopback.
#include "sip/parser.h"
#include "transport/user_agent.h"

#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QUdpSocket>

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
    std::vector<Ending> failures, endings;
    QStringList messages;

    explicit Log(Session *session)
    {
        QObject::connect(session, &Session::ringing, [this](int status) { ringing << status; });
        QObject::connect(session, &Session::answered, [this](const Body &body) { answers.push_back(body); });
        QObject::connect(session, &Session::acknowledged, [this](const Body &body) { acks.push_back(body); });
        QObject::connect(session, &Session::reinviteReceived, [this](const Body &body) { offers.push_back(body); });
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
};

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
    in->answerReinvite(answer);
    QTRY_COMPARE(caller.newAnswers.size(), std::size_t(1));
    QTRY_COMPARE(callee.acks.size(), std::size_t(2));

    in->hangUp();
    QTRY_COMPARE(caller.endings.size(), std::size_t(1));
    QCOMPARE(caller.endings.front().by, Ending::By::Peer);
    QVERIFY(caller.endings.front().answered);
    QTRY_COMPARE(callee.endings.size(), std::size_t(1));
    QCOMPARE(callee.endings.front().by, Ending::By::Local);
    QTRY_COMPARE(callee.messages.last(), QStringLiteral("< 200 OK"));
    qDebug() << caller.messages << callee.messages;
}

QTEST_GUILESS_MAIN(UserAgentTest)
#include "user_agent_test.moc"
