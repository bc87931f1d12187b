// SPDX-License-Identifier: Apache-2.0
// Whole calls between two processes over loopback.
#include "headless_process.h"

#include "analysis/correlation.h"
#include "audio/wav.h"

#include <QUdpSocket>

namespace {

QJsonObject command(const char *name)
{
    return {{QStringLiteral("do"), QLatin1String(name)}};
}

std::vector<media::Sample> samplesOf(const QString &path)
{
    auto wav = media::WavReader::open(path.toStdString());
    if (!wav)
        return {};
    std::vector<media::Sample> samples(wav->length());
    wav->read(samples);
    return samples;
}

/// How well what was spoken (looped) is found in what was heard.
double heard(const QString &spokenPath, const QString &heardPath)
{
    const auto speech = samplesOf(spokenPath);
    const auto recording = samplesOf(heardPath);
    if (speech.empty() || recording.empty())
        return 0;
    std::vector<media::Sample> spoken(recording.size());
    for (std::size_t i = 0; i < spoken.size(); ++i)
        spoken[i] = speech[i % speech.size()];
    return media::correlate(spoken, recording).peak;
}

QString speechFile(const char *name)
{
    return QStringLiteral(LATCHKEY_SPEECH "/%1.wav").arg(QLatin1String(name));
}

/// An INVITE as any program might send it.
QByteArray inviteWith(quint16 port, quint16 from, const QByteArray &callId, const QByteArray &sdp)
{
    return "INVITE sip:bob@127.0.0.1:" + QByteArray::number(port) + " SIP/2.0\r\n" +
           "Via: SIP/2.0/UDP 127.0.0.1:" + QByteArray::number(from) + ";branch=z9hG4bK" + callId + "\r\n" +
           "Max-Forwards: 70\r\nFrom: <sip:alice@example.org>;tag=" + callId + "\r\nTo: <sip:bob@example.org>\r\n" +
           "Call-ID: " + callId + "\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:" + QByteArray::number(from) +
           ">\r\nContent-Type: application/sdp\r\nContent-Length: " + QByteArray::number(sdp.size()) + "\r\n\r\n" + sdp;
}

QByteArray sdpWith(const QByteArray &profile, const QByteArray &lines)
{
    return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 " + profile +
           " 96\r\na=rtpmap:96 opus/48000/2\r\n" + lines;
}

/// An I_MESSAGE of Alice's for Bob, of mikeytool.
QByteArray offerOf(const TwoEndpoints &files, const QString &vFlag = QStringLiteral("on"))
{
    QProcess tool;
    tool.start(QStringLiteral(MIKEYTOOL_PROGRAM),
               {QStringLiteral("offer"), QStringLiteral("--endpoint"), files.path(QStringLiteral("alice.json")),
                QStringLiteral("--to"), QStringLiteral("sip:bob@example.org"), QStringLiteral("--method"),
                QStringLiteral("psk"), QStringLiteral("--state"), files.path(QStringLiteral("offer.state")),
                QStringLiteral("--v-flag"), vFlag});
    tool.waitForFinished();
    return tool.readAllStandardOutput().trimmed();
}

/// The first final response that arrives.
QByteArray finalResponse(QUdpSocket &socket)
{
    QByteArray response;
    static_cast<void>(QTest::qWaitFor(
        [&] {
            while (socket.hasPendingDatagrams() && !response.startsWith("SIP/2.0")) {
                QByteArray datagram(static_cast<qsizetype>(socket.pendingDatagramSize()), 0);
                socket.readDatagram(datagram.data(), datagram.size());
                if (!datagram.startsWith("SIP/2.0 1"))
                    response = datagram;
            }
            return !response.isEmpty();
        },
        5000));
    return response;
}

} // namespace

Q_DECLARE_METATYPE(std::function<QByteArray(QByteArray)>)

class CallsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void speechIsHeardBothWays();
    void overTcp();
    void wrongKeyEndsTheCallOnBothSides();
    void calleeDeclines();
    void callerGivesUp();
    void secondCallerHearsBusy();
    void nobodyListens();
    void badCommandsChangeNothing();
    void callWithoutMikeyIsRefused_data();
    void callWithoutMikeyIsRefused();
    void answerWithoutKeysEndsTheCall_data();
    void answerWithoutKeysEndsTheCall();
    void offersOfOtherPrograms_data();
    void offersOfOtherPrograms();
    void endOfInputTellsThePeer();
    void replayedOfferIsRefused();
    void garbageDoesNotDisturbACall();
    void damagedRenewalIsRefused_data();
    void damagedRenewalIsRefused();
};

void CallsTest::speechIsHeardBothWays()
{
    const TwoEndpoints files;
    const auto audio = [&](const char *name) {
        return QStringLiteral("file:%1,%2")
            .arg(speechFile(name), files.path(QLatin1String(name) + QStringLiteral(".wav")));
    };
    {
        HeadlessProcess bob(files.arguments(QStringLiteral("bob"), audio("bob")) +
                            QStringList{QStringLiteral("--answer"), QStringLiteral("auto")});
        HeadlessProcess alice(files.arguments(QStringLiteral("alice"), audio("alice")));
        alice.send(callBob(bob.port()));
        const auto atAlice = alice.next(QStringLiteral("established"));
        const auto atBob = bob.next(QStringLiteral("established"));
        QCOMPARE(atAlice.value(QLatin1String("peer")).toString(), QStringLiteral("sip:bob@example.org"));
        QCOMPARE(atBob.value(QLatin1String("peer")).toString(), QStringLiteral("sip:alice@example.org"));
        QVERIFY(atAlice.value(QLatin1String("peer_verified")).toObject().value(QLatin1String("ok")).toBool());
        const auto keysA = atAlice.value(QLatin1String("keys")).toArray();
        const auto keysB = atBob.value(QLatin1String("keys")).toArray();
        QCOMPARE(keysA.size(), 2); // K4567-050: two crypto sessions a media line
        for (int i = 0; i < 2; ++i) {
            const auto a = keysA[i].toObject();
            const auto b = keysB[i].toObject();
            QCOMPARE(a.value(QLatin1String("tek_fingerprint")), b.value(QLatin1String("tek_fingerprint")));
            QCOMPARE(a.value(QLatin1String("ssrc")), b.value(QLatin1String("ssrc")));
            QVERIFY(a.value(QLatin1String("direction")) != b.value(QLatin1String("direction")));
        }
        const auto enough = [](const QJsonObject &media) {
            return media.value(QLatin1String("received")).toInt() >= 150; // 3 s of 20 ms packets
        };
        QVERIFY(!alice.next(QStringLiteral("media"), enough).isEmpty());
        const auto stats = bob.next(QStringLiteral("media"), enough);
        QCOMPARE(stats.value(QLatin1String("auth_failures")).toInt(), 0);
        alice.send(command("hangup"));
        QCOMPARE(alice.next(QStringLiteral("ended")).value(QLatin1String("by")).toString(), QStringLiteral("local"));
        QCOMPARE(bob.next(QStringLiteral("ended")).value(QLatin1String("by")).toString(), QStringLiteral("peer"));
        QCOMPARE(alice.finish(), 0);
        QCOMPARE(bob.finish(), 0);
    }
    const auto bobHeard = heard(speechFile("alice"), files.path(QStringLiteral("bob.wav")));
    const auto aliceHeard = heard(speechFile("bob"), files.path(QStringLiteral("alice.wav")));
    QVERIFY2(bobHeard >= 0.6, qPrintable(QString::number(bobHeard)));
    QVERIFY2(aliceHeard >= 0.6, qPrintable(QString::number(aliceHeard)));
}

void CallsTest::overTcp()
{
    const TwoEndpoints files;
    const auto tcp = QStringLiteral("tcp:127.0.0.1:0");
    HeadlessProcess bob(files.arguments(QStringLiteral("bob"), QStringLiteral("tone"), tcp));
    HeadlessProcess alice(files.arguments(QStringLiteral("alice"), QStringLiteral("tone"), tcp));
    alice.send(callBob(bob.port(), QStringLiteral("tcp")));
    QVERIFY(!bob.next(QStringLiteral("incoming")).isEmpty());
    QVERIFY(!alice.next(QStringLiteral("ringing")).isEmpty());
    bob.send(command("answer"));
    QVERIFY(!alice.next(QStringLiteral("established")).isEmpty());
    QVERIFY(!bob.next(QStringLiteral("established")).isEmpty());
    bob.send(command("hangup"));
    QCOMPARE(alice.next(QStringLiteral("ended")).value(QLatin1String("by")).toString(), QStringLiteral("peer"));
}

void CallsTest::wrongKeyEndsTheCallOnBothSides()
{
    const TwoEndpoints files(TwoEndpoints::defaultKey, "ffeeddccbbaa99887766554433221100");
    HeadlessProcess bob(files.arguments(QStringLiteral("bob"), QStringLiteral("tone")) +
                        QStringList{QStringLiteral("--answer"), QStringLiteral("auto")});
    HeadlessProcess alice(files.arguments(QStringLiteral("alice"), QStringLiteral("tone")));
    alice.send(callBob(bob.port()));
    for (auto *side : {&alice, &bob}) {
        const auto ended = side->next(QStringLiteral("ended"));
        QCOMPARE(ended.value(QLatin1String("by")).toString(), QStringLiteral("error"));
        QCOMPARE(ended.value(QLatin1String("sip_status")).toInt(), 488); // K4567-020
        const auto error = ended.value(QLatin1String("mikey_error")).toObject();
        QCOMPARE(error.value(QLatin1String("number")).toInt(-1), 0); // K3830-063
        QCOMPARE(error.value(QLatin1String("name")).toString(), QStringLiteral("Authentication failure"));
        QVERIFY(side->all(QStringLiteral("established")).isEmpty());
        QVERIFY(side->all(QStringLiteral("media")).isEmpty());
    }
    const auto refused = bob.next(QStringLiteral("mikey"));
    QCOMPARE(refused.value(QLatin1String("direction")).toString(), QStringLiteral("received"));
    QCOMPARE(refused.value(QLatin1String("accepted")), QJsonValue(false));
    QCOMPARE(refused.value(QLatin1String("error")).toObject().value(QLatin1String("number")).toInt(-1), 0);
    const auto told = bob.next(QStringLiteral("mikey"));
    QCOMPARE(told.value(QLatin1String("direction")).toString(), QStringLiteral("sent"));
    QCOMPARE(told.value(QLatin1String("message")).toString(), QStringLiteral("Error"));
    // K4567-019: the refusal carries the cause as a MIKEY error message.
    const auto received = alice.next(QStringLiteral("mikey"), [](const QJsonObject &mikey) {
        return mikey.value(QLatin1String("direction")) == QStringLiteral("received");
    });
    QCOMPARE(received.value(QLatin1String("message")).toString(), QStringLiteral("Error"));
}

void CallsTest::calleeDeclines()
{
    const TwoEndpoints files;
    HeadlessProcess bob(files.arguments(QStringLiteral("bob")));
    HeadlessProcess alice(files.arguments(QStringLiteral("alice")));
    alice.send(callBob(bob.port()));
    QVERIFY(!bob.next(QStringLiteral("incoming")).isEmpty());
    bob.send({{QStringLiteral("do"), QStringLiteral("reject")}, {QStringLiteral("status"), 480}});
    QCOMPARE(bob.next(QStringLiteral("ended")).value(QLatin1String("by")).toString(), QStringLiteral("local"));
    const auto ended = alice.next(QStringLiteral("ended"));
    QCOMPARE(ended.value(QLatin1String("by")).toString(), QStringLiteral("peer"));
    QCOMPARE(ended.value(QLatin1String("sip_status")).toInt(), 480);
}

void CallsTest::callerGivesUp()
{
    const TwoEndpoints files;
    HeadlessProcess bob(files.arguments(QStringLiteral("bob")));
    HeadlessProcess alice(files.arguments(QStringLiteral("alice")));
    alice.send(callBob(bob.port()));
    QVERIFY(!alice.next(QStringLiteral("ringing")).isEmpty());
    alice.send(command("hangup"));
    QCOMPARE(alice.next(QStringLiteral("ended")).value(QLatin1String("by")).toString(), QStringLiteral("local"));
    QCOMPARE(bob.next(QStringLiteral("ended")).value(QLatin1String("by")).toString(), QStringLiteral("peer"));
    QCOMPARE(alice.finish(), 0);
}

void CallsTest::secondCallerHearsBusy()
{
    const TwoEndpoints files;
    HeadlessProcess bob(files.arguments(QStringLiteral("bob")));
    const auto port = bob.port();
    HeadlessProcess alice(files.arguments(QStringLiteral("alice")));
    alice.send(callBob(port));
    QVERIFY(!bob.next(QStringLiteral("incoming")).isEmpty());
    auto other = files.arguments(QStringLiteral("alice"));
    other[1] = files.path(QStringLiteral("other-profile"));
    HeadlessProcess second(other);
    second.send(callBob(port));
    QCOMPARE(second.next(QStringLiteral("ended")).value(QLatin1String("sip_status")).toInt(), 486);
    bob.send(command("answer"));
    QVERIFY(!alice.next(QStringLiteral("established")).isEmpty());
}

void CallsTest::nobodyListens()
{
    const TwoEndpoints files;
    quint16 closed = 0;
    {
        QUdpSocket socket;
        QVERIFY(socket.bind(QHostAddress(QHostAddress::LocalHost), 0));
        closed = socket.localPort();
    }
    HeadlessProcess alice(files.arguments(QStringLiteral("alice")));
    alice.send(callBob(closed));
    const auto ended = alice.next(QStringLiteral("ended"));
    QCOMPARE(ended.value(QLatin1String("by")).toString(), QStringLiteral("error"));
    QVERIFY(!ended.value(QLatin1String("reason")).toString().isEmpty());
}

void CallsTest::badCommandsChangeNothing()
{
    const TwoEndpoints files;
    HeadlessProcess alice(files.arguments(QStringLiteral("alice")));
    const struct
    {
        QByteArray line;
        QString says;
    } cases[] = {
        {"not json", QStringLiteral("JSON")},
        {"[1]", QStringLiteral("JSON")},
        {R"({"do":"fly"})", QStringLiteral("fly")},
        {R"({"do":"call"})", QStringLiteral("to")},
        {R"({"do":"call","to":5})", QStringLiteral("string")},
        {R"({"do":"call","to":"sip:"})", QStringLiteral("SIP address")},
        {R"({"do":"call","to":"sip:carol@127.0.0.1"})", QStringLiteral("key shared")},
        {R"({"do":"call","to":"sip:b@127.0.0.1","method":"magic"})", QStringLiteral("magic")},
        {R"({"do":"call","to":"sip:b@127.0.0.1","method":"ibake"})", QStringLiteral("no keys of a key management service")},
        {R"({"do":"hangup"})", QStringLiteral("no call")},
        {R"({"do":"answer","call":7})", QStringLiteral("7")},
        {R"({"do":"mute","on":"yes"})", QStringLiteral("true or false")},
        {R"({"do":"rekey"})", QStringLiteral("no call")},
        {R"({"do":"hold"})", QStringLiteral("not supported yet")},
        {QByteArray(70000, 'x'), QStringLiteral("longer than")},
    };
    for (const auto &one : cases) {
        alice.sendLine(one.line);
        const auto reason = alice.next(QStringLiteral("error")).value(QLatin1String("reason")).toString();
        QVERIFY2(reason.contains(one.says), qPrintable(one.says + QStringLiteral(": ") + reason));
        if (one.line.size() > 65536) // its rest ends as a line of its own
            static_cast<void>(alice.next(QStringLiteral("error")));
    }
    alice.send(command("state"));
    const auto state = alice.next(QStringLiteral("state"));
    QCOMPARE(state.value(QLatin1String("identity")).toString(), QStringLiteral("sip:alice@example.org"));
    QVERIFY(state.value(QLatin1String("calls")).toArray().isEmpty());
    QCOMPARE(alice.finish(), 0);
}

void CallsTest::callWithoutMikeyIsRefused_data()
{
    QTest::addColumn<QByteArray>("sdp");
    QTest::newRow("plain RTP") << sdpWith("RTP/AVP", "");
    QTest::newRow("plain RTP with a key-mgmt line") << sdpWith("RTP/AVP", "a=key-mgmt:mikey AQAFgBU3CIACAAA=\r\n");
    QTest::newRow("no key management (K4567-055)") << sdpWith("RTP/SAVP", "");
    QTest::newRow("SDES") << sdpWith(
        "RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n");
    QTest::newRow("another protocol") << sdpWith("RTP/SAVP", "a=key-mgmt:MIKEY AQAFgBU3CIACAAA=\r\n"); // K4567-002
    QTest::newRow("damaged base64") << sdpWith("RTP/SAVP", "a=key-mgmt:mikey A*A\r\n");
    QTest::newRow("damaged MIKEY") << sdpWith("RTP/SAVP", "a=key-mgmt:mikey AQAFgBU3CIACAAA=\r\n");
    QTest::newRow("no SDP") << QByteArray("hello");
}

void CallsTest::callWithoutMikeyIsRefused()
{
    QFETCH(QByteArray, sdp);
    const TwoEndpoints files;
    HeadlessProcess bob(files.arguments(QStringLiteral("bob"), QStringLiteral("tone")) +
                        QStringList{QStringLiteral("--answer"), QStringLiteral("auto")});
    const auto port = bob.port();
    QUdpSocket caller;
    QVERIFY(caller.bind(QHostAddress(QHostAddress::LocalHost), 0));
    caller.writeDatagram(inviteWith(port, caller.localPort(), "plain1", sdp), QHostAddress(QHostAddress::LocalHost),
                         port);
    const auto response = finalResponse(caller);
    QVERIFY2(response.startsWith("SIP/2.0 4"), response.constData());
    QVERIFY(bob.all(QStringLiteral("established")).isEmpty());
    QVERIFY(bob.running());
}

void CallsTest::answerWithoutKeysEndsTheCall_data()
{
    QTest::addColumn<QByteArray>("profile");
    QTest::addColumn<QByteArray>("lines");
    QTest::newRow("no key management (K4567-055)") << QByteArray("RTP/SAVP") << QByteArray();
    QTest::newRow("plain RTP") << QByteArray("RTP/AVP") << QByteArray();
    QTest::newRow("damaged MIKEY") << QByteArray("RTP/SAVP") << QByteArray("a=key-mgmt:mikey AQEFABU3\r\n");
    QTest::newRow("R_MESSAGE of another exchange")
        << QByteArray("RTP/SAVP")
        << QByteArray(
               "a=key-mgmt:mikey AQEFABU3CIACAADFIEZfAAAAAACYCXVQAAAAAAYA7q7B5KzmW+oJAQATc2lwOmJvYkBleGFtcGxlLm9yZwABw"
               "CC11Tyeiv1tUj52mi6BLxZmee0=\r\n");
}

/// The peer says 200 to the INVITE but does not answer the key agreement: the call ends, and no sound is ever sent.
void CallsTest::answerWithoutKeysEndsTheCall()
{
    QFETCH(QByteArray, profile);
    QFETCH(QByteArray, lines);
    const QHostAddress here(QHostAddress::LocalHost);
    QUdpSocket sip;
    QUdpSocket rtp;
    QVERIFY(sip.bind(here, 0) && rtp.bind(here, 0));
    const TwoEndpoints files;
    HeadlessProcess alice(files.arguments(QStringLiteral("alice"), QStringLiteral("tone")));
    const auto port = alice.port();
    alice.send(callBob(sip.localPort()));
    QTRY_VERIFY(sip.hasPendingDatagrams());
    QByteArray invite(static_cast<qsizetype>(sip.pendingDatagramSize()), 0);
    sip.readDatagram(invite.data(), invite.size());
    QByteArray response = "SIP/2.0 200 OK\r\n";
    for (const auto &line : invite.split('\n')) {
        if (line.startsWith("Via:") || line.startsWith("From:") || line.startsWith("Call-ID:") ||
            line.startsWith("CSeq:"))
            response += line.trimmed() + "\r\n";
        else if (line.startsWith("To:"))
            response += line.trimmed() + ";tag=callee\r\n";
    }
    const auto sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " +
                     QByteArray::number(rtp.localPort()) + " " + profile + " 96\r\na=rtpmap:96 opus/48000/2\r\n" +
                     lines;
    response += "Contact: <sip:bob@127.0.0.1:" + QByteArray::number(sip.localPort()) +
                ">\r\nContent-Type: application/sdp\r\nContent-Length: " + QByteArray::number(sdp.size()) + "\r\n\r\n" +
                sdp;
    sip.writeDatagram(response, here, port);
    const auto ended = alice.next(QStringLiteral("ended"));
    QCOMPARE(ended.value(QLatin1String("by")).toString(), QStringLiteral("error"));
    QVERIFY(!ended.value(QLatin1String("reason")).toString().isEmpty());
    QList<QByteArray> requests;
    QVERIFY(QTest::qWaitFor([&] {
        while (sip.hasPendingDatagrams()) {
            QByteArray datagram(static_cast<qsizetype>(sip.pendingDatagramSize()), 0);
            sip.readDatagram(datagram.data(), datagram.size());
            requests.append(datagram.left(datagram.indexOf(' ')));
        }
        return requests.contains("ACK") && requests.contains("BYE"); // K4567-016
    }));
    QVERIFY(alice.all(QStringLiteral("established")).isEmpty());
    QTest::qWait(100);
    QVERIFY(!rtp.hasPendingDatagrams());
}

void CallsTest::offersOfOtherPrograms_data()
{
    QTest::addColumn<QString>("vFlag");
    QTest::addColumn<QByteArray>("more"); // lines of the audio
    QTest::addColumn<int>("payloadType");
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<bool>("sound");
    const QByteArray ok = "SIP/2.0 200";
    QTest::newRow("as ours") << "on" << QByteArray() << 96 << ok << true;
    QTest::newRow("no response wanted (K3830-004)") << "off" << QByteArray() << 96 << ok << true;
    QTest::newRow("another payload type") << "on" << QByteArray() << 111 << ok << true;
    QTest::newRow("we are to listen only") << "on" << QByteArray("a=sendonly\r\n") << 96 << ok << false;
    QTest::newRow("inactive") << "on" << QByteArray("a=inactive\r\n") << 96 << ok << false;
    QTest::newRow("a second line with damaged keys (K4567-021)")
        << "on" << QByteArray("m=video 41000 RTP/SAVP 31\r\na=key-mgmt:mikey AQAFgA==\r\n") << 96
        << QByteArray("SIP/2.0 488") << false;
}

/// An I_MESSAGE of mikeytool in an SDP of our own making.
void CallsTest::offersOfOtherPrograms()
{
    QFETCH(QString, vFlag);
    QFETCH(QByteArray, more);
    QFETCH(int, payloadType);
    QFETCH(QByteArray, status);
    QFETCH(bool, sound);
    const TwoEndpoints files;
    const auto message = offerOf(files, vFlag);
    HeadlessProcess bob(files.arguments(QStringLiteral("bob"), QStringLiteral("tone")) +
                        QStringList{QStringLiteral("--answer"), QStringLiteral("auto")});
    const auto port = bob.port();
    const QHostAddress here(QHostAddress::LocalHost);
    QUdpSocket sip;
    QUdpSocket rtp;
    QVERIFY(sip.bind(here, 0) && rtp.bind(here, 0));
    const auto type = QByteArray::number(payloadType);
    const auto sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " +
                     QByteArray::number(rtp.localPort()) + " RTP/SAVP " + type + "\r\na=rtpmap:" + type +
                     " opus/48000/2\r\na=key-mgmt:mikey " + message + "\r\n" + more;
    sip.writeDatagram(inviteWith(port, sip.localPort(), "other1", sdp), here, port);
    const auto response = finalResponse(sip);
    QVERIFY2(response.startsWith(status), response.constData());
    if (status.endsWith("200"))
        QCOMPARE(response.contains("a=key-mgmt:mikey "), vFlag == QStringLiteral("on")); // D-15
    QTest::qWait(sound ? 0 : 300);
    if (!sound) {
        QVERIFY(!rtp.hasPendingDatagrams());
        return;
    }
    QTRY_VERIFY(rtp.hasPendingDatagrams());
    QByteArray packet(static_cast<qsizetype>(rtp.pendingDatagramSize()), 0);
    rtp.readDatagram(packet.data(), packet.size());
    QCOMPARE(packet[1] & 0x7f, payloadType); // RFC 3264 6.1
}

/// End of input hangs up: the peer is told, in whatever state the call is.
void CallsTest::endOfInputTellsThePeer()
{
    const QHostAddress here(QHostAddress::LocalHost);
    QUdpSocket sip;
    QVERIFY(sip.bind(here, 0));
    const TwoEndpoints files;
    HeadlessProcess alice(files.arguments(QStringLiteral("alice")));
    const auto port = alice.port();
    alice.send(callBob(sip.localPort()));
    QTRY_VERIFY(sip.hasPendingDatagrams());
    QByteArray invite(static_cast<qsizetype>(sip.pendingDatagramSize()), 0);
    sip.readDatagram(invite.data(), invite.size());
    alice.endInput(); // before any response: the CANCEL has to wait for one (RFC 3261 9.1)
    QTest::qWait(100);
    QByteArray trying = "SIP/2.0 180 Ringing\r\n";
    for (const auto &line : invite.split('\n')) {
        if (line.startsWith("Via:") || line.startsWith("From:") || line.startsWith("Call-ID:") ||
            line.startsWith("CSeq:"))
            trying += line.trimmed() + "\r\n";
        else if (line.startsWith("To:"))
            trying += line.trimmed() + ";tag=callee\r\n";
    }
    sip.writeDatagram(trying + "Content-Length: 0\r\n\r\n", here, port);
    QByteArray request;
    QVERIFY(QTest::qWaitFor([&] {
        while (sip.hasPendingDatagrams() && !request.startsWith("CANCEL ")) {
            request.resize(static_cast<qsizetype>(sip.pendingDatagramSize()));
            sip.readDatagram(request.data(), request.size());
        }
        return request.startsWith("CANCEL ");
    }));
    QCOMPARE(alice.finish(), 0);
}

void CallsTest::replayedOfferIsRefused()
{
    const TwoEndpoints files;
    HeadlessProcess bob(files.arguments(QStringLiteral("bob")) +
                        QStringList{QStringLiteral("--answer"), QStringLiteral("auto")});
    const auto port = bob.port();
    HeadlessProcess alice(files.arguments(QStringLiteral("alice")));
    alice.send(callBob(port));
    const auto sent = alice.next(QStringLiteral("mikey"));
    QVERIFY(!alice.next(QStringLiteral("established")).isEmpty());
    alice.send(command("hangup"));
    QVERIFY(!bob.next(QStringLiteral("ended")).isEmpty());

    const auto line = "a=key-mgmt:mikey " + sent.value(QLatin1String("base64")).toString().toLatin1() + "\r\n";
    QUdpSocket caller;
    QVERIFY(caller.bind(QHostAddress(QHostAddress::LocalHost), 0));
    caller.writeDatagram(inviteWith(port, caller.localPort(), "replay1", sdpWith("RTP/SAVP", line)),
                         QHostAddress(QHostAddress::LocalHost), port);
    const auto response = finalResponse(caller);
    QVERIFY2(response.startsWith("SIP/2.0 488"), response.constData());
    QVERIFY(!response.contains("key-mgmt")); // K3830-060: discarded, so no MIKEY answer
    QCOMPARE(bob.next(QStringLiteral("ended")).value(QLatin1String("by")).toString(), QStringLiteral("error"));
}

void CallsTest::garbageDoesNotDisturbACall()
{
    const TwoEndpoints files;
    HeadlessProcess bob(files.arguments(QStringLiteral("bob"), QStringLiteral("tone")) +
                        QStringList{QStringLiteral("--answer"), QStringLiteral("auto")});
    const auto port = bob.port();
    HeadlessProcess alice(files.arguments(QStringLiteral("alice"), QStringLiteral("tone")));
    alice.send(callBob(port));
    QVERIFY(!alice.next(QStringLiteral("established")).isEmpty());
    QVERIFY(!bob.next(QStringLiteral("established")).isEmpty());
    QUdpSocket stranger;
    const QHostAddress here(QHostAddress::LocalHost);
    QVERIFY(stranger.bind(here, 0));
    for (int i = 0; i < 500; ++i) {
        stranger.writeDatagram(QByteArray(i % 97, static_cast<char>(i)), here, port);
        stranger.writeDatagram("INVITE sip:bob@127.0.0.1 SIP/2.0\r\nVia: nonsense\r\n\r\n", here, port);
        stranger.writeDatagram("BYE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx" +
                                   QByteArray::number(i) +
                                   "\r\nFrom: <sip:e@x>;tag=1\r\nTo: <sip:bob@x>;tag=2\r\nCall-ID: none\r\nCSeq: 1 "
                                   "BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
                               here, port);
    }
    const auto atBegin = bob.next(QStringLiteral("media")).value(QLatin1String("received")).toInt();
    const auto goesOn = bob.next(QStringLiteral("media"), [&](const QJsonObject &media) {
        return media.value(QLatin1String("received")).toInt() >= atBegin + 40;
    });
    QVERIFY(!goesOn.isEmpty());
    QCOMPARE(goesOn.value(QLatin1String("lost")).toInt(), 0);
    QVERIFY(bob.all(QStringLiteral("ended")).isEmpty());
    alice.send(command("hangup"));
    QCOMPARE(bob.next(QStringLiteral("ended")).value(QLatin1String("by")).toString(), QStringLiteral("peer"));
}

void CallsTest::damagedRenewalIsRefused_data()
{
    QTest::addColumn<std::function<QByteArray(QByteArray)>>("made"); ///< out of the call's first message
    QTest::addColumn<bool>("answered");                              ///< with a MIKEY error message
    using Made = std::function<QByteArray(QByteArray)>;
    QTest::newRow("no base64") << Made([](const QByteArray &) { return QByteArrayLiteral("A*A"); }) << false;
    QTest::newRow("cut off") << Made([](const QByteArray &first) { return first.left(40); }) << false;
    QTest::newRow("the same once more") << Made([](const QByteArray &first) { return first; }) << false;
    QTest::newRow("altered") << Made([](const QByteArray &first) {
        auto octets = QByteArray::fromBase64(first);
        octets.back() = static_cast<char>(octets.back() ^ 1); // of the MAC
        return octets.toBase64();
    }) << false;
    QTest::newRow("of another key") << Made([](const QByteArray &) {
        return offerOf(TwoEndpoints("ffeeddccbbaa99887766554433221100"));
    }) << true;
}

/// The caller, or somebody who knows the dialog, offers keys that are none: 488, and the call goes on as it is.
void CallsTest::damagedRenewalIsRefused()
{
    QFETCH(std::function<QByteArray(QByteArray)>, made);
    QFETCH(bool, answered);
    const TwoEndpoints files;
    const auto first = offerOf(files);
    HeadlessProcess bob(files.arguments(QStringLiteral("bob"), QStringLiteral("tone")) +
                        QStringList{QStringLiteral("--answer"), QStringLiteral("auto")});
    const auto port = bob.port();
    const QHostAddress here(QHostAddress::LocalHost);
    QUdpSocket sip, rtp;
    QVERIFY(sip.bind(here, 0) && rtp.bind(here, 0));
    const auto sdpOf = [&](const QByteArray &mikey) {
        return sdpWith("RTP/SAVP", "a=key-mgmt:mikey " + mikey + "\r\n")
            .replace("m=audio 40000", "m=audio " + QByteArray::number(rtp.localPort()));
    };
    sip.writeDatagram(inviteWith(port, sip.localPort(), "renew1", sdpOf(first)), here, port);
    const auto ok = finalResponse(sip);
    QVERIFY2(ok.startsWith("SIP/2.0 200"), ok.constData());
    const auto toLine = [&ok] {
        for (const auto &line : ok.split('\n')) {
            if (line.startsWith("To:"))
                return line.trimmed();
        }
        return QByteArray();
    }();
    const auto inDialog = [&](QByteArray request) { return request.replace("To: <sip:bob@example.org>", toLine); };
    sip.writeDatagram(inDialog(inviteWith(port, sip.localPort(), "renew1", {}).replace("INVITE", "ACK")), here, port);
    QVERIFY(!bob.next(QStringLiteral("established")).isEmpty());

    const auto changed = sdpOf(made(first)).replace("o=- 1 1", "o=- 1 2");
    const auto again = inviteWith(port, sip.localPort(), "renew1", changed)
                           .replace("CSeq: 1", "CSeq: 2")
                           .replace("z9hG4bKrenew1", "z9hG4bKrenew2");
    sip.writeDatagram(inDialog(again), here, port);
    const auto refused = finalResponse(sip);
    QVERIFY2(refused.startsWith("SIP/2.0 488"), refused.constData());
    QCOMPARE(refused.contains("key-mgmt"), answered);
    bob.send(command("state"));
    const auto call = bob.next(QStringLiteral("state")).value(QLatin1String("calls")).toArray().last().toObject();
    QCOMPARE(call.value(QLatin1String("phase")).toString(), QStringLiteral("established"));
    QCOMPARE(call.value(QLatin1String("renewals")).toInt(-1), 0);
    while (rtp.hasPendingDatagrams())
        rtp.readDatagram(nullptr, 0);
    QTRY_VERIFY(rtp.hasPendingDatagrams());
}

QTEST_GUILESS_MAIN(CallsTest)
#include "calls_test.moc"
