// SPDX-License-Identifier: Apache-2.0
// The program itself, as scripts run it.
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;

namespace {

struct Run
{
    int status = -1;
    QByteArray out;
    QString err;

    QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
    QJsonArray array() const { return QJsonDocument::fromJson(out).array(); }
};

QByteArray contentsOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QJsonObject vectors()
{
    const auto file = contentsOf(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/mikey-computed-kat.json"));
    return QJsonDocument::fromJson(file).object();
}

QByteArray vectorMessage(const char *exchange, const char *message)
{
    return QByteArray::fromHex(
        vectors()[QLatin1String(exchange)].toObject()[QLatin1String(message)].toString().toLatin1());
}

QJsonObject firstSession(const QJsonObject &result)
{
    return result[u"crypto_sessions"].toArray()[0].toObject();
}

constexpr auto kat = "psk_exchange";
constexpr auto katTime = "c8e350ea12345678";

} // namespace

class MikeytoolTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_dir;
    const QString m_noon = u"2026-11-23T12:00:00Z"_s;

    QString path(const QString &name) const { return m_dir.filePath(name); }

    QString write(const QString &name, const QByteArray &contents) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
            qFatal("cannot write %s", qPrintable(name));
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        return path(name);
    }

    Run run(const QStringList &arguments, const QByteArray &input = {}) const
    {
        QProcess process;
        process.setWorkingDirectory(m_dir.path());
        process.start(QStringLiteral(MIKEYTOOL), arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit)
            return {};
        return {process.exitCode(), process.readAllStandardOutput(), QString::fromUtf8(process.readAllStandardError())};
    }

    /// An offer of Alice to Bob made at noon; its state is in the file `state`.
    QByteArray offer(const QString &state, const QStringList &more = {}) const
    {
        const auto made =
            run(QStringList{u"offer"_s, u"--endpoint"_s, u"alice.json"_s, u"--to"_s, u"sip:bob@example.org"_s,
                            u"--method"_s, u"psk"_s, u"--state"_s, state, u"--at"_s, m_noon} +
                more);
        if (made.status != 0)
            qWarning("%s", qPrintable(made.err));
        return made.out;
    }

    Run respond(const QByteArray &message, const QStringList &more = {}, const QString &endpoint = u"bob.json"_s) const
    {
        return run(QStringList{u"respond"_s, u"--endpoint"_s, endpoint, u"--at"_s, m_noon, u"--json"_s} + more,
                   message);
    }

    Run finish(const QString &state, const QByteArray &message, const QStringList &more = {}) const
    {
        return run(QStringList{u"finish"_s, u"--state"_s, state, u"--at"_s, m_noon, u"--json"_s} + more, message);
    }

private Q_SLOTS:
    void initTestCase()
    {
        const auto key = [](const QByteArray &identity, const QByteArray &peer, const QByteArray &psk) {
            return "{\"identity\":\"" + identity + "\",\"psk\":{\"" + peer + "\":\"" + psk + "\"}}";
        };
        const QByteArray alice("sip:alice@example.org"), bob("sip:bob@example.org");
        write(u"alice.json"_s, key(alice, bob, "00112233445566778899aabbccddeeff"));
        write(u"bob.json"_s, key(bob, alice, "00112233445566778899aabbccddeeff"));
        write(u"wrong.json"_s, key(bob, alice, "ff112233445566778899aabbccddeeff"));
        write(u"stranger.json"_s, key(bob, "sip:carol@example.org", "00112233445566778899aabbccddeeff"));
        write(u"kat.json"_s, key("sip:bob@example.com", "sip:alice@example.com", "404142434445464748494a4b4c4d4e4f"));
    }

    void explainsItself()
    {
        const auto alone = run({});
        QCOMPARE(alone.status, 0);
        for (const auto *verb :
             {"decode", "methods", "offer", "respond", "finish", "credentials new", "kms", "compare"})
            QVERIFY2(alone.out.contains(verb), verb);
        QCOMPARE(run({u"--help"_s}).out, alone.out);
        const auto help = run({u"offer"_s, u"--help"_s});
        QCOMPARE(help.status, 0);
        for (const auto *option : {"--endpoint", "--to", "--method", "--state", "--at", "--policy", "--streams",
                                   "--v-flag", "--out", "--trace"})
            QVERIFY2(help.out.contains(option), option);
        QCOMPARE(run({u"credentials"_s, u"new"_s, u"--help"_s}).status, 0);
        QVERIFY(run({u"--version"_s}).out.startsWith("mikeytool "));
    }

    void wrongUsage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("says");
        const QStringList offer{u"offer"_s,   u"--endpoint"_s, u"alice.json"_s, u"--to"_s, u"sip:bob@example.org"_s,
                                u"--state"_s, u"unused"_s,     u"--method"_s};
        const auto psk = offer + QStringList{u"psk"_s};
        QTest::newRow("verb") << QStringList{u"encode"_s} << u"encode"_s;
        QTest::newRow("half a verb") << QStringList{u"credentials"_s} << u"credentials"_s;
        QTest::newRow("option") << QStringList{u"decode"_s, u"--xml"_s} << u"xml"_s;
        QTest::newRow("option of another verb") << QStringList{u"decode"_s, u"--endpoint"_s, u"x"_s} << u"endpoint"_s;
        QTest::newRow("two files") << QStringList{u"decode"_s, u"a"_s, u"b"_s} << u"b"_s;
        QTest::newRow("no such file") << QStringList{u"decode"_s, u"nothing"_s} << u"nothing"_s;
        QTest::newRow("a directory") << QStringList{u"decode"_s, u"."_s} << u"."_s;
        QTest::newRow("missing options") << QStringList{u"offer"_s, u"--to"_s, u"sip:b@c"_s}
                                         << u"--endpoint, --method, --state"_s;
        QTest::newRow("missing value") << QStringList{u"respond"_s, u"--endpoint"_s} << u"endpoint"_s;
        QTest::newRow("option twice") << psk + QStringList{u"--at"_s, m_noon, u"--at"_s, m_noon} << u"--at"_s;
        QTest::newRow("method") << offer + QStringList{u"rot13"_s} << u"rot13"_s;
        QTest::newRow("time") << psk + QStringList{u"--at"_s, u"noon"_s} << u"noon"_s;
        QTest::newRow("time without zone") << psk + QStringList{u"--at"_s, u"2026-11-23T12:00:00"_s} << u"--at"_s;
        QTest::newRow("no such day") << psk + QStringList{u"--at"_s, u"2026-02-30T12:00:00Z"_s} << u"--at"_s;
        QTest::newRow("before NTP") << psk + QStringList{u"--at"_s, u"1860-02-03T12:00:00Z"_s} << u"--at"_s;
        QTest::newRow("policy") << psk + QStringList{u"--policy"_s, u"AES_CM_128_HMAC_SHA1_80,ROT13"_s} << u"ROT13"_s;
        QTest::newRow("no policy") << psk + QStringList{u"--policy"_s, QString()} << u"--policy"_s;
        QTest::newRow("policy twice") << psk + QStringList{u"--policy"_s, u"AEAD_AES_128_GCM,AEAD_AES_128_GCM"_s}
                                      << u"twice"_s;
        QTest::newRow("no streams") << psk + QStringList{u"--streams"_s, u"0"_s} << u"--streams"_s;
        QTest::newRow("negative streams") << psk + QStringList{u"--streams"_s, u"-1"_s} << u"--streams"_s;
        QTest::newRow("too many streams") << psk + QStringList{u"--streams"_s, u"128"_s} << u"--streams"_s;
        QTest::newRow("streams in words") << psk + QStringList{u"--streams"_s, u"two"_s} << u"--streams"_s;
        QTest::newRow("flag") << psk + QStringList{u"--v-flag"_s, u"maybe"_s} << u"--v-flag"_s;
        QTest::newRow("endpoint is no endpoint") << QStringList{u"respond"_s, u"--endpoint"_s, u"."_s} << u"."_s;
        QTest::newRow("finish without exchange") << QStringList{u"finish"_s, u"--state"_s, u"none"_s} << u"none"_s;
        QTest::newRow("finish with another file")
            << QStringList{u"finish"_s, u"--state"_s, u"bob.json"_s} << u"bob.json"_s;
        QTest::newRow("kms") << QStringList{u"kms"_s, u"--kms"_s, u"kms.json"_s} << u"not supported yet"_s;
        QTest::newRow("compare") << QStringList{u"compare"_s, u"--json"_s} << u"not supported yet"_s;
        QTest::newRow("vectors") << QStringList{u"vectors"_s, u"--dir"_s, u"d"_s} << u"not supported yet"_s;
        QTest::newRow("enrol") << QStringList{u"credentials"_s, u"enrol"_s, u"--endpoint"_s, u"x"_s}
                               << u"not supported yet"_s;
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
        const auto listed = run({u"methods"_s, u"--json"_s}).array();
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
        const auto text = run({u"methods"_s});
        QCOMPARE(text.status, 0);
        for (const auto &name : names)
            QVERIFY2(text.out.contains(name.toUtf8()), qPrintable(name));
    }

    void decodesAsJson()
    {
        const auto message = vectorMessage(kat, "I_MESSAGE");
        const auto made = run({u"decode"_s, u"--json"_s, u"-"_s}, message.toHex());
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
        const auto one = run({u"decode"_s, u"--json"_s}, begin + line("offer") + "m=audio 49000 RTP/SAVP 98\r\n");
        QCOMPARE(one.status, 0);
        QCOMPARE(one.json()[u"message"], u"PSK I_MESSAGE"_s);
        const auto two =
            run({u"decode"_s, u"--json"_s}, begin + line("offer") + "m=audio 49000 RTP/SAVP 98\r\n" + line("answer"));
        QCOMPARE(two.status, 0);
        QCOMPARE(two.array().size(), 2);
        QCOMPARE(two.array()[1][u"message"], u"PSK R_MESSAGE"_s);
        const auto none = run({u"decode"_s, u"--json"_s}, begin);
        QCOMPARE(none.status, 1);
        QVERIFY(QJsonDocument::fromJson(none.out).isArray());
        QVERIFY(none.err.contains(u"key-mgmt"));
        const auto damaged = run({u"decode"_s, u"--json"_s}, begin + line("offer") + "a=key-mgmt:mikey $$$\r\n");
        QCOMPARE(damaged.status, 1);
        QCOMPARE(damaged.array().size(), 2);
        QVERIFY(damaged.array()[0][u"fault"].isNull());
        QVERIFY(damaged.array()[1][u"fault"].isObject());
    }

    void decodesWhatIsLeftOfADamagedMessage()
    {
        const auto whole = vectorMessage(kat, "I_MESSAGE");
        for (qsizetype length = 0; length < whole.size(); length += 11) {
            const auto made = run({u"decode"_s, u"--json"_s}, whole.left(length));
            QCOMPARE(made.status, 1);
            const QJsonValue fault = made.json()[u"fault"];
            QVERIFY(fault[u"offset"].toInteger(-1) >= 0 && fault[u"offset"].toInteger() <= length);
            QVERIFY(!fault[u"reason"].toString().isEmpty());
            QCOMPARE(made.json()[u"complete"], false);
            QVERIFY(made.err.contains(fault[u"reason"].toString()));
        }
        const auto text = run({u"decode"_s}, whole.left(100));
        QCOMPARE(text.status, 1);
        QVERIFY(text.out.contains("sip:alice@example.com"));
        QVERIFY(text.out.contains("FAULT at octet"));
        QVERIFY(text.out.indexOf("FAULT") > text.out.indexOf("sip:alice"));
    }

    void decodesGarbageToAFault()
    {
        for (const QByteArray &garbage : {QByteArray(), QByteArray("hello"), QByteArray(5000, '\xff'),
                                          QByteArray("AAAA"), QByteArray(70000, '\1')}) {
            const auto made = run({u"decode"_s, u"--json"_s}, garbage);
            QCOMPARE(made.status, 1);
            QVERIFY(made.json()[u"fault"].isObject());
        }
        const auto tooLarge = run({u"decode"_s}, QByteArray((1 << 20) + 1, 'A'));
        QCOMPARE(tooLarge.status, 2);
        QVERIFY(tooLarge.err.contains(u"larger"));
    }

    void respondsToTheKnownMessage()
    {
        const auto made = run({u"respond"_s, u"--endpoint"_s, u"kat.json"_s, u"--at"_s, QLatin1String(katTime),
                               u"--json"_s, u"--reveal-keys"_s},
                              vectorMessage(kat, "I_MESSAGE"));
        QCOMPARE(made.status, 0);
        QCOMPARE(made.err, QString());
        const auto json = made.json();
        const auto known = vectors()[u"tgk_derivation"].toArray();
        QCOMPARE(json[u"accepted"], true);
        QCOMPARE(json[u"complete"], true);
        QCOMPARE(json[u"method"], u"psk"_s);
        QCOMPARE(json[u"csb_id"], u"cd177e50"_s);
        QCOMPARE(json[u"initiator"], u"sip:alice@example.com"_s);
        QCOMPARE(json[u"responder"], u"sip:bob@example.com"_s);
        QCOMPARE(json[u"timestamp"].toString(), QLatin1String(katTime));
        QCOMPARE(json[u"v_flag"], true);
        QCOMPARE(json[u"prf"], u"MIKEY-1"_s);
        QVERIFY(json[u"error"].isNull());
        QCOMPARE(json[u"tgk"], known[0][u"tgk"]);
        QCOMPARE(json[u"tgks"].toArray(), QJsonArray{known[0][u"tgk"]});
        QCOMPARE(json[u"crypto_sessions"].toArray().size(), 2);
        for (int i = 0; i < 2; ++i) {
            const auto session = json[u"crypto_sessions"].toArray()[i].toObject();
            QCOMPARE(session[u"cs_id"], i + 1);
            QCOMPARE(session[u"tek"], known[i][u"tek_128"]);
            QCOMPARE(session[u"salt"], u"a0a1a2a3a4a5a6a7a8a9aaabacad"_s);
            QCOMPARE(session[u"mki"], u"00000001"_s);
            QCOMPARE(session[u"suite"], u"AES_CM_128_HMAC_SHA1_80"_s);
            QVERIFY(session[u"valid_from"].isNull() && session[u"valid_to"].isNull());
        }
        QCOMPARE(firstSession(json)[u"ssrc"], u"11111111"_s);
        const auto answer = QByteArray::fromBase64(json[u"response"].toString().toLatin1());
        QCOMPARE(run({u"decode"_s, u"--json"_s}, answer).json()[u"message"], u"PSK R_MESSAGE"_s);
    }

    void exchange()
    {
        const auto message =
            offer(u"s"_s, {u"--streams"_s, u"2"_s, u"--policy"_s, u"AEAD_AES_256_GCM,AES_CM_128_HMAC_SHA1_80"_s});
        QVERIFY(message.endsWith('\n'));
        QCOMPARE(QFileInfo(path(u"s"_s)).permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
        const auto bob = respond(message, {u"--reveal-keys"_s});
        QCOMPARE(bob.status, 0);
        const auto alice = finish(u"s"_s, bob.json()[u"response"].toString().toLatin1(), {u"--reveal-keys"_s});
        QCOMPARE(alice.status, 0);
        QVERIFY(alice.json()[u"response"].isNull());
        for (const auto *member : {"accepted", "complete", "method", "csb_id", "initiator", "responder", "timestamp",
                                   "v_flag", "prf", "tgk", "tgks", "crypto_sessions", "error"})
            QVERIFY2(alice.json()[QLatin1String(member)] == bob.json()[QLatin1String(member)], member);
        const auto sessions = alice.json()[u"crypto_sessions"].toArray();
        QCOMPARE(sessions.size(), 4);
        QSet<QString> teks;
        for (const auto &session : sessions) {
            QCOMPARE(session[u"suite"], u"AEAD_AES_256_GCM"_s);
            QCOMPARE(session[u"tek"].toString().size(), 64);
            QCOMPARE(session[u"salt"].toString().size(), 24);
            QVERIFY(session[u"ssrc"] != u"00000000"_s);
            teks += session[u"tek"].toString();
        }
        QCOMPARE(teks.size(), 4);
        const auto &saved = contentsOf(path(u"s"_s));
        QVERIFY(!saved.contains("00112233445566778899aabbccddeeff"));

        const auto again = finish(u"s"_s, bob.json()[u"response"].toString().toLatin1());
        QCOMPARE(again.status, 1);
        QCOMPARE(again.json()[u"accepted"], false);
        QVERIFY(again.err.contains(u"complete"));
    }

    void keysAreHiddenUnlessAskedFor()
    {
        const auto message = offer(u"hidden"_s);
        const auto revealed = respond(message, {u"--reveal-keys"_s}).json(), hidden = respond(message).json();
        QCOMPARE(hidden[u"tgk"].toString().size(), 16);
        QCOMPARE(hidden[u"tgks"].toArray()[0], hidden[u"tgk"]);
        QVERIFY(!revealed[u"tgk"].toString().startsWith(hidden[u"tgk"].toString()));
        QCOMPARE(firstSession(hidden)[u"tek"].toString().size(), 16);
        QCOMPARE(firstSession(hidden)[u"salt"].toString().size(), 16);
        QCOMPARE(firstSession(revealed)[u"tek"].toString().size(), 32);
        QCOMPARE(firstSession(revealed)[u"salt"].toString().size(), 28);
        const auto text = run({u"respond"_s, u"--endpoint"_s, u"bob.json"_s, u"--at"_s, m_noon}, message);
        QCOMPARE(text.status, 0);
        QVERIFY(text.out.contains(firstSession(hidden)[u"tek"].toString().toLatin1()));
        QVERIFY(text.out.contains("sip:alice@example.org"));
        QVERIFY(!text.out.contains(firstSession(revealed)[u"tek"].toString().toLatin1()));
    }

    void filesOfOctets()
    {
        QCOMPARE(offer(u"files"_s, {u"--out"_s, u"i.bin"_s, u"--trace"_s, u"trace"_s}), QByteArray());
        const auto message = contentsOf(path(u"i.bin"_s));
        QVERIFY(message.startsWith('\1'));
        const auto bob = run({u"respond"_s, u"--endpoint"_s, u"bob.json"_s, u"--at"_s, m_noon, u"--json"_s, u"--out"_s,
                              u"r.bin"_s, u"--trace"_s, u"trace"_s, u"i.bin"_s});
        QCOMPARE(bob.status, 0);
        const auto answer = contentsOf(path(u"r.bin"_s));
        QVERIFY(answer.startsWith("\1\1"));
        const auto alice = run({u"finish"_s, u"--state"_s, u"files"_s, u"--trace"_s, u"trace"_s, u"r.bin"_s});
        QCOMPARE(alice.status, 0);
        QVERIFY(alice.out.startsWith("accepted"));
        QCOMPARE(QDir(path(u"trace"_s)).entryList(QDir::Files),
                 (QStringList{u"01-psk-i_message.mikey"_s, u"02-psk-r_message.mikey"_s}));
        QCOMPARE(contentsOf(path(u"trace/01-psk-i_message.mikey"_s)), message);
        QCOMPARE(contentsOf(path(u"trace/02-psk-r_message.mikey"_s)), answer);
    }

    void withoutVerification()
    {
        const auto bob = respond(offer(u"v"_s, {u"--v-flag"_s, u"off"_s}));
        QCOMPARE(bob.status, 0);
        QVERIFY(bob.json()[u"response"].isNull());
        QCOMPARE(bob.json()[u"v_flag"], false);
        QCOMPARE(bob.json()[u"complete"], true);
        const auto alice = finish(u"v"_s, {});
        QCOMPARE(alice.status, 0);
        QCOMPARE(alice.json()[u"complete"], true);
        QCOMPARE(alice.json()[u"tgk"], bob.json()[u"tgk"]);
        QCOMPARE(alice.json()[u"crypto_sessions"], bob.json()[u"crypto_sessions"]);
        QCOMPARE(finish(u"v"_s, {}).status, 1);
    }

    void answerThatIsMissing()
    {
        offer(u"due"_s);
        const auto alice = finish(u"due"_s, {});
        QCOMPARE(alice.status, 2);
        QVERIFY(alice.err.contains(u"answer is due"));
    }

    void replaysAreRefused()
    {
        const auto message = offer(u"replayed"_s);
        const QStringList state{u"--state"_s, u"remembered"_s};
        QCOMPARE(respond(message, state).status, 0);
        QCOMPARE(QFileInfo(path(u"remembered"_s)).permissions() & (QFile::ReadGroup | QFile::ReadOther),
                 QFile::Permissions());
        const auto replay = respond(message, state);
        QCOMPARE(replay.status, 1);
        QCOMPARE(replay.json()[u"accepted"], false);
        QVERIFY(replay.json()[u"error"][u"number"].isNull());
        QVERIFY(replay.json()[u"response"].isNull());
        QVERIFY(!replay.err.isEmpty());
        QCOMPARE(respond(offer(u"replayed"_s), state).status, 0);
        QCOMPARE(respond(message).status, 0); // nothing remembers it
        const auto notAState = respond(message, {u"--state"_s, u"bob.json"_s});
        QCOMPARE(notAState.status, 2);
        QVERIFY(contentsOf(path(u"bob.json"_s)).contains("identity"));
    }

    void twoRunsAtOnceAcceptOnlyOne()
    {
        const auto message = write(u"race"_s, offer(u"racing"_s));
        QProcess runs[4];
        for (auto &process : runs) {
            process.setWorkingDirectory(m_dir.path());
            process.start(QStringLiteral(MIKEYTOOL), {u"respond"_s, u"--endpoint"_s, u"bob.json"_s, u"--at"_s, m_noon,
                                                      u"--state"_s, u"shared"_s, message});
        }
        int accepted = 0;
        for (auto &process : runs) {
            QVERIFY(process.waitForFinished(60000));
            accepted += process.exitCode() == 0;
        }
        QCOMPARE(accepted, 1);
    }

    void refusals_data()
    {
        QTest::addColumn<QString>("endpoint");
        QTest::addColumn<QString>("at");
        QTest::addColumn<int>("number");
        QTest::newRow("wrong key") << u"wrong.json"_s << m_noon << 0;
        QTest::newRow("old") << u"bob.json"_s << u"2026-11-23T12:05:01Z"_s << 1;
        QTest::newRow("from the future") << u"bob.json"_s << u"2026-11-23T12:54:59+01:00"_s << 1;
        QTest::newRow("stranger") << u"stranger.json"_s << m_noon << 7;
    }
    void refusals()
    {
        QFETCH(QString, endpoint);
        QFETCH(QString, at);
        QFETCH(int, number);
        const auto state = u"refused-%1"_s.arg(number);
        const auto message = offer(state);
        const auto bob =
            run({u"respond"_s, u"--endpoint"_s, endpoint, u"--at"_s, at, u"--json"_s, u"--out"_s, u"e.bin"_s}, message);
        QCOMPARE(bob.status, 1);
        const auto error = bob.json()[u"error"].toObject();
        QCOMPARE(bob.json()[u"accepted"], false);
        QCOMPARE(bob.json()[u"method"], u"psk"_s);
        QCOMPARE(error[u"number"], number);
        QVERIFY(bob.err.contains(error[u"reason"].toString()));
        QVERIFY(bob.json()[u"tgk"].isNull());
        QCOMPARE(bob.json()[u"crypto_sessions"].toArray().size(), 0);
        const auto response = QByteArray::fromBase64(bob.json()[u"response"].toString().toLatin1());
        QCOMPARE(response, contentsOf(path(u"e.bin"_s)));
        QCOMPARE(run({u"decode"_s, u"--json"_s}, response).json()[u"data_type"], 6);

        const auto alice = finish(state, response);
        QCOMPARE(alice.status, 1);
        QCOMPARE(alice.json()[u"accepted"], false);
        QCOMPARE(alice.json()[u"error"][u"number"], number);
        QCOMPARE(alice.json()[u"error"][u"name"], error[u"name"]);
    }

    void aForgedAnswerDoesNotEndTheExchange()
    {
        const auto answer =
            QByteArray::fromBase64(respond(offer(u"forged"_s)).json()[u"response"].toString().toLatin1());
        auto forged = answer;
        forged.back() = static_cast<char>(forged.back() ^ 1);
        const auto refused = finish(u"forged"_s, forged);
        QCOMPARE(refused.status, 1);
        QCOMPARE(refused.json()[u"error"][u"number"], 0);
        QCOMPARE(finish(u"forged"_s, answer).status, 0);
    }

    void unreadableAnswers()
    {
        const auto message = offer(u"unread"_s);
        for (const QByteArray &input : {QByteArray("garbage"), QByteArray("v=0\r\n"), QByteArray("010"), message}) {
            const auto alice = finish(u"unread"_s, input);
            QCOMPARE(alice.status, 1);
            QCOMPARE(alice.json()[u"accepted"], false);
            const auto bob = respond(input == message ? vectorMessage(kat, "R_MESSAGE") : input);
            QCOMPARE(bob.status, 1);
            QCOMPARE(bob.json()[u"accepted"], false);
            QVERIFY(!bob.json()[u"error"][u"reason"].toString().isEmpty());
        }
    }

    void sdpThatWasStrippedOfProtocols()
    {
        const auto message = offer(u"sdp"_s).trimmed();
        const auto sdp = [&message](const QByteArray &more) {
            return "v=0\r\ns=-\r\nt=0 0\r\na=key-mgmt:mikey " + message + "\r\n" + more + "m=audio 9 RTP/SAVP 0\r\n";
        };
        QCOMPARE(respond(sdp({})).status, 0);
        const auto bob = respond(sdp("a=key-mgmt:keyp1 AAAA\r\n"));
        QCOMPARE(bob.status, 1);
        QCOMPARE(bob.json()[u"error"][u"number"], 0);
    }

    void nullEncryptionNeedsLeave()
    {
        const QStringList policy{u"--policy"_s, u"NULL_HMAC_SHA1_80"_s};
        const QStringList arguments{
            u"offer"_s,    u"--endpoint"_s, u"alice.json"_s, u"--to"_s, u"sip:bob@example.org"_s,
            u"--method"_s, u"psk"_s,        u"--state"_s,    u"null"_s};
        const auto refused = run(arguments + policy);
        QCOMPARE(refused.status, 1);
        QVERIFY(refused.err.contains(u"NULL_HMAC_SHA1_80"));
        QVERIFY(!QFileInfo::exists(path(u"null"_s)));

        auto allow = [this](const QString &from, const QString &to) {
            auto file = QJsonDocument::fromJson(contentsOf(path(from))).object();
            file[u"accept"] = QJsonObject{{u"null_encryption"_s, true}};
            write(to, QJsonDocument(file).toJson());
        };
        allow(u"bob.json"_s, u"weak-bob.json"_s);
        allow(u"alice.json"_s, u"weak-alice.json"_s);
        auto weakly = arguments;
        weakly[2] = u"weak-alice.json"_s;
        const auto offered = run(weakly + policy + QStringList{u"--at"_s, m_noon});
        QCOMPARE(offered.status, 0);
        QCOMPARE(respond(offered.out).json()[u"error"][u"number"], 10);
        const auto bob = respond(offered.out, {}, u"weak-bob.json"_s);
        QCOMPARE(bob.status, 0);
        QCOMPARE(firstSession(bob.json())[u"suite"], u"NULL_HMAC_SHA1_80"_s);
        QVERIFY(!bob.json()[u"weaknesses"].toArray().isEmpty());
        const auto alice = finish(u"null"_s, bob.json()[u"response"].toString().toLatin1());
        QCOMPARE(alice.status, 0);
        QCOMPARE(firstSession(alice.json()), firstSession(bob.json()));
    }

    void offersThatCannotBeMade()
    {
        const auto to = [this](const QString &peer, const QString &method) {
            return run({u"offer"_s, u"--endpoint"_s, u"alice.json"_s, u"--to"_s, peer, u"--method"_s, method,
                        u"--state"_s, u"not"_s});
        };
        const auto noKey = to(u"sip:nobody@example.org"_s, u"psk"_s);
        QCOMPARE(noKey.status, 1);
        QVERIFY(noKey.err.contains(u"sip:nobody@example.org"));
        const auto later = to(u"sip:bob@example.org"_s, u"sakke"_s);
        QCOMPARE(later.status, 1);
        QVERIFY(later.err.contains(u"not supported yet"));
        QVERIFY(!QFileInfo::exists(path(u"not"_s)));
    }

    void offerOverwritesNothingElse()
    {
        const auto made = run({u"offer"_s, u"--endpoint"_s, u"alice.json"_s, u"--to"_s, u"sip:bob@example.org"_s,
                               u"--method"_s, u"psk"_s, u"--state"_s, u"alice.json"_s});
        QCOMPARE(made.status, 2);
        QVERIFY(contentsOf(path(u"alice.json"_s)).contains("identity"));
        write(u"empty"_s, {});
        QVERIFY(!offer(u"empty"_s).isEmpty());
        QVERIFY(!offer(u"empty"_s).isEmpty());
    }

    void peerOfSignallingStandsIn()
    {
        // A message without IDs, as older programs send, to an endpoint that does not take it.
        const auto bob =
            respond(vectorMessage("rfc4567_section_5_1_samples", "offer"), {u"--peer"_s, u"sip:alice@example.org"_s});
        QCOMPARE(bob.status, 1);
        QCOMPARE(bob.json()[u"error"][u"number"], 7);
    }

    void timesInBothForms()
    {
        const QStringList arguments{
            u"offer"_s,    u"--endpoint"_s, u"alice.json"_s, u"--to"_s, u"sip:bob@example.org"_s,
            u"--method"_s, u"psk"_s,        u"--state"_s,    u"time"_s, u"--at"_s};
        const auto timestamp = [&](const QString &at) {
            const auto made = run(QStringList{u"decode"_s, u"--json"_s}, run(arguments + QStringList{at}).out);
            return made.json()[u"payloads"][1][u"fields"].toArray().last()[u"value"].toString();
        };
        QCOMPARE(timestamp(u"c8e350ea12345678"_s), u"c8e350ea12345678"_s);
        QCOMPARE(timestamp(u"2026-11-23T12:00:00.5Z"_s), u"eeaea94080000000"_s);
        QCOMPARE(timestamp(u"2026-11-23T14:00:00+02:00"_s), u"eeaea94000000000"_s);
        QCOMPARE(timestamp(u"2036-02-07T06:28:16Z"_s), u"0000000000000000"_s);
    }

    void newCredentials()
    {
        const auto made = run({u"credentials"_s, u"new"_s, u"--dir"_s, u"set"_s});
        QCOMPARE(made.status, 0);
        QCOMPARE(QDir(path(u"set"_s)).entryList(QDir::Files),
                 (QStringList{u"alice.json"_s, u"bob.json"_s, u"carol.json"_s}));
        const auto own = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser;
        QCOMPARE(QFileInfo(path(u"set/bob.json"_s)).permissions(), own);
        const auto alice = QJsonDocument::fromJson(contentsOf(path(u"set/alice.json"_s))).object();
        const auto bob = QJsonDocument::fromJson(contentsOf(path(u"set/bob.json"_s))).object();
        QCOMPARE(alice[u"psk"][u"sip:bob@example.org"], bob[u"psk"][u"sip:alice@example.org"]);
        QVERIFY(!made.out.contains(bob[u"psk"][u"sip:alice@example.org"].toString().toLatin1()));

        const auto offered = run({u"offer"_s, u"--endpoint"_s, u"set/carol.json"_s, u"--to"_s, u"sip:bob@example.org"_s,
                                  u"--method"_s, u"psk"_s, u"--state"_s, u"set-state"_s});
        QCOMPARE(run({u"respond"_s, u"--endpoint"_s, u"set/bob.json"_s}, offered.out).status, 0);

        const auto again = run({u"credentials"_s, u"new"_s, u"--dir"_s, u"set"_s});
        QCOMPARE(again.status, 2);
        QVERIFY(again.err.contains(u"alice.json"));
        const auto more = run({u"credentials"_s, u"new"_s, u"--dir"_s, u"set"_s, u"--identity"_s,
                               u"sip:dave@example.org"_s, u"--identity"_s, u"<sip:erin@Example.org>"_s});
        QCOMPARE(more.status, 0);
        const auto dave = QJsonDocument::fromJson(contentsOf(path(u"set/dave.json"_s))).object();
        QCOMPARE(dave[u"psk"].toObject().keys(), QStringList{u"sip:erin@example.org"_s});
        QCOMPARE(run({u"credentials"_s, u"new"_s, u"--dir"_s, u"x"_s, u"--identity"_s, u"sip:a@b"_s, u"--identity"_s,
                      u"sip:a@B"_s})
                     .status,
                 2);
        QVERIFY(!QFileInfo::exists(path(u"x"_s)));
    }

    void outputThatCannotBeWritten()
    {
        QProcess process;
        process.setStandardOutputFile(u"/dev/full"_s);
        process.start(QStringLiteral(MIKEYTOOL), {u"methods"_s});
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitCode(), 2);
        const auto made =
            run({u"respond"_s, u"--endpoint"_s, u"bob.json"_s, u"--at"_s, m_noon, u"--out"_s, u"no/such/dir"_s},
                offer(u"unwritten"_s));
        QCOMPARE(made.status, 2);
        QVERIFY(made.err.contains(u"no/such/dir"));
    }
};

QTEST_GUILESS_MAIN(MikeytoolTest)
#include "mikeytool_test.moc"
