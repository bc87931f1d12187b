// SPDX-License-Identifier: Apache-2.0
#include "account/credentials.h"
#include "account/endpoint_file.h"
#include "account/endpoint_state.h"
#include "account/ibake_part.h"
#include "account/inspection_json.h"
#include "account/message_input.h"
#include "account/profile.h"
#include "account/result_json.h"
#include "crypto/digest.h"
#include "methods/psk.h"
#include "wire/inspector.h"
#include "wire/text.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;

namespace {

constexpr auto ownerOnly = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser;
const mikey::NtpTime noon(0xeeaea94000000000);

mikey::Bytes bytes(const QByteArray &octets)
{
    return {octets.begin(), octets.end()};
}

QByteArray sample(const char *name)
{
    QFile file(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/mikey-computed-kat.json"));
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no test vectors");
    const auto all = QJsonDocument::fromJson(file.readAll()).object();
    const auto samples = all[u"rfc4567_section_5_1_samples"].toObject();
    return QByteArray::fromHex(samples[QLatin1String(name)].toString().toLatin1());
}

QByteArray sdpWith(const QByteArray &session, const QByteArray &media)
{
    return "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + session +
           "m=audio 4000 RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\n" + media;
}

mikey::ReplayCache::Entry entry(std::uint8_t number, mikey::NtpTime at)
{
    mikey::ReplayCache::Entry made;
    made.timestamp = at;
    made.digest.fill(number);
    made.bundle = std::string("sip:\xff") + static_cast<char>(number);
    return made;
}

} // namespace

class AccountTest : public QObject
{
    Q_OBJECT

private:
    QTemporaryDir m_dir;

    QString write(const QByteArray &contents, const QString &name = u"endpoint.json"_s)
    {
        const auto path = m_dir.filePath(name);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
            qFatal("cannot write %s", qPrintable(path));
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        return path;
    }

private Q_SLOTS:
    void endpointFile()
    {
        const auto loaded = account::loadEndpointFile(write(R"({
            "identity": "<SIP:Bob@Example.ORG;transport=tcp>",
            "psk": { "sip:alice@EXAMPLE.org": "00112233445566778899AABBccddeeff", "carol@example.org": "01" },
            "x509": {}, "sakke": {}, "ticket": {}, "ibake": {},
            "accept": { "null_encryption": true, "missing_identities": true, "clock_skew_s": 7 } })"),
                                                      noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        const auto &endpoint = loaded->endpoint;
        QCOMPARE(endpoint.identity, std::string("sip:Bob@example.org"));
        QCOMPARE(endpoint.psk.size(), std::size_t{2});
        QCOMPARE(mikey::hex(endpoint.psk.at("sip:alice@example.org").view()),
                 std::string("00112233445566778899aabbccddeeff"));
        QVERIFY(endpoint.accept.nullEncryption);
        QVERIFY(endpoint.accept.missingIdentities);
        QVERIFY(!endpoint.accept.nullAuthentication);
        QVERIFY(!endpoint.accept.weakGroups);
        QVERIFY(!endpoint.accept.sdes);
        QCOMPARE(endpoint.accept.clockSkewSeconds, std::int64_t{7});
        QCOMPARE(loaded->warnings, QStringList());
    }

    void endpointFileDefaults()
    {
        const auto loaded = account::loadEndpointFile(write(R"({"identity":"sip:a@b"})"), noon);
        QVERIFY(loaded);
        QVERIFY(loaded->endpoint.psk.empty());
        QVERIFY(!loaded->endpoint.accept.nullEncryption);
        QCOMPARE(loaded->endpoint.accept.clockSkewSeconds, std::int64_t{300});
    }

    void methodsAndSuites()
    {
        const auto loaded = account::loadEndpointFile(write(R"({"identity":"sip:a@b",
            "methods": { "SIP:c@D": ["dh","psk"], "sip:e@f": [] },
            "suites": ["AEAD_AES_128_GCM","AES_CM_128_HMAC_SHA1_80"] })"),
                                                      noon);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        const auto &endpoint = loaded->endpoint;
        QVERIFY(endpoint.allows("dh", "sip:c@d") && endpoint.allows("psk", "sip:c@d"));
        QVERIFY(!endpoint.allows("pk", "sip:c@d") && !endpoint.allows("psk", "sip:e@f"));
        QVERIFY(endpoint.allows("pk", "sip:g@h"));
        QCOMPARE(endpoint.suites.size(), std::size_t{2});
        QCOMPARE(endpoint.preferredSuites().front()->name, std::string_view("AEAD_AES_128_GCM"));
        QVERIFY(!endpoint.takes(*mikey::srtpSuite("AES_CM_256_HMAC_SHA1_80")));
        QCOMPARE(loaded->warnings, QStringList());
    }

    // D-02: users of another key management service are encrypted to with its parameters
    void ibakeDomains()
    {
        mikey::SystemRandom random;
        const auto der = [&](const char *kms) {
            return mikey::hex(account::makeIbakeService(kms, random).parameters()->toDer());
        };
        const auto own = der("kms.example.org"), other = der("kms.example.net");
        const auto load = [&](const std::string &parameters) {
            return account::loadEndpointFile(
                write(QByteArray::fromStdString(R"({"identity":"sip:a@example.org","ibake":{"kms_id":"kms.example.org",
                    "parameters":")" + own + R"(","domains":{"KMS.example.net":{"parameters":")" +
                                                parameters + R"(","hosts":["Example.COM"]}}}})")),
                noon);
        };
        const auto loaded = load(other);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error()));
        QCOMPARE(loaded->warnings, QStringList());
        const auto again = account::endpointOf(account::endpointJson(loaded->endpoint), {}, noon);
        QVERIFY(again);
        const auto of = [&](std::string_view user) {
            return mikey::hex(again->endpoint.ibake.parametersOf(user, again->endpoint.identity)->toDer());
        };
        QCOMPARE(of("sip:b@example.org"), own);
        QCOMPARE(of("sip:b@example.net"), other);
        QCOMPARE(of("sip:b@example.com:5070"), other);
        QCOMPARE(of("sip:b@elsewhere.com"), own);
        const auto damaged = load("00");
        QVERIFY(!damaged && damaged.error().contains(u"parameters"));
    }

    void endpointFileWritesWhatItReads()
    {
        const auto loaded = account::loadEndpointFile(
            write(R"({"identity":"sip:a@b","psk":{"sip:c@d":"ff00"},"accept":{"sdes":true,"clock_skew_s":9},
                      "methods":{"sip:c@d":["pk"]},"suites":["AEAD_AES_256_GCM"]})"),
            noon);
        QVERIFY(loaded);
        const auto again = account::endpointOf(account::endpointJson(loaded->endpoint), {}, noon);
        QVERIFY(again);
        QCOMPARE(again->endpoint.identity, loaded->endpoint.identity);
        QCOMPARE(mikey::hex(again->endpoint.psk.at("sip:c@d").view()), std::string("ff00"));
        QVERIFY(again->endpoint.accept.sdes);
        QCOMPARE(again->endpoint.accept.clockSkewSeconds, std::int64_t{9});
        QVERIFY(again->endpoint.methods == loaded->endpoint.methods && again->endpoint.methods.size() == 1);
        QVERIFY(again->endpoint.suites == loaded->endpoint.suites && again->endpoint.suites.size() == 1);
    }

    void badEndpointFiles_data()
    {
        QTest::addColumn<QByteArray>("contents");
        QTest::addColumn<QString>("says");
        QTest::newRow("empty") << QByteArray() << u"octet"_s;
        QTest::newRow("no JSON") << QByteArray("{\"identity\": sip:a@b}") << u"octet 13"_s;
        QTest::newRow("array") << QByteArray("[1]") << u"no JSON object"_s;
        QTest::newRow("no identity") << QByteArray("{}") << u"identity"_s;
        QTest::newRow("identity a number") << QByteArray(R"({"identity":5})") << u"identity"_s;
        QTest::newRow("identity empty") << QByteArray(R"({"identity":""})") << u"identity"_s;
        QTest::newRow("identity with blanks") << QByteArray(R"({"identity":"sip:a b@c"})") << u"identity"_s;
        QTest::newRow("psk an array") << QByteArray(R"({"identity":"sip:a@b","psk":[]})") << u"psk"_s;
        QTest::newRow("odd hex") << QByteArray(R"({"identity":"sip:a@b","psk":{"sip:c@d":"123"}})") << u"sip:c@d"_s;
        QTest::newRow("no hex") << QByteArray(R"({"identity":"sip:a@b","psk":{"sip:c@d":"5ec2e7zz"}})") << u"sip:c@d"_s;
        QTest::newRow("empty key") << QByteArray(R"({"identity":"sip:a@b","psk":{"sip:c@d":""}})") << u"sip:c@d"_s;
        QTest::newRow("key a number") << QByteArray(R"({"identity":"sip:a@b","psk":{"sip:c@d":11}})") << u"sip:c@d"_s;
        QTest::newRow("methods a list") << QByteArray(R"({"identity":"sip:a@b","methods":["dh"]})") << u"methods"_s;
        QTest::newRow("a method alone") << QByteArray(R"({"identity":"sip:a@b","methods":{"sip:c@d":"dh"}})")
                                        << u"no list of methods"_s;
        QTest::newRow("no such method") << QByteArray(R"({"identity":"sip:a@b","methods":{"sip:c@d":["magic"]}})")
                                        << u"magic"_s;
        QTest::newRow("methods of nobody")
            << QByteArray(R"({"identity":"sip:a@b","methods":{"":["dh"]}})") << u"no identity"_s;
        QTest::newRow("no suite") << QByteArray(R"({"identity":"sip:a@b","suites":[]})") << u"suites"_s;
        QTest::newRow("no such suite") << QByteArray(R"({"identity":"sip:a@b","suites":["ROT13"]})") << u"ROT13"_s;
        QTest::newRow("a weak suite") << QByteArray(R"({"identity":"sip:a@b","suites":["NULL_HMAC_SHA1_80"]})")
                                      << u"does not allow"_s;
        QTest::newRow("swapped") << QByteArray(R"({"identity":"sip:a@b","psk":{"5ec2e75ec2e7":"sip:c@d"}})")
                                 << u"identity"_s;
        QTest::newRow("one peer twice")
            << QByteArray(R"({"identity":"sip:a@b","psk":{"sip:c@d":"5ec2e7","sip:c@D":"5ec2e7"}})")
            << u"more than one key for sip:c@d"_s;
        QTest::newRow("accept a list") << QByteArray(R"({"identity":"sip:a@b","accept":["sdes"]})") << u"accept"_s;
        QTest::newRow("accept a word") << QByteArray(R"({"identity":"sip:a@b","accept":{"sdes":"yes"}})") << u"sdes"_s;
        QTest::newRow("negative skew") << QByteArray(R"({"identity":"sip:a@b","accept":{"clock_skew_s":-1}})")
                                       << u"clock_skew_s"_s;
        QTest::newRow("endless skew") << QByteArray(R"({"identity":"sip:a@b","accept":{"clock_skew_s":1e300}})")
                                      << u"clock_skew_s"_s;
        QTest::newRow("huge") << QByteArray((1 << 20) + 1, ' ') << u"larger"_s;
    }
    void badEndpointFiles()
    {
        QFETCH(QByteArray, contents);
        QFETCH(QString, says);
        const auto path = write(contents);
        const auto loaded = account::loadEndpointFile(path, noon);
        QVERIFY(!loaded);
        QVERIFY2(loaded.error().startsWith(path), qPrintable(loaded.error()));
        QVERIFY2(loaded.error().contains(says), qPrintable(loaded.error()));
        QVERIFY2(!loaded.error().contains(u"5ec2e7"), qPrintable(loaded.error()));
    }

    void endpointFileThatIsNotThere()
    {
        QVERIFY(!account::loadEndpointFile(m_dir.filePath(u"nobody.json"_s), noon));
        QVERIFY(!account::loadEndpointFile(m_dir.path(), noon));
    }

    void endpointFileWarnings()
    {
        const auto path = write(R"({"identity":"sip:a@b","pks":{},"accept":{"sides":true}})");
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup | QFile::ReadOther);
        const auto loaded = account::loadEndpointFile(path, noon);
        QVERIFY(loaded);
        QCOMPARE(loaded->warnings.size(), 3);
        QVERIFY(loaded->warnings[0].contains(u"pks"));
        QVERIFY(loaded->warnings[1].contains(u"sides"));
        QVERIFY(loaded->warnings[2].contains(u"others"));
    }

    void stateIsRemembered()
    {
        const auto path = m_dir.filePath(u"state"_s);
        {
            account::StateFile file(path);
            auto state = file.load(noon, 300);
            QVERIFY(state);
            QCOMPARE(state->replays.size(), std::size_t{0});
            state->lastSent = noon.next();
            state->replays.add(entry(1, noon), noon, 300);
            state->replays.add(entry(2, noon.plusSeconds(-7)), noon, 300);
            QVERIFY(!file.save(*state));
        }
        QCOMPARE(QFileInfo(path).permissions(), ownerOnly);
        account::StateFile file(path);
        const auto state = file.load(noon, 300);
        QVERIFY(state);
        QVERIFY(state->lastSent == noon.next());
        QVERIFY(!state->replays.forgotten());
        QCOMPARE(state->replays.size(), std::size_t{2});
        QCOMPARE(state->replays.entries()[1].bundle, entry(1, noon).bundle);
        QCOMPARE(state->replays.check(entry(1, noon), noon, 300), mikey::ReplayCache::Verdict::Replayed);
        QCOMPARE(state->replays.check(entry(3, noon), noon, 300), mikey::ReplayCache::Verdict::Fresh);
    }

    void stateAfterACrash()
    {
        const auto path = m_dir.filePath(u"crashed"_s);
        {
            account::StateFile file(path);
            const auto state = file.load(noon, 300);
            QVERIFY(state && !file.markOpen(*state));
        }
        account::StateFile file(path);
        const auto state = file.load(noon.plusSeconds(10), 300);
        QVERIFY(state);
        using Verdict = mikey::ReplayCache::Verdict;
        QCOMPARE(state->replays.check(entry(1, noon.plusSeconds(9)), noon.plusSeconds(20), 300),
                 Verdict::OutsideWindow);
        QCOMPARE(state->replays.check(entry(1, noon.plusSeconds(11)), noon.plusSeconds(20), 300), Verdict::Fresh);
        QVERIFY(!file.save(*state));
        const auto later = file.load(noon.plusSeconds(30), 300);
        QVERIFY(later && later->replays.forgotten() == noon.plusSeconds(10));
    }

    void stateInUse()
    {
        const auto path = m_dir.filePath(u"used"_s);
        account::StateFile file(path), second(path);
        QVERIFY(file.load(noon, 300));
        const auto state = second.load(noon, 300, 0);
        QVERIFY(!state);
        QVERIFY(state.error().contains(u"another program"));
    }

    // As mktemp makes it.
    void emptyStateIsFresh()
    {
        account::StateFile file(write({}, u"empty"_s));
        const auto state = file.load(noon, 300);
        QVERIFY2(state, state ? "" : qPrintable(state.error()));
        QCOMPARE(state->replays.size(), std::size_t{0});
        QVERIFY(!state->replays.forgotten());
        QVERIFY(!file.save(*state));
        QVERIFY(file.load(noon, 300));
    }

    void damagedStates()
    {
        for (const auto *contents :
             {" ", "{}", "[]", R"({"kind":"latchkey exchange"})",
              R"({"kind":"latchkey endpoint state","last_sent":"00"})",
              R"({"kind":"latchkey endpoint state","last_sent":"0000000000000000","replays":[5]})"}) {
            account::StateFile file(write(contents, u"state.json"_s));
            QVERIFY2(!file.load(noon, 300), contents);
        }
        account::StateFile nowhere(m_dir.filePath(u"no/such/directory/state"_s));
        QVERIFY(!nowhere.load(noon, 300));
    }

    void demoEndpointsShareKeys()
    {
        mikey::SystemRandom random;
        const auto made = account::makeDemoEndpoints({"sip:a@x", "sip:b@x", "sip:c@x"}, random);
        QCOMPARE(made.size(), std::size_t{3});
        const auto key = [&made](int of, const char *with) { return mikey::hex(made[of].psk.at(with).view()); };
        QCOMPARE(key(0, "sip:b@x").size(), std::size_t{32});
        QCOMPARE(key(0, "sip:b@x"), key(1, "sip:a@x"));
        QCOMPARE(key(0, "sip:c@x"), key(2, "sip:a@x"));
        QCOMPARE(key(1, "sip:c@x"), key(2, "sip:b@x"));
        QVERIFY(key(0, "sip:b@x") != key(0, "sip:c@x"));
        QVERIFY(!made[0].psk.contains("sip:a@x"));
    }

    void freshProfile()
    {
        const auto directory = m_dir.filePath(u"home/latchkey"_s);
        const auto profile = account::openProfile(directory, {}, noon);
        QVERIFY2(profile, profile ? "" : qPrintable(profile.error()));
        QVERIFY(profile->loaded.endpoint.identity.starts_with("sip:"));
        QVERIFY(profile->loaded.endpoint.psk.empty());
        QVERIFY(profile->loaded.endpoint.x509.trustOnFirstUse);
        QCOMPARE(profile->loaded.warnings, QStringList());
        QCOMPARE(QFileInfo(profile->endpointPath).permissions(), ownerOnly);
        QCOMPARE(QFileInfo(profile->statePath).absolutePath(), directory);
        QVERIFY(!QFileInfo::exists(profile->statePath));
        const auto again = account::openProfile(directory, {}, noon);
        QVERIFY(again);
        QCOMPARE(again->loaded.endpoint.identity, profile->loaded.endpoint.identity);
        QCOMPARE(again->statePath, profile->statePath);
    }

    void profileWithAnotherEndpointFile()
    {
        const auto endpoint = write(R"({"identity":"sip:other@b"})", u"other.json"_s);
        const auto own = account::openProfile(m_dir.filePath(u"p"_s), {}, noon);
        const auto other = account::openProfile(m_dir.filePath(u"p"_s), endpoint, noon);
        QVERIFY(own && other);
        QCOMPARE(other->loaded.endpoint.identity, std::string("sip:other@b"));
        QVERIFY(other->statePath != own->statePath);
        QVERIFY(!account::openProfile(m_dir.filePath(u"p"_s), m_dir.filePath(u"none.json"_s), noon));
    }

    void recognisesOneMessage_data()
    {
        QTest::addColumn<QByteArray>("input");
        const auto raw = sample("offer");
        const auto hex = raw.toHex();
        QByteArray cSource, wrapped;
        for (qsizetype i = 0; i < raw.size(); ++i)
            cSource += "0x" + raw.mid(i, 1).toHex() + (i % 8 == 7 ? ",\n" : ", ");
        const auto base64 = raw.toBase64();
        for (qsizetype i = 0; i < base64.size(); i += 64)
            wrapped += base64.mid(i, 64) + "\r\n";
        QTest::newRow("raw") << raw;
        QTest::newRow("hex") << hex;
        QTest::newRow("HEX with 0x and newline") << "0X" + hex.toUpper() + '\n';
        QTest::newRow("hex with colons") << raw.toHex(':');
        QTest::newRow("hex with blanks and lines") << raw.toHex(' ').replace(59, 1, "\r\n") + "\r\n";
        QTest::newRow("C source") << cSource;
        QTest::newRow("base64") << base64;
        QTest::newRow("base64 in lines") << wrapped;
        QTest::newRow("base64 without padding") << QByteArray(base64).replace("=", "");
        QTest::newRow("attribute alone") << "a=key-mgmt:mikey " + base64;
        QTest::newRow("SDP, session") << sdpWith("a=key-mgmt:mikey " + base64 + "\r\n", {});
        QTest::newRow("SDP, media, LF") << sdpWith({}, "a=key-mgmt:mikey  " + base64 + "\r\n").replace("\r\n", "\n");
        QTest::newRow("SIP") << "INVITE sip:b@x SIP/2.0\r\nContent-Type: application/sdp\r\n"
                                "Subject: folded\r\n a=key-mgmt:mikey AAAA\r\n\r\n" +
                                    sdpWith({}, "a=key-mgmt:mikey " + base64 + "\r\n");
        QTest::newRow("SIP answer") << "SIP/2.0 200 OK\r\n\r\n" + sdpWith("a=key-mgmt:mikey " + base64 + "\r\n", {});
    }
    void recognisesOneMessage()
    {
        QFETCH(QByteArray, input);
        const auto found = account::findMessages(input);
        QCOMPARE(found.size(), std::size_t{1});
        QCOMPARE(found[0].trouble, QString());
        QCOMPARE(found[0].octets, bytes(sample("offer")));
    }

    void recognisesSdpAsTheRfcPrintsIt()
    {
        const auto found =
            account::findMessages("   t=0 0\n"
                                  "   c=IN IP4 foo.example.com\n"
                                  "   a=key-mgmt:mikey AQEFgM0XflABAAAAAAAAAAAAAAYAyONQ6gAAAAAJAAAQbWlja2\n"
                                  "   V5QG1vdXNlLmNvbQABn8HdGE5BMDXFIuGEga+62AgY5cc=\n"
                                  "   m=audio 49030 RTP/SAVP 98\n"
                                  "   a=rtpmap:98 AMR/8000\n");
        QCOMPARE(found.size(), std::size_t{1});
        QCOMPARE(found[0].octets, bytes(sample("answer")));
    }

    void severalLevels()
    {
        const auto offer = sample("offer").toBase64(), answer = sample("answer").toBase64();
        const auto found = account::findMessages(sdpWith("a=key-mgmt:mikey " + offer + "\r\na=key-mgmt:keyp1 AAAA\r\n",
                                                         "a=key-mgmt:keyp2 AAAA\r\na=key-mgmt:mikey " + answer +
                                                             "\r\nm=video 1 RTP/SAVP 2\r\n"
                                                             "a=key-mgmt:mikey ???\r\n"));
        QCOMPARE(found.size(), std::size_t{3});
        QCOMPARE(found[0].octets, bytes(sample("offer")));
        QCOMPARE(found[0].sdpProtocols, (std::vector<std::string>{"mikey", "keyp1"}));
        QCOMPARE(found[1].octets, bytes(sample("answer")));
        QCOMPARE(found[1].sdpProtocols, (std::vector<std::string>{"keyp2", "mikey"}));
        QVERIFY(found[2].octets.empty());
        QVERIFY(!found[2].trouble.isEmpty());
        QCOMPARE(found[2].sdpProtocols, (std::vector<std::string>{"mikey"}));
    }

    void inputWithoutMessage()
    {
        QCOMPARE(account::findMessages(sdpWith({}, {})).size(), std::size_t{0});
        QCOMPARE(account::findMessages("OPTIONS sip:b@x SIP/2.0\r\nCall-ID: a\r\n\r\n").size(), std::size_t{0});
        QCOMPARE(account::findMessages("BYE sip:b@x SIP/2.0\r\nCall-ID: a\r\n").size(), std::size_t{0});
        const auto nothing = account::findMessages({});
        QVERIFY(nothing.size() == 1 && nothing[0].octets.empty());
        const auto words = account::findMessages("hello, world");
        QVERIFY(words.size() == 1 && words[0].octets == bytes("hello, world"));
        QVERIFY(account::findMessages("010")[0].trouble.contains(u"odd"));
    }

    void manyAttributesAreBounded()
    {
        QByteArray sdp("v=0\n");
        for (int i = 0; i < 100000; ++i)
            sdp += "a=key-mgmt:mikey AQ==\n";
        const auto found = account::findMessages(sdp);
        QCOMPARE(found.size(), std::size_t{256});
        QCOMPARE(found[0].sdpProtocols.size(), std::size_t{256});
    }

    void inspectionAsJson()
    {
        const auto json = account::inspectionJson(mikey::inspect(bytes(sample("answer"))));
        QCOMPARE(json[u"message"], u"PSK R_MESSAGE"_s);
        QCOMPARE(json[u"data_type"], 1);
        QCOMPARE(json[u"length"], sample("answer").size());
        QVERIFY(json[u"complete"].toBool());
        QVERIFY(json[u"fault"].isNull());
        QStringList names;
        for (const auto &payload : json[u"payloads"].toArray())
            names += payload.toObject()[u"payload"].toString();
        QCOMPARE(names, (QStringList{u"HDR"_s, u"T"_s, u"ID"_s, u"V"_s}));
        const auto hdr = json[u"payloads"].toArray()[0].toObject();
        QCOMPARE(hdr[u"offset"], 0);
        QCOMPARE(hdr[u"length"], 19);
        QCOMPARE(hdr[u"rfc"], u"RFC 3830 6.1"_s);
        QVERIFY(!hdr.contains(u"payloads"));
        const QJsonObject version{
            {u"name"_s, u"version"_s}, {u"offset"_s, 0}, {u"length"_s, 1}, {u"value"_s, 1}, {u"text"_s, u"1"_s}};
        QCOMPARE(hdr[u"fields"].toArray()[0].toObject(), version);
        const auto id = json[u"payloads"].toArray()[2].toObject()[u"fields"].toArray().last().toObject();
        QCOMPARE(id[u"value"].toString(), QString::fromLatin1(QByteArray("mickey@mouse.com").toHex()));
        QCOMPARE(id[u"text"], u"mickey@mouse.com"_s);
    }

    void resultAsJson()
    {
        mikey::Step step;
        step.send = mikey::Bytes{1, 2, 3};
        auto &agreement = step.agreement.emplace();
        agreement.method = "psk";
        agreement.csbId = 0x1a2b;
        agreement.initiator = "sip:a@b";
        agreement.responder = "sip:c@d";
        agreement.timestamp = noon;
        agreement.v = true;
        agreement.tgks.emplace_back(mikey::Bytes{0xaa, 0xbb});
        mikey::CryptoSession session;
        session.csId = 1;
        session.ssrc = 0xdeadbeef;
        session.roc = 0xffffffff;
        session.suite = &mikey::defaultSrtpSuite();
        session.tek = mikey::Secret(mikey::Bytes{0xcc});
        session.salt = mikey::Secret(mikey::Bytes{0xdd});
        session.mki = {0, 1};
        session.interval = mikey::KeyInterval{{}, {0, 0, 0, 0, 0, 9}};
        agreement.sessions.push_back(std::move(session));

        const auto revealed = account::resultJson(step, {}, account::Keys::Revealed);
        const auto expected = QJsonDocument::fromJson(R"({
            "accepted": true, "complete": true, "method": "psk", "csb_id": "00001a2b", "initiator": "sip:a@b",
            "responder": "sip:c@d", "timestamp": "eeaea94000000000", "v_flag": true, "prf": "MIKEY-1",
            "response": "AQID", "tgk": "aabb", "tgks": ["aabb"], "weaknesses": [],
            "crypto_sessions": [ { "cs_id": 1, "policy": 0, "ssrc": "deadbeef", "roc": 4294967295,
                "suite": "AES_CM_128_HMAC_SHA1_80", "tek": "cc", "salt": "dd", "mki": "0001", "valid_from": null,
                "valid_to": { "type": "index", "value": "000000000009" } } ],
            "error": null })")
                                  .object();
        QCOMPARE(revealed, expected);

        const auto hidden = account::resultJson(step, {}, account::Keys::Fingerprints);
        const auto fingerprint = [](mikey::ByteView key) { return QString::fromStdString(mikey::fingerprint(key)); };
        QCOMPARE(hidden[u"tgk"].toString(), fingerprint(mikey::Bytes{0xaa, 0xbb}));
        const auto hiddenSession = hidden[u"crypto_sessions"].toArray()[0].toObject();
        QCOMPARE(hiddenSession[u"tek"].toString(), fingerprint(mikey::Bytes{0xcc}));
        QCOMPARE(hiddenSession[u"salt"].toString(), fingerprint(mikey::Bytes{0xdd}));
        QCOMPARE(hiddenSession[u"mki"], u"0001"_s);
    }

    void refusalAsJson()
    {
        mikey::Step step;
        step.error = mikey::Error::of(mikey::ErrorNumber::AuthFailure, "a sentence");
        const auto json = account::resultJson(step, bytes(sample("offer")), account::Keys::Fingerprints);
        QVERIFY(json[u"accepted"].isBool() && !json[u"accepted"].toBool());
        QVERIFY(json[u"complete"].isBool() && !json[u"complete"].toBool());
        QCOMPARE(json[u"method"], u"psk"_s);
        QCOMPARE(json[u"csb_id"], u"cd177e50"_s);
        QVERIFY(json[u"initiator"].isNull() && json[u"response"].isNull() && json[u"tgk"].isNull());
        QCOMPARE(json[u"tgks"].toArray().size(), 0);
        QCOMPARE(json[u"crypto_sessions"].toArray().size(), 0);
        const auto error = json[u"error"].toObject();
        QCOMPARE(error[u"number"], 0);
        QCOMPARE(error[u"name"].toString(), QString::fromStdString(step.error->name));
        QCOMPARE(error[u"reason"], u"a sentence"_s);
        QVERIFY(account::errorJson(mikey::Error::discarded("x"))[u"number"].isNull());
        QVERIFY(account::resultJson(step, {}, account::Keys::Fingerprints)[u"csb_id"].isNull());
    }
};

QTEST_APPLESS_MAIN(AccountTest)
#include "account_test.moc"
