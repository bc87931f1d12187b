// SPDX-License-Identifier: Apache-2.0
// Session descriptions, key-mgmt (K4567-001 to 005, 009 to 011, 013, 022, 045) and offer/answer.
#include "sdp/audio.h"
#include "sdp/description.h"
#include "sdp/key_management.h"

#include <QTest>

using namespace sdp;

namespace {

const std::string session = "v=0\r\no=alice 2890844526 2890844527 IN IP4 host.example.org\r\ns=-\r\n"
                            "c=IN IP4 192.0.2.1\r\nt=0 0\r\n";
const std::string opus = "m=audio 49170 RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\n";

LocalAudio localAudio()
{
    return {.address = "192.0.2.7", .port = 40000, .keyManagement = {{"mikey", "AAAA"}}, .sessionId = 7, .version = 8};
}

Description parsed(const std::string &text)
{
    auto description = Description::parse(text);
    return description ? *description : Description();
}

} // namespace

class SdpTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsEverything();
    void malformed_data();
    void malformed();
    void limits();
    void keyManagement_data();
    void keyManagement();
    void keyManagementLevels_data();
    void keyManagementLevels();
    void offerIsUnderstood();
    void offers_data();
    void offers();
    void directions_data();
    void directions();
    void rtcpAddress();
    void answerMirrorsOffer();
    void answers_data();
    void answers();
    void refusalCarriesKeyManagement();
    void lineWithKeysIsPreferred();
    void answerTakesTheTime();
};

void SdpTest::keepsEverything()
{
    const auto text =
        "v=0\r\no=- 1 2 IN IP6 2001:db8::1\r\ns= \r\ni=info\r\nu=http://x\r\nb=AS:64\r\nt=0 0\r\n"
        "r=7d 1h 0 25h\r\nz=0 0\r\na=tool:x y\r\na=unknown\r\nq=what\r\n"
        "m=video 0 UDP/TLS/RTP/SAVPF 31 32\r\na=x\r\nm=audio 5000/2 RTP/SAVP 96\r\nc=IN IP6 ::1\r\nk=prompt\r\n"
        "a=rtpmap:96 opus/48000/2\r\n";
    const auto description = Description::parse(text);
    QVERIFY(description);
    QCOMPARE(description->toString(), text);
    QCOMPARE(description->media.size(), std::size_t(2));
    QCOMPARE(description->media[1].portCount, 2u);
    QCOMPARE(connectionOf(*description, description->media[1])->address, "::1");
    QVERIFY(!connectionOf(*description, description->media[0]));
    QCOMPARE(*attribute(description->lines, "tool"), "x y");
    QCOMPARE(*attribute(description->lines, "unknown"), "");
    QVERIFY(!attribute(description->lines, "tol"));
    QVERIFY(!attribute(description->lines, "too"));
}

void SdpTest::malformed_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("valid");
    const auto row = [](const char *name, const std::string &text, bool valid = false) {
        QTest::newRow(name) << QByteArray::fromStdString(text) << valid;
    };
    row("sound", session + opus, true);
    row("bare LF", "v=0\no=- 1 1 IN IP4 h\ns=-\nt=0 0\n", true);
    row("last line without end", "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0", true);
    row("empty line at the end", session + opus + "\r\n", true);
    row("space after the formats", session + "m=audio 1 RTP/SAVP 96 \r\n", true);
    row("multicast TTL", session + "m=audio 1 RTP/SAVP 96\r\nc=IN IP4 224.2.1.1/127\r\n", true);
    row("refused media without c=", "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/SAVP 96\r\n", true);
    row("empty", "");
    row("noise", std::string("\xff\x00\x01", 3));
    row("no version", "o=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n");
    row("version 1", "v=1\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n");
    row("no origin", "v=0\r\ns=-\r\nt=0 0\r\n");
    row("short origin", "v=0\r\no=- 1 1 IN IP4\r\ns=-\r\nt=0 0\r\n");
    row("origin without number", "v=0\r\no=- x 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n");
    row("no name", "v=0\r\no=- 1 1 IN IP4 h\r\nt=0 0\r\n");
    row("no time", "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\n");
    row("empty line inside", session + "\r\n" + opus);
    row("no equals sign", session + "axyz\r\n");
    row("capital type", session + "A=x\r\n");
    row("NUL", session + std::string("a=x\0y\r\n", 7));
    row("media without format", session + "m=audio 1 RTP/SAVP\r\n");
    row("media with two spaces", session + "m=audio  1 RTP/SAVP 96\r\n");
    row("media port too large", session + "m=audio 65536 RTP/SAVP 96\r\n");
    row("media port negative", session + "m=audio -1 RTP/SAVP 96\r\n");
    row("media count 0", session + "m=audio 1/0 RTP/SAVP 96\r\n");
    row("media without c=", "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\nm=audio 1 RTP/SAVP 96\r\n");
    row("c= of another network", session + "m=audio 1 RTP/SAVP 96\r\nc=ATM NSAP x\r\n");
    row("c= without address", session + "m=audio 1 RTP/SAVP 96\r\nc=IN IP4 \r\n");
}

void SdpTest::malformed()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, valid);
    const auto description = Description::parse(text.toStdString());
    QCOMPARE(bool(description), valid);
    if (!valid)
        QCOMPARE(description.fault().status, 400);
}

void SdpTest::limits()
{
    std::string lines = session, media = session, formats = session + "m=audio 1 RTP/SAVP";
    for (int i = 0; i < 1001; ++i)
        lines += "a=x\r\n";
    for (int i = 0; i < 33; ++i)
        media += opus;
    for (int i = 0; i < 100; ++i)
        formats += ' ' + std::to_string(i);
    QVERIFY(!Description::parse(lines));
    QVERIFY(!Description::parse(media));
    QVERIFY(!Description::parse(formats + "\r\n"));
    QVERIFY(!Description::parse(session + "a=" + std::string(70000, 'x') + "\r\n"));
}

void SdpTest::keyManagement_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QByteArray>("protocol");
    QTest::addColumn<QByteArray>("data");
    const auto row = [](const char *name, const char *value, const char *protocol, const char *data) {
        QTest::newRow(name) << QByteArray(value) << QByteArray(protocol) << QByteArray(data);
    };
    row("K4567-003 plain", "mikey AQAFgM0X", "mikey", "AQAFgM0X");
    row("K4567-003 one space before", " mikey AQAFgM0X", "mikey", "AQAFgM0X");
    row("K4567-003 two spaces before", "  mikey AQAFgM0X", "", "");
    row("K4567-003 two spaces between", "mikey  AQAFgM0X", "", "");
    row("K4567-003 no data", "mikey", "", "");
    row("K4567-003 empty data", "mikey ", "", "");
    row("K4567-003 trailing text", "mikey AQAFgM0X AAAA", "", "");
    row("K4567-001 padding", "mikey AQ==", "mikey", "AQ==");
    row("K4567-001 wrong length", "mikey AQA", "", "");
    row("K4567-001 padding inside", "mikey A=AA", "", "");
    row("K4567-001 three pads", "mikey A===", "", "");
    row("K4567-001 foreign character", "mikey AQ-_", "", "");
    row("K4567-002 the case is kept", "MIKEY AQAFgM0X", "MIKEY", "AQAFgM0X");
    row("K4567-003 protocol not a token", "mi;key AQAFgM0X", "", "");
    row("nothing", "", "", "");
}

void SdpTest::keyManagement()
{
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, protocol);
    QFETCH(QByteArray, data);
    const auto result = parseKeyManagement(value.toStdString());
    QCOMPARE(bool(result), !protocol.isEmpty());
    if (!result)
        return;
    QCOMPARE(result->protocol, protocol.toStdString());
    QCOMPARE(result->data, data.toStdString());
    QCOMPARE(toLine(*result).value, "key-mgmt:" + protocol.toStdString() + ' ' + data.toStdString());
}

void SdpTest::keyManagementLevels_data() // K4567-004 and 005
{
    QTest::addColumn<QByteArray>("atSession");
    QTest::addColumn<QByteArray>("atMedia");
    QTest::addColumn<QStringList>("expected");
    const QByteArray one = "a=key-mgmt:mikey AAAA\r\n", two = "a=key-mgmt:mikey BBBB\r\na=key-mgmt:other CCCC\r\n";
    QTest::newRow("none") << QByteArray() << QByteArray() << QStringList();
    QTest::newRow("session") << one << QByteArray() << QStringList{QStringLiteral("mikey AAAA")};
    QTest::newRow("media") << QByteArray() << one << QStringList{QStringLiteral("mikey AAAA")};
    QTest::newRow("media overrides") << one << two
                                     << QStringList{QStringLiteral("mikey BBBB"), QStringLiteral("other CCCC")};
    QTest::newRow("several, in order") << two << QByteArray()
                                       << QStringList{QStringLiteral("mikey BBBB"), QStringLiteral("other CCCC")};
}

void SdpTest::keyManagementLevels()
{
    QFETCH(QByteArray, atSession);
    QFETCH(QByteArray, atMedia);
    QFETCH(QStringList, expected);
    const auto offer = parsed(session + atSession.toStdString() + opus + atMedia.toStdString());
    const auto audio = readOffer(offer);
    QVERIFY(audio);
    QStringList found;
    for (const auto &one : audio->keyManagement)
        found << QString::fromStdString(one.protocol + ' ' + one.data);
    QCOMPARE(found, expected);
    // A malformed one is no reason to go on without key management.
    const auto broken = parsed(session + opus + "a=key-mgmt:mikey\r\n");
    QCOMPARE(readOffer(broken).fault().status, 400);
}

void SdpTest::offerIsUnderstood()
{
    auto local = localAudio();
    local.keyManagement.push_back({"other", "BBBB"});
    for (const bool atSession : {false, true}) {
        local.keyManagementAtSession = atSession;
        const auto offer = makeOffer(local);
        QCOMPARE(parsed(offer.toString()), offer);
        const auto audio = readOffer(offer);
        QVERIFY(audio);
        QCOMPARE(audio->protocol, "RTP/SAVP");
        QCOMPARE(audio->connection.address, "192.0.2.7");
        QCOMPARE(int(audio->port), 40000);
        QCOMPARE(int(audio->rtcpPort), 40001);
        QCOMPARE(audio->payloadType, 96);
        QVERIFY(audio->direction == Direction::SendReceive);
        QVERIFY(audio->keyManagement == local.keyManagement);
    }
    auto ipv6 = localAudio();
    ipv6.address = "2001:db8::7";
    QVERIFY(readOffer(parsed(makeOffer(ipv6).toString()))->connection.ipv6);
}

void SdpTest::offers_data()
{
    QTest::addColumn<QByteArray>("media");
    QTest::addColumn<int>("status"); // 0: taken
    const auto row = [](const char *name, const char *media, int status) {
        QTest::newRow(name) << QByteArray(media) << status;
    };
    row("RTP/AVP is not encrypted", "m=audio 1 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n", 488);
    row("DTLS is another protection", "m=audio 1 UDP/TLS/RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\n", 488);
    row("SAVPF", "m=audio 1 RTP/SAVPF 96\r\na=rtpmap:96 opus/48000/2\r\n", 0);
    row("no Opus", "m=audio 1 RTP/SAVP 0 8\r\n", 488);
    row("Opus not among the formats", "m=audio 1 RTP/SAVP 0\r\na=rtpmap:96 opus/48000/2\r\n", 488);
    row("Opus second, in capitals", "m=audio 1 RTP/SAVP 0 111\r\na=rtpmap:111 OPUS/48000/2\r\n", 0);
    row("Opus at another rate", "m=audio 1 RTP/SAVP 96\r\na=rtpmap:96 opus/16000/1\r\n", 488);
    row("video only", "m=video 1 RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\n", 488);
    row("audio refused", "m=audio 0 RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\n", 488);
    row("second audio is encrypted",
        "m=audio 1 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"
        "m=audio 3 RTP/SAVP 97\r\na=rtpmap:97 opus/48000/2\r\n",
        0);
    row("nothing", "", 488);
    row("rtcp malformed", "m=audio 1 RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\na=rtcp:x\r\n", 400);
}

void SdpTest::offers()
{
    QFETCH(QByteArray, media);
    QFETCH(int, status);
    const auto audio = readOffer(parsed(session + media.toStdString()));
    QCOMPARE(audio ? 0 : audio.fault().status, status);
}

void SdpTest::directions_data()
{
    QTest::addColumn<QByteArray>("offered");
    QTest::addColumn<int>("ours");
    QTest::addColumn<QByteArray>("answered");
    const auto row = [](const char *offered, Direction ours, const char *answered) {
        QTest::addRow("%s, ours %d", offered, int(ours)) << QByteArray(offered) << int(ours) << QByteArray(answered);
    };
    row("", Direction::SendReceive, "sendrecv");
    row("sendrecv", Direction::SendOnly, "sendonly");
    row("sendonly", Direction::SendReceive, "recvonly");
    row("sendonly", Direction::SendOnly, "inactive");
    row("recvonly", Direction::SendReceive, "sendonly");
    row("inactive", Direction::SendReceive, "inactive");
    row("sendrecv", Direction::Inactive, "inactive");
}

void SdpTest::directions() // RFC 3264 section 6.1
{
    QFETCH(QByteArray, offered);
    QFETCH(int, ours);
    QFETCH(QByteArray, answered);
    const auto line = offered.isEmpty() ? std::string() : "a=" + offered.toStdString() + "\r\n";
    auto local = localAudio();
    local.direction = Direction(ours);
    for (const auto &text : {session + opus + line, session + line + opus}) {
        const auto offer = parsed(text);
        const auto answer = makeAnswer(offer, *readOffer(offer), local);
        QVERIFY(attribute(answer.media.front().lines, answered.toStdString()));
    }
    const auto held = parsed("v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n" + opus);
    QVERIFY(readOffer(held)->direction == Direction::SendOnly);
}

void SdpTest::rtcpAddress() // RFC 3605
{
    const auto elsewhere = readOffer(parsed(session + opus + "a=rtcp:53020 IN IP6 2001:db8::9\r\na=rtcp-mux\r\n"));
    QCOMPARE(int(elsewhere->rtcpPort), 53020);
    QCOMPARE(elsewhere->rtcpConnection.address, "2001:db8::9");
    const auto port = readOffer(parsed(session + opus + "a=rtcp:53020\r\n"));
    QCOMPARE(int(port->rtcpPort), 53020);
    QCOMPARE(port->rtcpConnection.address, "192.0.2.1");
    auto local = localAudio();
    local.rtcpPort = 40005;
    QCOMPARE(int(readOffer(makeOffer(local))->rtcpPort), 40005);
}

void SdpTest::answerMirrorsOffer() // RFC 3264 section 6
{
    const auto offer = parsed(session + "m=video 6000 RTP/SAVP 31\r\n" + "m=audio 5000 RTP/SAVPF 0 111\r\n" +
                              "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\nm=text 7 TCP/MSRP *\r\n");
    const auto audio = readOffer(offer);
    QCOMPARE(audio->index, std::size_t(1));
    QCOMPARE(audio->formatParameters, "useinbandfec=1");
    const auto answer = makeAnswer(offer, *audio, localAudio());
    QCOMPARE(parsed(answer.toString()), answer);
    QCOMPARE(answer.media.size(), std::size_t(3));
    QCOMPARE(int(answer.media[0].port), 0);
    QCOMPARE(answer.media[0].kind, "video");
    QCOMPARE(int(answer.media[2].port), 0);
    QCOMPARE(answer.media[1].protocol, "RTP/SAVPF");
    QCOMPARE(answer.media[1].formats, std::vector<std::string>{"111"});
    const auto understood = readAnswer(offer, answer);
    QVERIFY(understood);
    QCOMPARE(understood->payloadType, 111);
    QVERIFY(understood->keyManagement == localAudio().keyManagement); // K4567-013
    QVERIFY(!attribute(answer.media[1].lines, "rtcp-mux"));
}

void SdpTest::answers_data()
{
    QTest::addColumn<QByteArray>("media");
    QTest::addColumn<int>("status");
    const auto row = [](const char *name, const char *media, int status) {
        QTest::newRow(name) << QByteArray(media) << status;
    };
    row("taken", "m=audio 1 RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\n", 0);
    row("refused", "m=audio 0 RTP/SAVP 96\r\n", 488);
    row("downgraded to RTP/AVP", "m=audio 1 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n", 488);
    row("no media", "", 488);
    row("one media more", "m=audio 1 RTP/SAVP 96\r\na=rtpmap:96 opus/48000/2\r\nm=video 0 RTP/SAVP 31\r\n", 488);
    row("another codec", "m=audio 1 RTP/SAVP 0\r\n", 488);
}

void SdpTest::answers()
{
    QFETCH(QByteArray, media);
    QFETCH(int, status);
    const auto audio = readAnswer(makeOffer(localAudio()), parsed(session + media.toStdString()));
    QCOMPARE(audio ? 0 : audio.fault().status, status);
}

void SdpTest::refusalCarriesKeyManagement() // K4567-019
{
    const auto offer = parsed(session + opus);
    for (const bool atSession : {false, true}) {
        auto local = localAudio();
        local.keyManagementAtSession = atSession;
        const auto refusal = parsed(makeRefusal(offer, local).toString());
        QCOMPARE(int(refusal.media.front().port), 0);
        QVERIFY(*keyManagementOf(refusal, refusal.media.front()) == local.keyManagement);
        QCOMPARE(hasKeyManagement(refusal.lines), atSession);
        QCOMPARE(readAnswer(offer, refusal).fault().status, 488);
    }
    const auto withVideo = parsed(session + "m=video 4002 RTP/SAVP 97\r\n" + opus);
    const auto refusal = parsed(makeRefusal(withVideo, localAudio(), 1).toString());
    QVERIFY(!hasKeyManagement(refusal.media[0].lines) && hasKeyManagement(refusal.media[1].lines));
    QVERIFY(hasKeyManagement(makeRefusal(parsed(session), localAudio()).lines)); // there is no media line to hold it
}

void SdpTest::lineWithKeysIsPreferred()
{
    const std::string keys = "a=key-mgmt:mikey AAAA\r\n";
    const auto second = readOffer(parsed(session + opus + opus + keys));
    QCOMPARE(second->index, std::size_t(1));
    QVERIFY(!second->keyManagement.empty() && !second->keyManagementAtSession);
    const auto common = readOffer(parsed(session + keys + opus + opus));
    QCOMPARE(common->index, std::size_t(0));
    QVERIFY(common->keyManagementAtSession);
    const auto none = readOffer(parsed(session + opus + opus));
    QCOMPARE(none->index, std::size_t(0));
    QVERIFY(none->keyManagement.empty() && !none->keyManagementAtSession);
}

void SdpTest::answerTakesTheTime() // RFC 3264 section 6
{
    auto text = session;
    text.replace(text.find("t=0 0"), 5, "t=3034423619 3042462419");
    const auto offer = parsed(text + opus);
    const auto audio = readOffer(offer);
    QVERIFY(audio);
    for (const auto &answer : {makeAnswer(offer, *audio, localAudio()), makeRefusal(offer, localAudio())}) {
        QVERIFY(answer.toString().find("t=3034423619 3042462419\r\n") != std::string::npos);
        QCOMPARE(parsed(answer.toString()), answer);
    }
}

QTEST_GUILESS_MAIN(SdpTest)
#include "sdp_test.moc"
