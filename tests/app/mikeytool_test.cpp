// SPDX-License-Identifier: Apache-2.0
// mikeytool: command line, decode, methods, credentials.
#include "mikeytool_runner.h"

#include <QDir>
#include <QStandardPaths>
#include <QtTest/QTest>

namespace {

constexpr auto kat = "psk_exchange"; ///< of the computed vectors

} // namespace

class MikeytoolTest : public QObject, private Mikeytool
{
    Q_OBJECT

    /// Another program's opinion of a certificate of the set, where there is that program.
    void verifiedByOpenssl(const QString &certificate) const
    {
        const auto openssl = QStandardPaths::findExecutable(u"openssl"_s);
        if (openssl.isEmpty())
            return;
        QProcess process;
        process.setWorkingDirectory(path({}));
        process.start(openssl, words("verify -attime 1795435200 -x509_strict -crl_check -CRLfile set/ca.crl -CAfile "
                                     "set/ca.pem") +
                                   QStringList{certificate});
        QVERIFY(process.waitForFinished(60000));
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
    }

    /// SAKKE keys of the set serve in their key period; then they are renewed.
    void enrolled()
    {
        const auto exchange = [this](const QString &time) {
            const auto at = QStringList{u"--at"_s, time};
            const auto offered = run(
                words("offer --endpoint set/alice.json --to sip:bob@example.org --method sakke --state sakke-state") +
                at);
            QFile::remove(path(u"sakke-state"_s));
            return offered.status ? offered.status
                                  : run(words("respond --endpoint set/bob.json") + at, offered.out).status;
        };
        const auto later = u"2027-03-23T12:00:00Z"_s;
        QCOMPARE(exchange(noon), 0);
        QCOMPARE(exchange(later), 1);
        for (const auto *who : {"alice", "bob"}) {
            const auto renewed = run(words("credentials enrol --endpoint") +
                                     QStringList{u"set/%1.json"_s.arg(QLatin1String(who)), u"--at"_s, later});
            QCOMPARE(renewed.err, QString());
            QCOMPARE(renewed.status, 0);
            QVERIFY(renewed.out.startsWith("SAKKE keys of the key period "));
        }
        QCOMPARE(exchange(later), 0);
        QCOMPARE(exchange(noon), 1); // keys of old are gone
        const auto alice = QJsonDocument::fromJson(contentsOf(path(u"set/alice.json"_s))).object();
        QCOMPARE(alice[u"sakke"][u"kms"], u"kms.json"_s);
        QVERIFY(alice[u"x509"][u"certificate"] == u"alice.pem"_s); // the rest of the file is as it was
        QCOMPARE(run("credentials enrol --endpoint set/none.json").status, 1);
        write(u"bare.json"_s, R"({"identity": "sip:alice@example.org"})");
        const auto bare = run("credentials enrol --endpoint bare.json");
        QCOMPARE(bare.status, 1);
        QVERIFY(bare.err.contains(u"does not name its key management service"));
    }

private Q_SLOTS:
    void initTestCase() { writeEndpoints(); }

    void explainsItself()
    {
        const auto alone = run("");
        QCOMPARE(alone.status, 0);
        for (const auto *verb :
             {"decode", "methods", "offer", "respond", "finish", "credentials new", "kms", "compare"})
            QVERIFY2(alone.out.contains(verb), verb);
        QCOMPARE(run("--help").out, alone.out);
        QCOMPARE(run("help").out, alone.out);
        QCOMPARE(run("help").status, 0);
        QCOMPARE(run("help credentials new").out, run("credentials new --help").out);
        const auto help = run("offer --help");
        QCOMPARE(help.status, 0);
        for (const auto *option : {"--endpoint", "--to", "--method", "--state", "--at", "--policy", "--streams",
                                   "--v-flag", "--out", "--trace"})
            QVERIFY2(help.out.contains(option), option);
        QCOMPARE(run("credentials new --help").status, 0);
        QVERIFY(run("--version").out.startsWith("mikeytool "));
    }

    void wrongUsage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("says");
        const auto offer = words("offer --endpoint alice.json --to sip:bob@example.org --state unused --method");
        const auto psk = offer + words("psk");
        QTest::newRow("verb") << words("encode") << u"encode"_s;
        QTest::newRow("half a verb") << words("credentials") << u"credentials new, credentials enrol"_s;
        QTest::newRow("option") << words("decode --xml") << u"xml"_s;
        QTest::newRow("option of another verb") << words("decode --endpoint x") << u"endpoint"_s;
        QTest::newRow("two files") << words("decode a b") << u"b"_s;
        QTest::newRow("no such file") << words("decode nothing") << u"nothing"_s;
        QTest::newRow("a directory") << words("decode .") << u"."_s;
        QTest::newRow("missing options") << words("offer --to sip:b@c") << u"--endpoint, --method, --state"_s;
        QTest::newRow("missing value") << words("respond --endpoint") << u"endpoint"_s;
        QTest::newRow("option twice") << psk + words("--at 2026-11-23T12:00:00Z --at 2026-11-23T12:00:00Z")
                                      << u"--at"_s;
        QTest::newRow("method") << offer + words("rot13") << u"rot13"_s;
        QTest::newRow("time") << psk + words("--at noon") << u"noon"_s;
        QTest::newRow("time without zone") << psk + words("--at 2026-11-23T12:00:00") << u"--at"_s;
        QTest::newRow("no such day") << psk + words("--at 2026-02-30T12:00:00Z") << u"--at"_s;
        QTest::newRow("no leap second") << psk + words("--at 2026-11-23T12:00:60Z") << u"--at"_s;
        QTest::newRow("before NTP") << psk + words("--at 1860-02-03T12:00:00Z") << u"--at"_s;
        QTest::newRow("policy") << psk + words("--policy AES_CM_128_HMAC_SHA1_80,ROT13") << u"ROT13"_s;
        QTest::newRow("no policy") << psk + QStringList{u"--policy"_s, QString()} << u"--policy"_s;
        QTest::newRow("policy twice") << psk + words("--policy AEAD_AES_128_GCM,AEAD_AES_128_GCM") << u"twice"_s;
        QTest::newRow("no streams") << psk + words("--streams 0") << u"--streams"_s;
        QTest::newRow("negative streams") << psk + words("--streams -1") << u"--streams"_s;
        QTest::newRow("too many streams") << psk + words("--streams 128") << u"--streams"_s;
        QTest::newRow("streams in words") << psk + words("--streams two") << u"--streams"_s;
        QTest::newRow("flag") << psk + words("--v-flag maybe") << u"--v-flag"_s;
        QTest::newRow("endpoint is no endpoint") << words("respond --endpoint .") << u"."_s;
        QTest::newRow("finish without exchange") << words("finish --state none") << u"none"_s;
        QTest::newRow("finish with another file") << words("finish --state bob.json") << u"bob.json"_s;
        QTest::newRow("kms") << words("kms --kms none") << u"none"_s;
    }
    void wrongUsage()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, says);
        const auto made = run(arguments);
        QCOMPARE(made.status, 2);
        QCOMPARE(made.out, QByteArray());
        QVERIFY2(made.err.contains(says), qPrintable(made.err));
        QVERIFY(!QFileInfo::exists(path(u"unused"_s)));
    }

    void methods()
    {
        const auto listed = run("methods --json").array();
        QStringList names;
        for (const auto &method : listed)
            names += method[u"name"].toString();
        QCOMPARE(names.join(u' '), u"psk pk dh dh-hmac rsa-r ticket ibake sakke"_s);
        const auto psk = listed[0].toObject();
        QCOMPARE(psk[u"rfc"], u"RFC 3830 3.1"_s);
        QVERIFY(psk[u"available"].toBool());
        QVERIFY(!psk[u"needs"].toString().isEmpty());
        QVERIFY(psk[u"offers"].toObject()[u"forward_secrecy"].isBool());
        QVERIFY(listed[2].toObject()[u"offers"].toObject()[u"forward_secrecy"].toBool());
        const auto text = run("methods");
        QCOMPARE(text.status, 0);
        for (const auto &name : names)
            QVERIFY2(text.out.contains(name.toUtf8()), qPrintable(name));
    }

    void decodesAsJson()
    {
        const auto message = vectorMessage(kat, "I_MESSAGE");
        const auto made = run("decode --json -", message.toHex());
        QCOMPARE(made.status, 0);
        QCOMPARE(made.err, QString());
        const auto json = made.json();
        QCOMPARE(json[u"message"], u"PSK I_MESSAGE"_s);
        QCOMPARE(json[u"data_type"], 0);
        QCOMPARE(json[u"length"], message.size());
        QCOMPARE(json[u"complete"], true);
        QVERIFY(json[u"fault"].isNull());
        QStringList names;
        qint64 end = 0;
        for (const auto &payload : json[u"payloads"].toArray()) {
            names += payload[u"payload"].toString();
            QCOMPARE(payload[u"offset"].toInteger(), end);
            end += payload[u"length"].toInteger();
            QVERIFY(payload[u"rfc"].toString().startsWith(u"RFC 3830 6."_s));
        }
        QCOMPARE(end, message.size());
        QCOMPARE(names.join(u' '), u"HDR T RAND ID ID SP KEMAC"_s);
    }

    void decodesAsText()
    {
        const auto made = run({u"decode"_s, write(u"message.bin"_s, vectorMessage(kat, "I_MESSAGE"))});
        QCOMPARE(made.status, 0);
        for (const auto *part : {"PSK I_MESSAGE", "HDR", "RFC 3830 6.1", "CSB ID", "cd177e50", "KEMAC", "AES-CM-128",
                                 "sip:alice@example.com"})
            QVERIFY2(made.out.contains(part), part);
    }

    void decodesEveryMessageOfAnSdp()
    {
        const auto line = [](const char *message) {
            return "a=key-mgmt:mikey " + vectorMessage("rfc4567_section_5_1_samples", message).toBase64() + "\r\n";
        };
        const QByteArray begin("v=0\r\no=alice 1 1 IN IP4 w-land.example.com\r\ns=Cool stuff\r\nt=0 0\r\n");
        const auto one = run("decode --json", begin + line("offer") + "m=audio 49000 RTP/SAVP 98\r\n");
        QCOMPARE(one.status, 0);
        QCOMPARE(one.json()[u"message"], u"PSK I_MESSAGE"_s);
        const auto two = run("decode --json", begin + line("offer") + "m=audio 49000 RTP/SAVP 98\r\n" + line("answer"));
        QCOMPARE(two.status, 0);
        QCOMPARE(two.array().size(), 2);
        QCOMPARE(two.array()[1][u"message"], u"PSK R_MESSAGE"_s);
        const auto none = run("decode --json", begin);
        QCOMPARE(none.status, 1);
        QVERIFY(QJsonDocument::fromJson(none.out).isArray());
        QVERIFY(none.err.contains(u"key-mgmt"));
        const auto damaged = run("decode --json", begin + line("offer") + "a=key-mgmt:mikey $$$\r\n");
        QCOMPARE(damaged.status, 1);
        QCOMPARE(damaged.array().size(), 2);
        QVERIFY(damaged.array()[0][u"fault"].isNull());
        QVERIFY(damaged.array()[1][u"fault"].isObject());
    }

    void decodesWhatIsLeftOfADamagedMessage()
    {
        const auto whole = vectorMessage(kat, "I_MESSAGE");
        for (qsizetype length = 0; length < whole.size(); length += 11) {
            const auto made = run("decode --json", whole.left(length));
            QCOMPARE(made.status, 1);
            const QJsonValue fault = made.json()[u"fault"];
            QVERIFY(fault[u"offset"].toInteger(-1) >= 0 && fault[u"offset"].toInteger() <= length);
            QVERIFY(!fault[u"reason"].toString().isEmpty());
            QCOMPARE(made.json()[u"complete"], false);
            QVERIFY(made.err.contains(fault[u"reason"].toString()));
        }
        const auto text = run("decode", whole.left(100));
        QCOMPARE(text.status, 1);
        QVERIFY(text.out.contains("sip:alice@example.com"));
        QVERIFY(text.out.contains("FAULT at octet"));
        QVERIFY(text.out.indexOf("FAULT") > text.out.indexOf("sip:alice"));
    }

    // HDR, T and KEMAC with NULL encryption, whose plain Encr data is damaged
    void decodesDamageInEncrData()
    {
        for (const QByteArray encrData : {"00000020616263", "ffffffffffffffffff"}) {
            const QByteArray octets = QByteArray::fromHex("01000500000000010000"
                                                          "01000102030405060708"
                                                          "000000") +
                                      char(encrData.size() / 2) + QByteArray::fromHex(encrData) + '\0';
            const auto made = run("decode --json", octets);
            QCOMPARE(made.status, 1);
            QCOMPARE(made.json()[u"complete"], false);
            const QJsonValue fault = made.json()[u"fault"];
            QVERIFY(fault[u"reason"].toString().startsWith(u"Encr data: "));
            QVERIFY(fault[u"offset"].toInteger() >= 24 && fault[u"offset"].toInteger() < octets.size());
            QVERIFY(made.err.contains(fault[u"reason"].toString()));
        }
    }

    void decodesGarbageToAFault()
    {
        for (const QByteArray &garbage : {QByteArray(), QByteArray("hello"), QByteArray(5000, '\xff'),
                                          QByteArray("AAAA"), QByteArray(70000, '\1')}) {
            const auto made = run("decode --json", garbage);
            QCOMPARE(made.status, 1);
            QVERIFY(made.json()[u"fault"].isObject());
        }
        const auto tooLarge = run("decode", QByteArray((1 << 20) + 1, 'A'));
        QCOMPARE(tooLarge.status, 2);
        QVERIFY(tooLarge.err.contains(u"larger"));
    }

    // One test for all there is to say about a set: it takes seconds to make one.
    void newCredentials()
    {
        const auto made = run("credentials new --dir set --at 2026-11-23T12:00:00Z");
        QCOMPARE(made.status, 0);
        const auto files = words("alice.json alice.key alice.pem bob.json bob.key bob.pem ca.crl ca.key ca.pem "
                                 "carol.json carol.key carol.pem kms.json kms.pem");
        QCOMPARE(QDir(path(u"set"_s)).entryList(QDir::Files), files);
        const auto own = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser;
        for (const auto &file : files)
            QCOMPARE(QFileInfo(path(u"set/"_s + file)).permissions(), own);
        QCOMPARE(QString::fromUtf8(made.out).split(u'\n', Qt::SkipEmptyParts),
                 words("set/alice.json set/bob.json set/carol.json"));

        const auto alice = QJsonDocument::fromJson(contentsOf(path(u"set/alice.json"_s))).object();
        const auto bob = QJsonDocument::fromJson(contentsOf(path(u"set/bob.json"_s))).object();
        QCOMPARE(alice[u"psk"][u"sip:bob@example.org"], bob[u"psk"][u"sip:alice@example.org"]);
        QVERIFY(!made.out.contains(bob[u"psk"][u"sip:alice@example.org"].toString().toLatin1()));
        QCOMPARE(bob[u"x509"][u"peers"].toObject(), (QJsonObject{{u"sip:alice@example.org"_s, u"alice.pem"_s},
                                                                 {u"sip:carol@example.org"_s, u"carol.pem"_s}}));
        const auto offered =
            run(words("offer --endpoint set/carol.json --to sip:bob@example.org --method psk --state set-state --at") +
                QStringList{noon});
        QCOMPARE(offered.err, QString());
        const auto answered = respond(offered.out, {}, u"set/bob.json"_s);
        QCOMPARE(answered.err, QString());
        QCOMPARE(answered.status, 0);
        QCOMPARE(finish(u"set-state"_s, answered.json()[u"response"].toString().toLatin1()).status, 0);
        verifiedByOpenssl(u"set/alice.pem"_s);
        enrolled();

        const auto again = run("credentials new --dir set");
        QCOMPARE(again.status, 2);
        QVERIFY(again.err.contains(u"alice.json"));
        const auto more = run("credentials new --dir set --at 2026-11-23T12:00:00Z --identity sip:dave@example.org "
                              "--identity <sip:erin@Example.org>");
        QCOMPARE(more.status, 0);
        const auto dave = QJsonDocument::fromJson(contentsOf(path(u"set/dave.json"_s))).object();
        QCOMPARE(dave[u"psk"].toObject().keys(), words("sip:erin@example.org"));
        verifiedByOpenssl(u"set/dave.pem"_s);
        QCOMPARE(run("credentials new --dir x --identity sip:a@b --identity sip:a@B").status, 2);
        QVERIFY(!QFileInfo::exists(path(u"x"_s)));
    }

    void endpointFileWithDamagedCertificates()
    {
        write(u"damaged.json"_s, R"({"identity":"sip:a@b","x509":{"certificate":"a.pem","private_key":"a.key"}})");
        write(u"a.pem"_s, "no PEM");
        const auto made = run("respond --endpoint damaged.json", "AQAA");
        QCOMPARE(made.status, 2);
        QVERIFY(made.err.contains(u"a.pem is no certificate"));
    }

    void outputThatCannotBeWritten()
    {
        QProcess process;
        process.setStandardOutputFile(u"/dev/full"_s);
        process.start(QStringLiteral(MIKEYTOOL), words("methods"));
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitCode(), 2);
        const auto made = run(words("respond --endpoint bob.json --at 2026-11-23T12:00:00Z --out no/such/dir"),
                              offer(u"unwritten"_s));
        QCOMPARE(made.status, 2);
        QVERIFY(made.err.contains(u"no/such/dir"));
    }
};

QTEST_GUILESS_MAIN(MikeytoolTest)
#include "mikeytool_test.moc"
