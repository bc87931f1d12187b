// SPDX-License-Identifier: Apache-2.0
#include "kms_process.h"

#include "sql_store.h"
#include "wire/text.h"

#include <QSslSocket>
#include <QTcpSocket>

#include <memory>

namespace {

const auto alice = u"sip:alice@example.org"_s, bob = u"sip:bob@example.org"_s;

/// Octets as they are over TLS; the status line of the answer, or empty if the connection just ends.
QByteArray raw(const account::KmsPlace &place, const QByteArray &octets)
{
    QSslSocket socket;
    socket.setPeerVerifyMode(QSslSocket::VerifyNone);
    socket.connectToHostEncrypted(place.url.host(), static_cast<quint16>(place.url.port()));
    if (!socket.waitForEncrypted(5000))
        return "no TLS";
    socket.write(octets);
    QByteArray answer;
    while (!answer.contains("\r\n") && socket.waitForReadyRead(15000))
        answer += socket.readAll();
    return answer.left(answer.indexOf("\r\n"));
}

QByteArray post(const QByteArray &path, const QByteArray &token, const QByteArray &body)
{
    return "POST " + path + " HTTP/1.1\r\nHost: kms\r\nAuthorization: Bearer " + token +
           "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

const QByteArray keyprov("/keymanagement/identity/v1/keyprov");

/// Those of the log's lines that tell of that status.
qsizetype logged(const KmsProcess &kms, int status)
{
    return kms.log().count("\"status\":" + QByteArray::number(status) + ',');
}

} // namespace

class KmsServerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6507-021: files and logs
    void enrolsOverHttps()
    {
        KmsProcess kms;
        const auto token = kms.addUser(alice);
        QVERIFY(!token.isEmpty());
        QVERIFY(kms.start());
        const auto init = ask(kms.place, keyQuestion(kms.place, alice, token, u"init"_s));
        const auto certificate = account::responseOf(init.body);
        QVERIFY2(bool(certificate), init.body.constData());
        const auto prov = ask(kms.place, keyQuestion(kms.place, alice, token));
        const auto answer = account::responseOf(prov.body);
        QVERIFY2(bool(answer), prov.body.constData());
        QCOMPARE(answer->keySets.front().certificate, certificate->certificates.front().uri);
        mikey::SakkeKeys keys;
        keys.uri = alice.toStdString();
        keys.domains.push_back(certificate->certificates.front().domain);
        const auto &set = answer->keySets.front().keys;
        QCOMPARE(set.period, keys.domains[0].periodAt(clockTime()));
        QVERIFY(set.identifier == keys.domains[0].identifier(keys.uri, set.period));
        QVERIFY(!keys.add(set.period, set.rsk, set.ssk, set.pvt));
        // The same again (rule S-8), also below the path of the user; another device gets another signing key.
        const auto again = ask(kms.place, keyQuestion(kms.place, alice, token, u"keyprov/sip:alice@example.org"_s));
        const auto same = account::responseOf(again.body);
        QVERIFY2(bool(same), again.body.constData());
        QVERIFY(mikey::sameOctets(same->keySets.front().keys.ssk.view(), set.ssk.view()));
        const auto other = ask(kms.place, keyQuestion(kms.place, alice, token, u"keyprov"_s, u"tablet"_s));
        QVERIFY(!mikey::sameOctets(account::responseOf(other.body)->keySets.front().keys.ssk.view(), set.ssk.view()));
        // Neither log nor audit log has secrets, and the latter tells of the issue.
        const auto audit = kms.admin({u"export-audit"_s});
        QVERIFY(audit.contains("\"event\":\"issue\""));
        const auto secret = QByteArray::fromStdString(mikey::hex(set.ssk.view()));
        for (const auto &text : {kms.log(), audit}) {
            QVERIFY(!text.isEmpty() && !text.contains(token) && !text.contains(secret));
        }
        QCOMPARE(kms.stop(), 0);
        QVERIFY(kms.log().contains("\"event\":\"stopped\""));
        for (const auto &name : {u"kms.key"_s, u"kms.sqlite"_s, u"kms-tls.key"_s, u"kms.pem"_s})
            QCOMPARE(QFile::permissions(kms.path(name)) & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteOther),
                     QFile::Permissions());
    }

    // K6509-048, K6508-013: a client that is not the identity it asks for gets nothing, and the audit log has it.
    void nobodyGetsAnothersKeys()
    {
        KmsProcess kms;
        const auto token = kms.addUser(alice);
        kms.addUser(bob);
        QVERIFY(kms.start());
        for (const auto &question : {keyQuestion(kms.place, bob, token), keyQuestion(kms.place, bob, token, u"init"_s),
                                     keyQuestion(kms.place, bob, token, u"keyprov/sip:bob@example.org"_s)}) {
            const auto reply = ask(kms.place, question);
            QCOMPARE(reply.status, 403);
            QVERIFY(!reply.body.contains("UserDecryptKey"));
        }
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, bob, {})).status, 401);
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, bob, "00")).status, 401);
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token, u"keyprov/sip:bob@example.org"_s)).status, 400);
        QVERIFY(!kms.admin({u"revoke"_s, alice}).isEmpty()); // while it runs
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token)).status, 403);
        const auto audit = kms.admin({u"export-audit"_s});
        QVERIFY(audit.count("\"event\":\"refuse\"") >= 5);
        QVERIFY(!audit.contains("\"event\":\"issue\""));
    }

    // kms-reference 4, "Errors to test", and what is no XML or HTTP at all: each gets an error and a line of the log.
    void answersWhatIsMalformed()
    {
        KmsProcess kms;
        const auto token = kms.addUser(alice);
        QVERIFY(kms.start());
        const auto good = keyQuestion(kms.place, alice, token).body;
        auto bomb = good;
        bomb.replace("?>", "?><!DOCTYPE x [<!ENTITY a \"aaaa\">]>");
        auto stale = good;
        stale.replace("<Time>20", "<Time>19");
        auto elsewhere = good;
        elsewhere.replace("kms.example.org", "kms.example.com");
        auto otherUrl = good;
        otherUrl.replace("/keyprov<", "/init<");
        const QByteArrayList bodies{
            "",    "<",       "{\"json\":1}", QByteArray(1000, '\0'), good.left(good.size() - 20), bomb,
            stale, elsewhere, otherUrl,       QByteArray(5000, '<')};
        for (const auto &body : bodies)
            QVERIFY2(raw(kms.place, post(keyprov, token, body)).startsWith("HTTP/1.1 400"), body.constData());
        QTRY_COMPARE(logged(kms, 400), bodies.size());
        QCOMPARE(raw(kms.place, post("/nowhere", token, good)), QByteArray("HTTP/1.1 404 Not Found"));
        QCOMPARE(raw(kms.place, post(keyprov + "/a/b/c", token, good)), QByteArray("HTTP/1.1 404 Not Found"));
        QCOMPARE(raw(kms.place, post(keyprov + "/" + QByteArray(4000, 'a'), token, good)).left(12),
                 QByteArray("HTTP/1.1 414"));
        QCOMPARE(raw(kms.place, "GET " + keyprov + " HTTP/1.1\r\n\r\n").left(12), QByteArray("HTTP/1.1 405"));
        QCOMPARE(raw(kms.place, "no http at all\r\n\r\n").left(12), QByteArray("HTTP/1.1 400"));
        QCOMPARE(raw(kms.place, post(keyprov, token, QByteArray(300000, 'x'))).left(12), QByteArray("HTTP/1.1 413"));
        QCOMPARE(raw(kms.place, "POST " + keyprov + " HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n")
                     .left(12),
                 QByteArray("HTTP/1.1 415"));
        for (const int status : {404, 405, 413, 414, 415})
            QTRY_VERIFY(logged(kms, status) >= 1);
        // Headers without end, and a body in chunks without end, run into the limit of a request.
        const auto before = kms.log().count("within its limits");
        QVERIFY(!raw(kms.place, "POST " + keyprov + " HTTP/1.1\r\n" + QByteArray("a: b\r\n").repeated(40000))
                     .startsWith("HTTP/1.1 200"));
        QVERIFY(!raw(kms.place, "POST " + keyprov + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                    ("1000\r\n" + QByteArray(4096, 'x') + "\r\n").repeated(60))
                     .startsWith("HTTP/1.1 200"));
        QTRY_VERIFY(kms.log().count("within its limits") + logged(kms, 400) > before + bodies.size() + 1);
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token)).status, 200); // and it lives
    }

    // K6509-048, K6507-003, -022, K6508-012, -013: nothing is told in the clear
    void servesNobodyInClear()
    {
        KmsProcess kms;
        const auto token = kms.addUser(alice);
        QVERIFY(kms.start());
        const auto body = keyQuestion(kms.place, alice, token).body;
        QTcpSocket socket;
        socket.connectToHost(kms.place.url.host(), static_cast<quint16>(kms.place.url.port()));
        QVERIFY(socket.waitForConnected(5000));
        socket.write(post(keyprov, token, body));
        QByteArray answer;
        while (socket.waitForReadyRead(5000))
            answer += socket.readAll();
        QVERIFY2(!answer.contains("HTTP/1.1 200") && !answer.contains("Kms"), answer.constData());
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token)).status, 200);
    }

    // What HTTP lets a client do, and some do
    void otherHttp()
    {
        KmsProcess kms;
        const auto token = kms.addUser(alice);
        QVERIFY(kms.start());
        const auto good = keyQuestion(kms.place, alice, token).body;
        QCOMPARE(raw(kms.place, "HEAD /health HTTP/1.1\r\n\r\n"), QByteArray("HTTP/1.1 200 OK"));
        auto lower = post(keyprov, token, good);
        lower.replace("Bearer ", "bearer ");
        QCOMPARE(raw(kms.place, lower), QByteArray("HTTP/1.1 200 OK"));
        for (const auto *range : {"bytes=0-9", "bytes=0-,0-,0-"}) { // the answer is given as a whole or not at all
            const auto part = QByteArray("GET /ibake/parameters HTTP/1.1\r\nRange: ") + range + "\r\n\r\n";
            QCOMPARE(raw(kms.place, part).left(12), QByteArray("HTTP/1.1 416"));
        }
        raw(kms.place, post(keyprov + "?access_token=" + token, token, good));
        QTRY_VERIFY(logged(kms, 200) >= 2);
        QVERIFY(!kms.log().contains(token));
        const QByteArray encoded(
            "POST /mikey/ticket HTTP/1.1\r\nContent-Transfer-Encoding: base64\r\nContent-Length: 4\r\n"
            "\r\n");
        QCOMPARE(raw(kms.place, encoded + "%%%%").left(12), QByteArray("HTTP/1.1 400"));
        QTRY_VERIFY(kms.log().contains("no base64"));
    }

    // Public keys of this service, of its partners, and of nobody else
    void partners()
    {
        KmsProcess other({{u"kms_uri"_s, u"kms.example.net"_s}, {u"hosts"_s, QJsonArray{u"example.com"_s}}});
        const auto xml = other.admin({u"certificate"_s});
        const auto theirs = account::responseOf(xml);
        QVERIFY2(theirs && theirs->certificates.size() == 1, xml.constData());
        KmsProcess kms;
        QFile file(kms.path(u"partner.xml"_s));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(xml) == xml.size());
        file.close();
        kms.configure({{u"partners"_s, QJsonArray{u"partner.xml"_s}}});
        const auto token = kms.addUser(alice);
        QVERIFY(kms.start());
        const auto told = [&](const QString &resource) {
            const auto reply = ask(kms.place, keyQuestion(kms.place, alice, token, resource));
            std::vector<std::string> names;
            if (const auto response = account::responseOf(reply.body)) {
                for (const auto &certificate : response->certificates)
                    names.push_back(certificate.domain.kms);
            }
            return names;
        };
        const std::string own = "kms.example.org", partner = "kms.example.net";
        QCOMPARE(told(u"certcache"_s), (std::vector{own, partner}));
        QCOMPARE(told(u"certcache/7"_s), (std::vector{own, partner}));
        QCOMPARE(told(u"cert/kms.example.org"_s), std::vector{own});
        QCOMPARE(told(u"cert/KMS.example.net"_s), std::vector{partner});
        const auto unknown = ask(kms.place, keyQuestion(kms.place, alice, token, u"cert/kms.example.com"_s));
        QCOMPARE(unknown.status, 404);
        QVERIFY(account::responseOf(unknown.body)->error.contains(u"not known"_s));
    }

    // A partner says itself whose users it serves: none of ours
    void partnersClaimNoneOfOurs()
    {
        for (const auto &[theirs, ours] : {std::pair(u"example.org"_s, u"x.example"_s),
                                           {u"a.example"_s, u"a.example"_s},
                                           {u"+"_s, u"x.example"_s},
                                           {u"+4477"_s, u"+44"_s}}) {
            KmsProcess other({{u"kms_uri"_s, u"kms.example.net"_s}, {u"hosts"_s, QJsonArray{theirs}}});
            KmsProcess kms;
            const auto xml = other.admin({u"certificate"_s});
            QFile file(kms.path(u"partner.xml"_s));
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(xml) == xml.size());
            file.close();
            kms.configure({{u"partners"_s, QJsonArray{u"partner.xml"_s}}, {u"hosts"_s, QJsonArray{ours}}});
            QVERIFY2(kms.admin({u"fingerprint"_s}).isEmpty(), qPrintable(theirs));
        }
    }

    // A user has rows of his own for each device, so they are not without end
    void devicesAreBounded()
    {
        KmsProcess kms;
        const auto token = kms.addUser(alice);
        QVERIFY(kms.start());
        int given = 0;
        for (; given < 100; ++given) {
            const auto reply = ask(
                kms.place, keyQuestion(kms.place, alice, token, u"keyprov"_s, u"device %1"_s.arg(given).remove(u' ')));
            if (reply.status != 200)
                break;
        }
        QCOMPARE(given, 64);
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token, u"keyprov"_s, u"device7"_s)).status, 200);
    }

    // One who sends slowly is cut off, and keeps nobody else waiting.
    void endsSlowRequests()
    {
        KmsProcess kms({{u"threads"_s, 2}});
        const auto token = kms.addUser(alice);
        QVERIFY(kms.start());
        QElapsedTimer timer;
        timer.start();
        const auto answer = raw(kms.place, "POST " + keyprov + " HTTP/1.1\r\nContent-Length: 10\r\n\r\nx");
        QVERIFY2(!answer.startsWith("HTTP/1.1 200"), answer.constData());
        QVERIFY(timer.elapsed() < 14000);
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token)).status, 200);
    }

    // Connections that are kept open and do nothing keep nobody waiting.
    void idleConnectionsGiveWay()
    {
        KmsProcess kms({{u"threads"_s, 1}});
        const auto token = kms.addUser(alice);
        QVERIFY(kms.start());
        QSslSocket idle;
        idle.setPeerVerifyMode(QSslSocket::VerifyNone);
        idle.connectToHostEncrypted(kms.place.url.host(), static_cast<quint16>(kms.place.url.port()));
        QVERIFY(idle.waitForEncrypted(5000));
        idle.write("GET /health HTTP/1.1\r\nHost: kms\r\n\r\n");
        QVERIFY(idle.waitForReadyRead(5000) && idle.readAll().startsWith("HTTP/1.1 200"));
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token)).status, 200);
        QVERIFY2(timer.elapsed() < 3000, qPrintable(QString::number(timer.elapsed())));
    }

    // One address cannot hold all threads.
    void leavesPlacesToOthers()
    {
        KmsProcess kms({{u"threads"_s, 3}, {u"connections_per_address"_s, 2}});
        QVERIFY(kms.start());
        const auto connected = [&kms](QSslSocket &socket, const char *from) {
            socket.setPeerVerifyMode(QSslSocket::VerifyNone);
            socket.bind(QHostAddress(QLatin1String(from)));
            socket.connectToHostEncrypted(kms.place.url.host(), static_cast<quint16>(kms.place.url.port()));
            return socket.waitForEncrypted(5000);
        };
        QSslSocket first, second, third, other;
        for (auto *slow : {&first, &second}) {
            QVERIFY(connected(*slow, "127.0.0.1"));
            slow->write("POST /mikey/ticket HTTP/1.1\r\n"); // and no more
            slow->flush();
        }
        QVERIFY(!connected(third, "127.0.0.1"));
        QVERIFY(kms.log().contains("too many connections"));
        QVERIFY(connected(other, "127.0.0.2"));
        other.write("GET /health HTTP/1.1\r\nHost: kms\r\n\r\n");
        QVERIFY(other.waitForReadyRead(5000) && other.readAll().startsWith("HTTP/1.1 200"));
        first.abort(); // whose place is free then
        const auto taken = [&connected] {
            QSslSocket again;
            return connected(again, "127.0.0.1");
        };
        QTRY_VERIFY_WITH_TIMEOUT(taken(), 12000);
    }

    // What is no longer needed goes while the service runs.
    void forgetsWhatIsOld()
    {
        KmsProcess kms({{u"refusal_days"_s, 1}, {u"database"_s, u"kms.sqlite"_s}});
        kms.addUser(alice);
        {
            const auto store = kmsd::SqlStore::open(kms.path(u"kms.sqlite"_s));
            QVERIFY(bool(store));
            const auto old = clockTime().plusSeconds(-2 * 24 * 3600);
            QVERIFY(bool((*store)->record({old, mikey::kms::AuditRow::refusal, {}, "long ago"})));
        }
        QVERIFY(kms.admin({u"export-audit"_s}).contains("long ago"));
        QVERIFY(kms.start());
        QTRY_VERIFY_WITH_TIMEOUT(!kms.admin({u"export-audit"_s}).contains("long ago"), 10000);
        QVERIFY(kms.admin({u"export-audit"_s}).contains("user add"));
        QCOMPARE(kms.stop(), 0);
    }

    // K6043-148
    void boundsTheRate()
    {
        KmsProcess kms({{u"requests_per_minute"_s, 5}});
        const auto token = kms.addUser(alice);
        QVERIFY(kms.start());
        for (int i = 0; i < 5; ++i)
            QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token)).status, 200);
        QCOMPARE(ask(kms.place, keyQuestion(kms.place, alice, token)).status, 429);
        QTRY_COMPARE(logged(kms, 429), 1);
    }

    // Killed in the middle and started again: whatever was answered is answered the same, nothing conflicts.
    void losesNothingThatWasIssued()
    {
        constexpr int users = 24;
        KmsProcess kms;
        QList<QByteArray> tokens;
        const auto uri = [](int i) { return u"sip:user%1@example.org"_s.arg(i); };
        for (int i = 0; i < users; ++i)
            tokens += kms.addUser(uri(i));
        QVERIFY(kms.start());
        QHash<int, QByteArray> issued;
        QObject context;
        account::KmsLimits limits;
        limits.attempts = 1;
        std::vector<std::unique_ptr<account::KmsConnection>> connections;
        for (int i = 0; i < users; ++i) {
            connections.push_back(std::make_unique<account::KmsConnection>(kms.place, limits));
            connections.back()->ask(keyQuestion(kms.place, uri(i), tokens[i]), &context,
                                    [&issued, i](const account::KmsReply &reply) {
                                        if (reply.status == 200)
                                            issued[i] = reply.body;
                                    });
        }
        QVERIFY(QTest::qWaitFor([&] { return issued.size() >= users / 4; }, 30000));
        kms.kill();
        const auto early = issued.size();
        QVERIFY(early < users); // it was in the middle of it
        QVERIFY(kms.start());
        for (int i = 0; i < users; ++i) {
            const auto reply = ask(kms.place, keyQuestion(kms.place, uri(i), tokens[i]));
            const auto answer = account::responseOf(reply.body);
            QVERIFY2(bool(answer), qPrintable(reply.trouble));
            if (!issued.contains(i))
                continue;
            const auto first = account::responseOf(issued[i]);
            QVERIFY(mikey::sameOctets(first->keySets.front().keys.ssk.view(), answer->keySets.front().keys.ssk.view()));
            QVERIFY(mikey::sameOctets(first->keySets.front().keys.rsk.view(), answer->keySets.front().keys.rsk.view()));
            QVERIFY(first->keySets.front().keys.pvt == answer->keySets.front().keys.pvt);
        }
        QCOMPARE(kms.admin({u"export-audit"_s}).count("\"event\":\"issue\""), users); // each once
    }

    void rotates()
    {
        KmsProcess kms;
        const auto out = QJsonDocument::fromJson(kms.admin({u"rotate"_s})).object();
        QVERIFY(out[u"from_period"_s].toInt() > 0);
        QVERIFY(kms.admin({u"export-audit"_s}).contains("sakke masters 2 from period"));
    }

    // A start that was cut off leaves nothing that keeps the next one from working
    void startsAfterHalfAStart()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        QCOMPARE(kms.stop(), 0);
        QVERIFY(QFile::remove(kms.path(u"kms.pem"_s))); // the key is there, the certificate is not yet
        QVERIFY(kms.start());
        QVERIFY(QFile::exists(kms.path(u"kms.pem"_s)));
        QCOMPARE(kms.stop(), 0);
    }

    // What is misspelled in the config may be what protects
    void refusesUnknownSettings_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QJsonValue>("value");
        QTest::newRow("misspelled") << u"maycall"_s << QJsonValue(QJsonObject());
        QTest::newRow("no list") << u"hosts"_s << QJsonValue(u"example.org"_s);
        QTest::newRow("no text") << u"listen"_s << QJsonValue(5);
        QTest::newRow("offset") << u"key_period_offset"_s << QJsonValue(2592000);
        QTest::newRow("no certificate") << u"x509"_s << QJsonValue(QJsonObject());
        QTest::newRow("no such file") << u"partners"_s << QJsonValue(QJsonArray{u"nothing.xml"_s});
    }
    void refusesUnknownSettings()
    {
        QFETCH(const QString, name);
        QFETCH(const QJsonValue, value);
        KmsProcess kms({{name, value}});
        QVERIFY(kms.admin({u"fingerprint"_s}).isEmpty());
        kms.configure({});
        QVERIFY(!kms.admin({u"fingerprint"_s}).isEmpty());
    }

    // Another key than that of the database opens nothing, and no key is made for a database that has had one.
    void doesNotStartWithoutItsKey()
    {
        KmsProcess kms;
        kms.addUser(alice);
        QVERIFY(QFile::remove(kms.path(u"kms.key"_s)));
        QVERIFY(kms.admin({u"rotate"_s}).isEmpty());
        QVERIFY(!QFile::exists(kms.path(u"kms.key"_s)));
        QVERIFY(!kms.start());
    }
};

QTEST_GUILESS_MAIN(KmsServerTest)
#include "kms_server_test.moc"
