// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_fetch.h"

#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest/QTest>

#include <algorithm>
#include <memory>

using namespace Qt::StringLiterals;

namespace {

/// A server on loopback that gives the same answer to everyone, and notes what it was asked.
class Server : public QTcpServer
{
public:
    explicit Server(QByteArray answer) : m_answer(std::move(answer))
    {
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        connect(this, &QTcpServer::newConnection, this, &Server::serve);
    }

    QString url(const QString &path = u"/a.cer"_s) const
    {
        return u"http://127.0.0.1:%1%2"_s.arg(serverPort()).arg(path);
    }
    bool wasAskedFor(const QByteArray &path) const
    {
        return std::any_of(requests.begin(), requests.end(),
                           [&path](const auto &request) { return request.startsWith("GET " + path + ' '); });
    }
    QByteArrayList requests; ///< Qt asks again where a connection breaks off, so there may be more than one expects

private:
    void serve()
    {
        auto *socket = nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
            requests += socket->readAll();
            if (m_answer.isEmpty())
                return; // it never answers
            socket->write(m_answer);
            socket->disconnectFromHost();
        });
    }

    QByteArray m_answer;
};

QByteArray answer(const QByteArray &body, const QByteArray &type = "application/pkix-cert")
{
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: " + type + "\r\n\r\n" + body;
}

QByteArray redirectTo(const QString &target)
{
    return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + target.toLatin1() +
           "\r\n\r\n";
}

} // namespace

class CertificateFetchTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fetches()
    {
        Server server(answer("octets", "Application/PKIX-Cert; version=1"));
        const auto fetched = account::fetchCertificatesNow({server.url(), server.url(u"/b.cer"_s), server.url()});
        QCOMPARE(fetched.size(), std::size_t{2});
        QCOMPARE(mikey::textOf(fetched.at(server.url().toStdString())), std::string_view("octets"));
        QVERIFY(server.wasAskedFor("/a.cer") && server.wasAskedFor("/b.cer"));
        QVERIFY(server.requests[0].contains("Accept: application/pkix-cert\r\n"));
        QVERIFY(!server.requests[0].contains("gzip"));
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("reply");
        QTest::newRow("wrong type") << answer("octets", "text/html");
        QTest::newRow("no type") << QByteArray("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\noctets");
        QTest::newRow("not found") << QByteArray(
            "HTTP/1.1 404 No\r\nConnection: close\r\nContent-Type: application/pkix-cert\r\n\r\noctets");
        QTest::newRow("password wanted") << QByteArray(
            "HTTP/1.1 401 No\r\nConnection: close\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");
        QTest::newRow("too long") << answer(QByteArray((64 << 10) + 1, 'x'));
        QTest::newRow("far too long") << answer(QByteArray(4 << 20, 'x'));
        QTest::newRow("no HTTP") << QByteArray("octets");
        QTest::newRow("leads to a file") << redirectTo(u"file:///etc/hostname"_s);
        QTest::newRow("leads to another scheme") << redirectTo(u"https://127.0.0.1:1/"_s);
        QTest::newRow("a certificate beside a redirection")
            << QByteArray("HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Type: application/pkix-cert\r\n"
                          "Location: ftp://127.0.0.1/\r\n\r\noctets");
        QTest::newRow("leads in circles") << redirectTo(u"/again"_s);
    }
    void refused()
    {
        QFETCH(QByteArray, reply);
        Server server(reply);
        QVERIFY(account::fetchCertificatesNow({server.url()}).empty());
        QVERIFY(!server.requests.isEmpty());
        constexpr int most = 4 * 4; // redirects, and Qt's own attempts
        QVERIFY2(server.requests.size() <= most, QByteArray::number(server.requests.size()).constData());
    }

    void longestCertificate()
    {
        Server server(answer(QByteArray(64 << 10, 'x')));
        const auto fetched = account::fetchCertificatesNow({server.url()});
        QCOMPARE(fetched.size(), std::size_t{1});
        QCOMPARE(fetched.begin()->second.size(), std::size_t{64 << 10});
    }

    void followsRedirects()
    {
        Server target(answer("octets"));
        Server server(redirectTo(target.url()));
        const auto fetched = account::fetchCertificatesNow({server.url()});
        QVERIFY(fetched.contains(server.url().toStdString())); // as the message names it
    }

    void asksNobody()
    {
        Server server(answer("octets"));
        const auto port = QString::number(server.serverPort());
        QVERIFY(account::fetchCertificatesNow({}).empty());
        QVERIFY(account::fetchCertificatesNow({u"file:///etc/hostname"_s, u"ftp://127.0.0.1:%1/a.cer"_s.arg(port),
                                               u"http://me:secret@127.0.0.1:%1/"_s.arg(port), u"a.cer"_s})
                    .empty());
        QVERIFY(server.requests.isEmpty());
    }

    void firstFourOnly()
    {
        Server server(answer("octets"));
        QStringList urls;
        for (int i = 0; i < 6; ++i)
            urls += server.url(u"/%1.cer"_s.arg(i));
        const auto fetched = account::fetchCertificatesNow(urls);
        QCOMPARE(fetched.size(), std::size_t{4});
        QVERIFY(fetched.contains(urls[3].toStdString()));
    }

    void waitsNoLongerThanTold()
    {
        Server silent({}), server(answer("octets"));
        account::FetchLimits limits;
        limits.milliseconds = 200;
        const auto fetched = account::fetchCertificatesNow({silent.url(), server.url()}, limits);
        QCOMPARE(fetched.size(), std::size_t{1});
        QVERIFY(fetched.contains(server.url().toStdString()));
    }

    void calledOnceAndLater()
    {
        Server server(answer("octets"));
        QObject context;
        int calls = 0;
        account::fetchCertificates({server.url()}, &context, [&calls](const auto &) { ++calls; });
        account::fetchCertificates({}, &context, [&calls](const auto &) { ++calls; });
        QCOMPARE(calls, 0);
        QTRY_COMPARE(calls, 2);
        QTRY_VERIFY(context.children().isEmpty());
    }

    void contextThatGoes()
    {
        Server server(answer("octets"));
        bool called = false;
        auto context = std::make_unique<QObject>();
        account::fetchCertificates({server.url()}, context.get(), [&called](const auto &) { called = true; });
        context.reset();
        QCOMPARE(account::fetchCertificatesNow({server.url()}).size(), std::size_t{1});
        QVERIFY(!called);

        context = std::make_unique<QObject>();
        account::fetchCertificates({server.url()}, context.get(), [&context](const auto &) { context.reset(); });
        QTRY_VERIFY(!context);
    }
};

QTEST_GUILESS_MAIN(CertificateFetchTest)
#include "certificate_fetch_test.moc"
