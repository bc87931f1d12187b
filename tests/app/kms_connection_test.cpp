// SPDX-License-Identifier: Apache-2.0
#include "tls_server.h"

#include <QtTest/QTest>

namespace {

account::KmsLimits quick()
{
    account::KmsLimits limits;
    limits.firstPauseMs = 5;
    limits.milliseconds = 3000;
    limits.octets = 1000;
    return limits;
}

account::KmsReply ask(const account::KmsPlace &place, const QByteArray &token = {})
{
    account::KmsConnection connection(place, quick());
    std::optional<account::KmsReply> reply;
    QObject context;
    connection.ask({u"mikey/ticket"_s, "application/mikey", "question", token}, &context,
                   [&](const account::KmsReply &r) { reply = r; });
    if (reply)
        qFatal("the answer came before the question was out");
    return QTest::qWaitFor([&] { return reply.has_value(); }, 20000) ? *reply : account::KmsReply{0, {}, u"late"_s};
}

} // namespace

class KmsConnectionTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void asksTheOneThatIsKnown()
    {
        TlsServer server({http("200 OK", "answer")});
        const auto reply = ask(server.place(), "secret-token");
        QCOMPARE(reply.trouble, QString());
        QCOMPARE(reply.status, 200);
        QCOMPARE(reply.body, QByteArray("answer"));
        QCOMPARE(server.requests.size(), 1);
        QVERIFY(server.requests[0].startsWith("POST /kms/mikey/ticket HTTP/1.1\r\n"));
        QVERIFY(server.requests[0].contains("Authorization: Bearer secret-token\r\n"));
        QVERIFY(server.requests[0].contains("Content-Type: application/mikey\r\n"));
        QVERIFY(server.requests[0].endsWith("question"));
    }

    // K6507-002, K6508-003, -012: another certificate than the known one: not an octet of the question leaves.
    void asksNobodyElse()
    {
        TlsServer server({http("200 OK", "answer")});
        auto place = server.place();
        place.fingerprint[0] = static_cast<char>(place.fingerprint[0] ^ 1);
        const auto reply = ask(place, "secret-token");
        QVERIFY2(reply.trouble.contains(u"another certificate"_s), qPrintable(reply.trouble));
        QVERIFY(reply.body.isEmpty());
        QVERIFY(server.requests.isEmpty());
    }

    void asksNobodyWhomNobodyVouchesFor()
    {
        TlsServer server({http("200 OK", "answer")});
        auto place = server.place();
        place.fingerprint.clear();
        const auto reply = ask(place, "secret-token");
        QVERIFY2(reply.trouble.contains(u"Nobody vouches"_s), qPrintable(reply.trouble));
        QVERIFY(server.requests.isEmpty());
    }

    // K6509-048, K6507-022, K6508-013
    void asksInClearNobody()
    {
        account::KmsPlace place;
        place.url = QUrl(u"http://127.0.0.1:1/"_s);
        QVERIFY(ask(place, "secret-token").trouble.contains(u"no https"_s));
    }

    void triesAgainWhereItIsBusy()
    {
        TlsServer server({http("503 Busy", ""), http("429 Slow down", ""), http("200 OK", "answer")});
        const auto reply = ask(server.place());
        QCOMPARE(reply.body, QByteArray("answer"));
        QCOMPARE(server.requests.size(), 3);
    }

    void givesUp()
    {
        TlsServer server({http("503 Busy", "")});
        const auto reply = ask(server.place());
        QCOMPARE(reply.status, 503);
        QVERIFY(reply.trouble.contains(u"503"_s));
        QCOMPARE(server.requests.size(), 3);
        account::KmsPlace gone = server.place();
        server.close();
        const auto none = ask(gone);
        QCOMPARE(none.status, 0);
        QVERIFY2(none.trouble.contains(u"cannot be reached"_s), qPrintable(none.trouble));
    }

    // What was refused once is refused again, so it is asked once.
    void takesARefusal()
    {
        TlsServer server({http("403 Forbidden", "no")});
        const auto reply = ask(server.place());
        QCOMPARE(reply.status, 403);
        QVERIFY(reply.trouble.contains(u"does not let this user in"_s));
        QCOMPARE(server.requests.size(), 1);
    }

    void boundsTheAnswer()
    {
        TlsServer server({http("200 OK", QByteArray(5000, 'x'))});
        const auto reply = ask(server.place());
        QVERIFY2(reply.trouble.contains(u"more than it may"_s), qPrintable(reply.trouble));
        QVERIFY(reply.body.size() <= 1000);
    }
};

QTEST_GUILESS_MAIN(KmsConnectionTest)
#include "kms_connection_test.moc"
