// SPDX-License-Identifier: Apache-2.0
#include "config.h"
#include "kms_process.h"
#include "mikeytool_runner.h"
#include "sql_store.h"

class KmsEnrolTest : public QObject, private Mikeytool
{
    Q_OBJECT

private:
    QString addressOf(const KmsProcess &kms) const { return kms.place.url.toString(); }

    QStringList enrol(const QString &file, const KmsProcess &kms, const QString &tokenFile) const
    {
        return {
            u"credentials"_s,  u"enrol"_s,     u"--endpoint"_s,    file,
            u"--kms"_s,        addressOf(kms), u"--kms-id"_s,      u"kms.example.org"_s,
            u"--token-file"_s, tokenFile,      u"--fingerprint"_s, QString::fromLatin1(kms.place.fingerprint.toHex())};
    }

    QJsonObject sakkeOf(const QString &name) const
    {
        return QJsonDocument::fromJson(contentsOf(path(name))).object()[u"sakke"_s].toObject();
    }

private Q_SLOTS:
    // K6507-012, K6508-021: two who start with a name and a token, and then call each other; their keys are for no
    // other user of the machine.
    void enrolsAndCalls()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        for (const auto name : {"alice", "bob"}) {
            const auto file = QLatin1String(name) + u".json"_s,
                       identity = u"sip:%1@example.org"_s.arg(QLatin1String(name));
            write(file, "{\"identity\":\"" + identity.toLatin1() + "\"}");
            write(QLatin1String(name) + u".token"_s, kms.addUser(identity) + '\n');
            const auto done = run(enrol(file, kms, QLatin1String(name) + u".token"_s));
            QVERIFY2(done.status == 0, qPrintable(done.err));
            QVERIFY(done.out.startsWith("SAKKE keys of the key period "));
            QCOMPARE(QFile::permissions(path(file)) & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
        }
        const auto offered = run("offer --endpoint alice.json --to sip:bob@example.org --method sakke --state s");
        QVERIFY2(offered.status == 0, qPrintable(offered.err));
        const auto taken = run("respond --endpoint bob.json --json", offered.out);
        QVERIFY2(taken.json()[u"accepted"_s].toBool(), taken.out.constData());
        // The file knows the service now: renewing needs nothing more, and brings the same keys (rule S-8).
        const auto before = sakkeOf(u"alice.json"_s);
        const auto again = run("credentials enrol --endpoint alice.json");
        QVERIFY2(again.status == 0, qPrintable(again.err));
        QVERIFY(again.err.isEmpty());
        QCOMPARE(sakkeOf(u"alice.json"_s), before);
        // Another service in its place is not taken: its certificate is another.
        QCOMPARE(kms.stop(), 0);
        const auto gone = run("credentials enrol --endpoint alice.json");
        QCOMPARE(gone.status, 1);
        QVERIFY2(gone.err.contains(u"cannot be reached"_s), qPrintable(gone.err));
        QCOMPARE(sakkeOf(u"alice.json"_s), before);
    }

    // With a token and a key: SAKKE, IBAKE with the parameters of the service, and tickets
    void enrolsForAll()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        for (const auto name : {"alice", "bob"}) {
            const auto file = QLatin1String(name) + u".json"_s;
            const auto identity = u"sip:%1@example.org"_s.arg(QLatin1String(name));
            write(file, "{\"identity\":\"" + identity.toLatin1() + "\"}");
            const auto user = QJsonDocument::fromJson(kms.admin({u"user"_s, u"add"_s, identity})).object();
            write(u"token"_s, user[u"token"_s].toString().toLatin1());
            write(u"psk"_s, user[u"psk"_s].toString().toLatin1() + '\n');
            auto words = enrol(file, kms, u"token"_s);
            words << u"--psk-file"_s << path(u"psk"_s);
            const auto done = run(words);
            QVERIFY2(done.status == 0, qPrintable(done.err));
            QVERIFY2(done.out.contains("SAKKE keys of the key period "), done.out.constData());
            QVERIFY2(done.out.contains("IBAKE key of the month from "), done.out.constData());
        }
        for (const auto *method : {"sakke", "ticket"}) {
            const auto offered = run({u"offer"_s, u"--endpoint"_s, u"alice.json"_s, u"--to"_s, u"sip:bob@example.org"_s,
                                      u"--state"_s, u"s"_s, u"--method"_s, QLatin1String(method)});
            QVERIFY2(offered.status == 0, qPrintable(offered.err));
            const auto taken = run("respond --endpoint bob.json --json", offered.out);
            QVERIFY2(taken.json()[u"accepted"_s].toBool(), qPrintable(taken.err + QString::fromUtf8(taken.out)));
        }
        const auto first = run("offer --endpoint alice.json --to sip:bob@example.org --state i --method ibake");
        const auto second = run("respond --endpoint bob.json --state r", first.out);
        QVERIFY2(second.status == 0, qPrintable(second.err));
        // What is there is enough to renew, and the same keys come again.
        const auto before = QJsonDocument::fromJson(contentsOf(path(u"alice.json"_s))).object();
        const auto again = run("credentials enrol --endpoint alice.json");
        QVERIFY2(again.status == 0, qPrintable(again.err));
        QVERIFY(again.err.isEmpty());
        QCOMPARE(QJsonDocument::fromJson(contentsOf(path(u"alice.json"_s))).object(), before);
    }

    // K6509-046: two days before the service changes its master secrets: keys of both periods come, with the public
    // keys of both (RFC 6509 3.3), and serve each in its own.
    void changeOfMasters()
    {
        constexpr std::int64_t day = 24 * 3600, period = 8 * day;
        const auto now = clockTime();
        const auto seconds = static_cast<std::int64_t>(now.units() >> 32);
        const auto offset = (seconds + 2 * day) % period;
        KmsProcess kms(
            {{u"key_period"_s, static_cast<qint64>(period)}, {u"key_period_offset"_s, static_cast<qint64>(offset)}});
        kms.addUser(u"sip:nobody@example.org"_s); // makes the database
        {
            const auto config = kmsd::readConfig(kms.path(u"latchkey-kms.json"_s));
            QVERIFY(bool(config));
            const auto store = kmsd::SqlStore::open(config->database);
            QVERIFY(bool(store));
            mikey::SystemRandom random;
            const mikey::kms::Sealer sealer(std::move(*kmsd::sealingKey(*config)));
            mikey::kms::Service service(**store, sealer, config->profile, random);
            QVERIFY(!service.open(now));
            QVERIFY(bool(service.rotate(now.plusSeconds(-6 * day)))); // somebody did so six days ago
        }
        QVERIFY(kms.start());
        for (const auto name : {"alice", "bob"}) {
            const auto file = QLatin1String(name) + u".json"_s,
                       identity = u"sip:%1@example.org"_s.arg(QLatin1String(name));
            write(file, "{\"identity\":\"" + identity.toLatin1() + "\"}");
            write(QLatin1String(name) + u".token"_s, kms.addUser(identity));
            const auto done = run(enrol(file, kms, QLatin1String(name) + u".token"_s));
            QVERIFY2(done.status == 0, qPrintable(done.err));
            QCOMPARE(done.out.count("SAKKE keys of the key period "), 2);
        }
        const auto alice = sakkeOf(u"alice.json"_s);
        QVERIFY(alice[u"earlier"_s].isObject() && alice[u"from_period"_s].isDouble());
        QVERIFY(alice[u"earlier"_s][u"z"_s] != alice[u"z"_s]);
        for (const auto days : {0, 3}) {
            const auto at = QDateTime::fromMSecsSinceEpoch(now.unixMilliseconds(), Qt::UTC).addDays(days);
            const QStringList when{u"--at"_s, at.toString(Qt::ISODate)};
            const auto offered =
                run(QStringList{u"offer"_s, u"--endpoint"_s, u"alice.json"_s, u"--to"_s, u"sip:bob@example.org"_s,
                                u"--method"_s, u"sakke"_s, u"--state"_s, u"state-%1"_s.arg(days)} +
                    when);
            QVERIFY2(offered.status == 0, qPrintable(offered.err));
            const auto taken =
                run(QStringList{u"respond"_s, u"--endpoint"_s, u"bob.json"_s, u"--json"_s} + when, offered.out);
            QVERIFY2(taken.json()[u"accepted"_s].toBool(), qPrintable(taken.err + QString::fromUtf8(taken.out)));
        }
        const auto again = run("credentials enrol --endpoint alice.json");
        QVERIFY2(again.status == 0, qPrintable(again.err));
        QCOMPARE(sakkeOf(u"alice.json"_s), alice);
    }

    // What one service knows us by is not for another one
    void movesToAnotherService()
    {
        KmsProcess first, second;
        QVERIFY(first.start() && second.start());
        const auto identity = u"sip:alice@example.org"_s;
        // a key for tickets that she shares with a friend
        write(u"alice.json"_s, "{\"identity\":\"" + identity.toLatin1() + "\",\"ticket\":{\"tpk\":\"" +
                                   QByteArray(64, '5') +
                                   "\",\"tpk_peer\":\"sip:bob@example.org\",\"mode\":4,\"reuse\":true}}");
        const auto enrolAt = [&](const KmsProcess &kms, bool sakke, bool ibake) {
            const auto user = QJsonDocument::fromJson(kms.admin({u"user"_s, u"add"_s, identity})).object();
            write(u"token"_s, user[u"token"_s].toString().toLatin1());
            write(u"psk"_s, user[u"psk"_s].toString().toLatin1());
            auto words = enrol(u"alice.json"_s, kms, u"token"_s);
            if (!sakke)
                words.remove(8, 2);
            if (ibake)
                words << u"--psk-file"_s << path(u"psk"_s);
            return run(words);
        };
        const auto ibake = [&] {
            return QJsonDocument::fromJson(contentsOf(path(u"alice.json"_s))).object()[u"ibake"_s].toObject();
        };
        QVERIFY(enrolAt(first, true, true).status == 0);
        const auto before = ibake();
        const auto moved = enrolAt(second, false, true); // whatever "sakke" has is of the other
        QVERIFY2(moved.status == 0, qPrintable(moved.err));
        QVERIFY(!moved.out.contains("SAKKE"));
        const auto ticket = QJsonDocument::fromJson(contentsOf(path(u"alice.json"_s))).object()[u"ticket"_s].toObject();
        QCOMPARE(ticket[u"tpk_peer"_s], u"sip:bob@example.org"_s); // which no service has to do with
        QVERIFY(ticket[u"mode"_s] == 4 && ticket[u"reuse"_s].toBool() && ticket[u"psk"_s] == ibake()[u"psk"_s]);
        QVERIFY(ibake()[u"parameters"_s] != before[u"parameters"_s] && ibake()[u"psk"_s] != before[u"psk"_s]);
        QCOMPARE(ibake()[u"keys"_s].toArray().size(), before[u"keys"_s].toArray().size());
        const auto back = enrolAt(first, true, false); // "ibake" is of the second now
        QVERIFY2(back.status == 0, qPrintable(back.err));
        QVERIFY(!back.out.contains("IBAKE"));
    }

    // Who has another key gets nothing, and the file stays as it was
    void foreignKeyIsRefused()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        kms.addUser(u"sip:alice@example.org"_s);
        write(u"alice.json"_s, "{\"identity\":\"sip:alice@example.org\"}");
        write(u"psk"_s, QByteArray(64, 'a'));
        auto words = enrol(u"alice.json"_s, kms, {});
        words.remove(8, 2); // the token
        words << u"--psk-file"_s << path(u"psk"_s);
        const auto refused = run(words);
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains(u"refused"_s), qPrintable(refused.err));
        QCOMPARE(contentsOf(path(u"alice.json"_s)), QByteArray("{\"identity\":\"sip:alice@example.org\"}"));
        write(u"psk"_s, "no hex");
        QCOMPARE(run(words).status, 2);
    }

    void takesNoOtherService()
    {
        KmsProcess kms;
        QVERIFY(kms.start());
        write(u"alice.json"_s, "{\"identity\":\"sip:alice@example.org\"}");
        write(u"token"_s, kms.addUser(u"sip:alice@example.org"_s));
        auto words = enrol(u"alice.json"_s, kms, u"token"_s);
        words.last() = QString(64, u'0');
        const auto other = run(words);
        QCOMPARE(other.status, 1);
        QVERIFY2(other.err.contains(u"another certificate"_s), qPrintable(other.err));
        words = enrol(u"alice.json"_s, kms, u"token"_s);
        words[7] = u"kms.example.com"_s;
        const auto name = run(words);
        QCOMPARE(name.status, 1);
        QVERIFY2(name.err.contains(u"KmsUri names another service"_s), qPrintable(name.err));
        write(u"bob.json"_s, "{\"identity\":\"sip:bob@example.org\"}");
        const auto foreign = run(enrol(u"bob.json"_s, kms, u"token"_s)); // with Alice's token
        QCOMPARE(foreign.status, 1);
        QVERIFY2(foreign.err.contains(u"does not let this user in"_s), qPrintable(foreign.err));
        QVERIFY(sakkeOf(u"bob.json"_s).isEmpty());
        QCOMPARE(run("credentials enrol --endpoint bob.json --kms http://127.0.0.1/").status, 2);
        QCOMPARE(run("credentials enrol --endpoint bob.json --kms https://127.0.0.1/ --fingerprint 00").status, 2);
        const auto tokenless = run("credentials enrol --endpoint bob.json --kms https://127.0.0.1:1/");
        QVERIFY2(tokenless.err.contains(u"no token"_s), qPrintable(tokenless.err));
    }

    // What says whom to trust, and is not understood, is not as if nothing were said
    void trustFailsClosed_data()
    {
        QTest::addColumn<QByteArray>("said");
        QTest::addColumn<QString>("complaint");
        QTest::newRow("fingerprint that is none") << QByteArray("\"kms_fingerprint\":\"none\"") << u"kms_fingerprint"_s;
        QTest::newRow("fingerprint of another type") << QByteArray("\"kms_fingerprint\":17") << u"kms_fingerprint"_s;
        QTest::newRow("file that is not there") << QByteArray("\"kms_trust\":\"gone.pem\"") << u"gone.pem"_s;
        QTest::newRow("list with a file of nothing") << QByteArray("\"kms_trust\":[\"nothing\"]") << u"nothing"_s;
        QTest::newRow("trust of another type") << QByteArray("\"kms_trust\":17") << u"kms_trust"_s;
    }
    void trustFailsClosed()
    {
        QFETCH(const QByteArray, said);
        QFETCH(const QString, complaint);
        write(u"nothing"_s, "no certificate");
        write(u"carol.json"_s, "{\"identity\":\"sip:carol@example.org\",\"sakke\":{\"kms\":\"https://127.0.0.1:1/\","
                               "\"kms_token\":\"secret\"," +
                                   said + "}}");
        const auto refused = run("credentials enrol --endpoint carol.json");
        QVERIFY(refused.status != 0);
        QVERIFY2(refused.err.contains(complaint), qPrintable(refused.err));
        QVERIFY(!refused.err.contains(u"cannot be reached"_s)); // it was not even tried
    }

    // The token is for the service of the file
    void tokenGoesToNobodyElse()
    {
        write(u"carol.json"_s, "{\"identity\":\"sip:carol@example.org\","
                               "\"sakke\":{\"kms\":\"https://127.0.0.1:1/\",\"kms_token\":\"secret\"}}");
        const auto other = run("credentials enrol --endpoint carol.json --kms https://127.0.0.1:2/");
        QVERIFY2(other.err.contains(u"no token"_s), qPrintable(other.err));
        const auto own = run("credentials enrol --endpoint carol.json --kms https://127.0.0.1:1/");
        QVERIFY2(own.err.contains(u"cannot be reached"_s), qPrintable(own.err));
    }
};

QTEST_GUILESS_MAIN(KmsEnrolTest)
#include "kms_enrol_test.moc"
