// SPDX-License-Identifier: Apache-2.0
// mikeytool: certificates that messages name by URL.
#include "mikeytool_runner.h"

#include <QSslCertificate>
#include <QTcpServer>
#include <QTcpSocket>
#include <QtTest/QTest>

namespace {

/// Gives one certificate to all who ask.
class Server : public QTcpServer
{
public:
    Server()
    {
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        connect(this, &QTcpServer::newConnection, this, [this] {
            auto *socket = nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
                socket->readAll();
                ++asked;
                socket->write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/pkix-cert\r\n\r\n" +
                              certificate);
                socket->disconnectFromHost();
            });
        });
    }
    QString url() const { return u"http://127.0.0.1:%1/a.cer"_s.arg(serverPort()); }

    QByteArray certificate;
    int asked = 0;
};

} // namespace

class MikeytoolFetchTest : public QObject, private Mikeytool
{
    Q_OBJECT

private:
    Server m_server;

    /// While the server lives on in this thread.
    Run runServed(const QStringList &arguments, const QByteArray &input) const
    {
        QProcess process;
        process.setWorkingDirectory(path({}));
        process.start(QStringLiteral(MIKEYTOOL), arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!QTest::qWaitFor([&process] { return process.state() == QProcess::NotRunning; }, 60000))
            return {};
        return {process.exitCode(), process.readAllStandardOutput(), QString::fromUtf8(process.readAllStandardError())};
    }

    /// Who names his certificate by URL, and who knows no certificates beforehand.
    void derive(const QString &name, bool sendsUrl, bool fetches) const
    {
        auto file = QJsonDocument::fromJson(contentsOf(path(name + u".json"_s))).object();
        auto x509 = file[u"x509"].toObject();
        x509.remove(u"peers"_s);
        if (sendsUrl) {
            x509[u"send"] = u"url"_s;
            x509[u"url"] = m_server.url();
        }
        file[u"x509"] = x509;
        auto accept = file[u"accept"].toObject();
        accept[u"fetch_certificates"] = fetches;
        file[u"accept"] = accept;
        write(name +
                  (sendsUrl  ? u"-url"_s
                   : fetches ? u"-fetching"_s
                             : u"-asking-nobody"_s) +
                  u".json"_s,
              QJsonDocument(file).toJson());
    }

    void serve(const char *name)
    {
        m_server.certificate = QSslCertificate::fromPath(path(QLatin1String(name)), QSsl::Pem).value(0).toDer();
        m_server.asked = 0;
        QVERIFY(!m_server.certificate.isEmpty());
    }

    QByteArray offerOf(const QString &endpoint, const QString &method) const
    {
        return run(words("offer --to sip:bob@example.org --at 2026-11-23T12:00:00Z --state s --endpoint") +
                   QStringList{endpoint, u"--method"_s, method})
            .out;
    }

    Run served(const char *verb, const QByteArray &message) const
    {
        return runServed(words(verb) + words("--json --at 2026-11-23T12:00:00Z"), message);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QCOMPARE(run("credentials new --dir . --at 2026-11-23T12:00:00Z").status, 0);
        for (const auto &name : {u"alice"_s, u"bob"_s}) {
            derive(name, true, false);
            derive(name, false, true);
            derive(name, false, false);
        }
    }

    void respondFetches()
    {
        for (const auto &method : {u"dh"_s, u"rsa-r"_s}) {
            serve("alice.pem");
            const auto message = offerOf(u"alice-url.json"_s, method);
            const auto bob = served("respond --endpoint bob-fetching.json", message);
            QVERIFY2(bob.status == 0, qPrintable(bob.err));
            QCOMPARE(m_server.asked, 1);
        }
    }

    void onlyWithLeave()
    {
        serve("alice.pem");
        const auto message = offerOf(u"alice-url.json"_s, u"dh"_s);
        const auto bob = served("respond --endpoint bob-asking-nobody.json", message);
        QCOMPARE(bob.status, 1);
        QCOMPARE(bob.json()[u"error"][u"number"], 8);
        QCOMPARE(m_server.asked, 0);
    }

    void anotherCertificate()
    {
        serve("carol.pem");
        const auto bob = served("respond --endpoint bob-fetching.json", offerOf(u"alice-url.json"_s, u"dh"_s));
        QCOMPARE(bob.status, 1);
        QCOMPARE(bob.json()[u"error"][u"number"], 8);
    }

    void finishFetches()
    {
        for (const auto &method : {u"dh"_s, u"rsa-r"_s}) {
            serve("bob.pem");
            const auto bob =
                respond(offerOf(u"alice-fetching.json"_s, method), words("--reveal-keys"), u"bob-url.json"_s);
            const auto answer = bob.json()[u"response"].toString().toLatin1();
            QCOMPARE(m_server.asked, 0);
            const auto alice = served("finish --reveal-keys --state s", answer);
            QVERIFY2(alice.status == 0, qPrintable(alice.err));
            QCOMPARE(m_server.asked, 1);
            QCOMPARE(alice.json()[u"crypto_sessions"], bob.json()[u"crypto_sessions"]);
            offerOf(u"alice-asking-nobody.json"_s, method);
            QCOMPARE(served("finish --state s", answer).status, 1);
            QCOMPARE(m_server.asked, 1);
        }
    }
};

QTEST_GUILESS_MAIN(MikeytoolFetchTest)
#include "mikeytool_fetch_test.moc"
