// SPDX-License-Identifier: Apache-2.0
#include "account/kms_connection.h"

#include "crypto/issue.h"

#include <QSslKey>
#include <QSslServer>
#include <QSslSocket>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;

namespace {

struct Identity
{
    QSslCertificate certificate;
    QSslKey key;
    QByteArray fingerprint;
};

Identity makeIdentity()
{
    mikey::CertificateRequest request;
    request.commonName = "kms.example.org";
    const auto now = mikey::NtpTime::fromUnixMicroseconds(QDateTime::currentMSecsSinceEpoch() * 1000);
    request.notBefore = now.plusSeconds(-60);
    request.notAfter = now.plusSeconds(3600);
    const auto key = mikey::PrivateKey::generate(2048);
    const auto certificate = mikey::selfSigned(request, key);
    const auto pem = key.toPem();
    const auto fingerprint = certificate.fingerprint();
    return {QSslCertificate(QByteArray::fromStdString(certificate.toPem())),
            QSslKey(QByteArray(reinterpret_cast<const char *>(pem.view().data()), qsizetype(pem.size())), QSsl::Rsa),
            QByteArray(reinterpret_cast<const char *>(fingerprint.data()), qsizetype(fingerprint.size()))};
}

const Identity &identity()
{
    static const auto made = makeIdentity();
    return made;
}

/// A TLS server on loopback that answers each request with the next of its answers, the last one for ever.
class Server : public QSslServer
{
public:
    explicit Server(QByteArrayList answers) : m_answers(std::move(answers))
    {
        auto tls = QSslConfiguration::defaultConfiguration();
        tls.setLocalCertificate(identity().certificate);
        tls.setPrivateKey(identity().key);
        setSslConfiguration(tls);
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        connect(this, &QTcpServer::pendingConnectionAvailable, this, &Server::serve);
    }

    account::KmsPlace place() const
    {
        account::KmsPlace place;
        place.url = QUrl(u"https://127.0.0.1:%1/kms"_s.arg(serverPort()));
        place.fingerprint = identity().fingerprint;
        return place;
    }
    QByteArrayList requests;

private:
    void serve()
    {
        auto *socket = nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
            const auto octets = socket->readAll();
            if (!octets.startsWith("POST ")) {
                requests.last() += octets;
                return;
            }
            requests += octets;
            socket->write(m_answers.size() > 1 ? m_answers.takeFirst() : m_answers.first());
            socket->disconnectFromHost();
        });
    }

    QByteArrayList m_answers;
};

QByteArray http(const QByteArray &status, const QByteArray &body)
{
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + QByteArray::number(body.size()) +
           "\r\n\r\n" + body;
}

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
        Server server({http("200 OK", "answer")});
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
        Server server({http("200 OK", "answer")});
        auto place = server.place();
        place.fingerprint[0] = static_cast<char>(place.fingerprint[0] ^ 1);
        const auto reply = ask(place, "secret-token");
        QVERIFY2(reply.trouble.contains(u"another certificate"_s), qPrintable(reply.trouble));
        QVERIFY(reply.body.isEmpty());
        QVERIFY(server.requests.isEmpty());
    }

    void asksNobodyWhomNobodyVouchesFor()
    {
        Server server({http("200 OK", "answer")});
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
        Server server({http("503 Busy", ""), http("429 Slow down", ""), http("200 OK", "answer")});
        const auto reply = ask(server.place());
        QCOMPARE(reply.body, QByteArray("answer"));
        QCOMPARE(server.requests.size(), 3);
    }

    void givesUp()
    {
        Server server({http("503 Busy", "")});
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
        Server server({http("403 Forbidden", "no")});
        const auto reply = ask(server.place());
        QCOMPARE(reply.status, 403);
        QVERIFY(reply.trouble.contains(u"does not let this user in"_s));
        QCOMPARE(server.requests.size(), 1);
    }

    void boundsTheAnswer()
    {
        Server server({http("200 OK", QByteArray(5000, 'x'))});
        const auto reply = ask(server.place());
        QVERIFY2(reply.trouble.contains(u"more than it may"_s), qPrintable(reply.trouble));
        QVERIFY(reply.body.size() <= 1000);
    }
};

QTEST_GUILESS_MAIN(KmsConnectionTest)
#include "kms_connection_test.moc"
