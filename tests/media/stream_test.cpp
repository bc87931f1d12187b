// SPDX-License-Identifier: Apache-2.0
#include "analysis/correlation.h"
#include "audio/file_endpoints.h"
#include "audio/level.h"
#include "rtp/packet.h"
#include "srtp/receiver.h"
#include "srtp/sender.h"
#include "streams.h"

#include <QTemporaryDir>
#include <QTest>

#include <atomic>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace media;
using namespace std::chrono_literals;

namespace {

const std::string speechFolder = LATCHKEY_TEST_DATA "/../resources/speech/";

/// A plain UDP socket on loopback: a peer whose packets the test makes and sees.
class Peer
{
public:
    Peer() : m_socket(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0))
    {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        bind(m_socket, reinterpret_cast<sockaddr *>(&address), size);
        getsockname(m_socket, reinterpret_cast<sockaddr *>(&address), &size);
        m_port = ntohs(address.sin_port);
    }
    ~Peer() { close(m_socket); }
    Q_DISABLE_COPY_MOVE(Peer)

    std::uint16_t port() const { return m_port; }

    void send(std::uint16_t port, std::span<const std::uint8_t> datagram) const
    {
        const sockaddr_in to = loopback(port);
        sendto(m_socket, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr *>(&to), sizeof to);
    }

    QByteArray receive() const
    {
        QByteArray datagram(2000, '\0');
        datagram.resize(std::max<ssize_t>(0, recv(m_socket, datagram.data(), 2000, 0)));
        return datagram;
    }

private:
    static sockaddr_in loopback(std::uint16_t port)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    int m_socket;
    std::uint16_t m_port = 0;
};

/// SRTP packets as the stream's peer would send them.
QByteArray protectedPacket(SrtpSender &sender)
{
    alignas(8) std::array<std::uint8_t, 300> buffer{};
    writeRtpHeader({96, false, sender.nextSequence(), 960u * sender.nextSequence(), sender.ssrc()},
                   std::span(buffer).first<rtpHeaderSize>());
    std::size_t size = rtpHeaderSize + 80;
    if (sender.protectRtp(buffer, size) != ProtectOutcome::Ok)
        return {};
    return {reinterpret_cast<const char *>(buffer.data()), static_cast<qsizetype>(size)};
}

std::span<const std::uint8_t> octets(const QByteArray &bytes)
{
    return {reinterpret_cast<const std::uint8_t *>(bytes.constData()), static_cast<std::size_t>(bytes.size())};
}

} // namespace

class StreamTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void portsArePairs();
    void bindTellsWhatIsWrong();
    void twoStreamsHearEachOther();
    void nothingIsSentBeforeKeys();
    void nothingIsSentInClear();
    void startIsChecked();
    void unauthenticPacketsAreCounted();
    void packetsFromElsewhereCountIfAuthentic();
    void wrongKeyOnOneSide();
    void keyExpiryStopsSending();
    void deadDeviceDoesNotStopTheStream();
    void stoppingIsQuickAndSaysBye();
    void ipv6();
};

void StreamTest::portsArePairs()
{
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < 20; ++i) {
        streams.push_back(bindStream());
        QVERIFY(streams.back());
        QCOMPARE(streams.back()->rtpPort() % 2, 0);
        QCOMPARE(streams.back()->rtcpPort(), streams.back()->rtpPort() + 1);
    }
}

void StreamTest::bindTellsWhatIsWrong()
{
    for (const char *host : {"", "no.such.host.invalid", "192.0.2.1", "localhost"}) {
        auto stream = Stream::bind(host);
        QVERIFY(!stream);
        QVERIFY(stream.error().sentence.ends_with('.'));
    }
}

void StreamTest::twoStreamsHearEachOther()
{
    QTemporaryDir folder;
    const std::string aliceHears = folder.filePath(QStringLiteral("alice.wav")).toStdString();
    const std::string bobHears = folder.filePath(QStringLiteral("bob.wav")).toStdString();
    const auto alice = bindStream(), bob = bindStream();
    QVERIFY(alice && bob);
    std::atomic<int> firstPackets{0}, byes{0};
    const auto start = [&](Stream &stream, const Stream &peer, const char *speaks, const std::string &hears,
                           std::uint32_t ssrc, std::uint32_t peerSsrc) {
        auto microphone = FileMicrophone::open(speechFolder + speaks);
        auto speaker = FileSpeaker::open(hears);
        if (!microphone || !speaker)
            return false;
        StreamConfig configuration = config(peer.rtpPort(), testKey(ssrc, static_cast<std::uint8_t>(ssrc)),
                                            testKey(peerSsrc, static_cast<std::uint8_t>(peerSsrc)));
        configuration.audio = {*microphone, *speaker};
        configuration.onEvent = [&](StreamEvent event) {
            firstPackets += event == StreamEvent::FirstPacket;
            byes += event == StreamEvent::PeerLeft;
        };
        return !stream.start(std::move(configuration));
    };
    QVERIFY(start(*alice, *bob, "alice.wav", aliceHears, 1, 2));
    QVERIFY(start(*bob, *alice, "bob.wav", bobHears, 2, 1));
    QTRY_VERIFY_WITH_TIMEOUT(alice->statistics().received > 125 && bob->statistics().received > 125, 10'000);
    const StreamStatistics statistics = alice->statistics();
    QCOMPARE(statistics.authFailures, 0u);
    QCOMPARE(statistics.sendSsrc, 1u);
    QCOMPARE(statistics.receiveSsrc, 2u);
    QVERIFY(statistics.firstReceivedAt);
    QVERIFY(statistics.levelInDb > -60 && statistics.levelOutDb > -60);
    alice->stop();
    QTRY_VERIFY(bob->statistics().peerSaidBye);
    bob->stop();
    QCOMPARE(firstPackets, 2);
    QCOMPARE(byes, 1);

    for (const auto &[speaks, hears] : {std::pair("alice.wav", bobHears), std::pair("bob.wav", aliceHears)}) {
        auto spoken = readWav(speechFolder + speaks), heard = readWav(hears);
        QVERIFY(spoken && heard);
        const Correlation correlation = correlate(*spoken, *heard);
        QVERIFY2(correlation.peak >= 0.9, qPrintable(QString::number(correlation.peak)));
    }
}

void StreamTest::nothingIsSentBeforeKeys()
{
    const Peer peer;
    const auto stream = bindStream();
    QVERIFY(stream);
    // Whatever comes first is dropped unread, even if it would authenticate.
    auto sender = SrtpSender::create(testKey(2, 2));
    QVERIFY(sender);
    for (int i = 0; i < 3; ++i)
        peer.send(stream->rtpPort(), octets(protectedPacket(*sender)));
    QTest::qWait(60);
    QCOMPARE(peer.receive().size(), 0);
    QVERIFY(!stream->start(config(peer.port(), testKey(1, 1), testKey(2, 2))));
    QTRY_COMPARE(stream->statistics().beforeKeys, 3u);
    QCOMPARE(stream->statistics().received, 0u);
    QTRY_VERIFY(stream->statistics().sent > 0);
    QVERIFY(peer.receive().size() > 0);
}

void StreamTest::nothingIsSentInClear()
{
    const Peer peer;
    const auto stream = bindStream();
    QVERIFY(stream);
    auto loud = config(peer.port(), testKey(1, 1), testKey(2, 2));
    QVERIFY(!stream->start(std::move(loud)));
    QTRY_VERIFY(stream->statistics().sent >= 10);
    auto receiver = SrtpReceiver::create(testKey(1, 1));
    QVERIFY(receiver);
    int packets = 0;
    for (QByteArray datagram = peer.receive(); !datagram.isEmpty(); datagram = peer.receive(), ++packets) {
        alignas(8) std::array<std::uint8_t, 1500> copy{};
        std::ranges::copy(octets(datagram), copy.begin());
        std::size_t size = 0;
        const auto packet = std::span(copy).first(static_cast<std::size_t>(datagram.size()));
        QCOMPARE(receiver->unprotectRtp(packet, size), UnprotectOutcome::Ok);
        QCOMPARE(size, rtpHeaderSize + 80);
        QVERIFY(!std::equal(copy.begin() + 12, copy.begin() + 92, octets(datagram).begin() + 12)); // it was encrypted
    }
    QVERIFY(packets >= 10);
}

void StreamTest::startIsChecked()
{
    const Peer peer;
    const auto stream = bindStream();
    QVERIFY(stream);
    const auto refused = [&](StreamConfig configuration) {
        const auto error = stream->start(std::move(configuration));
        return error && error->sentence.ends_with('.');
    };
    const auto with = [&](auto change) {
        StreamConfig configuration = config(peer.port(), testKey(1, 1), testKey(2, 2));
        change(configuration);
        return configuration;
    };
    QVERIFY(refused(with([](StreamConfig &c) { c.remoteRtp = {"bob.example.org", 4000}; })));
    QVERIFY(refused(with([](StreamConfig &c) { c.remoteRtp = {"::1", 4000}; })));
    QVERIFY(refused(with([](StreamConfig &c) { c.remoteRtp.port = 0; })));
    QVERIFY(refused(with([](StreamConfig &c) { c.remoteRtp = {"0.0.0.0", 4000}; })));
    QVERIFY(refused(with([](StreamConfig &c) { c.sendKeys[0].ssrc = 0; })));
    QVERIFY(refused(with([](StreamConfig &c) { c.sendKeys[0].masterKey.wipe(); })));
    QVERIFY(refused(with([](StreamConfig &c) { c.receiveKeys[0].policy.encrAlg = EncrAlg::Null; })));
    QVERIFY(refused(with([](StreamConfig &c) { c.audio.speaker.reset(); })));
    QCOMPARE(peer.receive().size(), 0);
    QVERIFY(!stream->start(with([](StreamConfig &) {})));
    QVERIFY(refused(with([](StreamConfig &) {}))); // only once
}

void StreamTest::unauthenticPacketsAreCounted()
{
    const Peer peer, stranger;
    const auto stream = bindStream();
    QVERIFY(stream);
    QVERIFY(!stream->start(config(peer.port(), testKey(1, 1), testKey(2, 2))));
    QTRY_VERIFY(stream->statistics().sent > 0);
    SrtpKey later = testKey(2, 3);
    later.validFrom = 0x9000; // newer than the genuine ones: what is older passes for replayed
    auto right = SrtpSender::create(testKey(2, 2)), wrongKey = SrtpSender::create(std::move(later)),
         wrongSsrc = SrtpSender::create(testKey(9, 2));
    QVERIFY(right && wrongKey && wrongSsrc);
    const QByteArray genuine = protectedPacket(*right);
    peer.send(stream->rtpPort(), octets(genuine));
    QTRY_COMPARE(stream->statistics().received, 1u);
    peer.send(stream->rtpPort(), octets(genuine));
    QTRY_COMPARE(stream->statistics().replayed, 1u);
    stranger.send(stream->rtpPort(), octets(protectedPacket(*wrongKey)));
    stranger.send(stream->rtpPort(), octets(protectedPacket(*wrongSsrc)));
    QTRY_COMPARE(stream->statistics().authFailures, 2u);
    stranger.send(stream->rtpPort(), octets("garbage"));
    stranger.send(stream->rtpPort(), octets(QByteArray(1600, '\x10'))); // longer than any packet
    stranger.send(stream->rtcpPort(), octets("more garbage"));
    stranger.send(stream->rtcpPort(), octets(QByteArray()));
    QTRY_COMPARE(stream->statistics().malformed, 4u);
    QCOMPARE(stream->statistics().strangers, 6u);
    QCOMPARE(stream->statistics().received, 1u);
}

void StreamTest::packetsFromElsewhereCountIfAuthentic()
{
    const Peer signalled, behindNat;
    const auto stream = bindStream();
    QVERIFY(stream);
    QVERIFY(!stream->start(config(signalled.port(), testKey(1, 1), testKey(0, 2)))); // SSRC not known
    QTRY_VERIFY(stream->statistics().sent > 0);
    auto sender = SrtpSender::create(testKey(77, 2));
    QVERIFY(sender);
    behindNat.send(stream->rtpPort(), octets(protectedPacket(*sender)));
    QTRY_COMPARE(stream->statistics().received, 1u);
    QCOMPARE(stream->statistics().receiveSsrc, 77u);
    QCOMPARE(stream->statistics().strangers, 0u);
}

void StreamTest::wrongKeyOnOneSide()
{
    const auto alice = bindStream(), bob = bindStream();
    QVERIFY(alice && bob);
    auto heard = std::make_shared<MemorySpeaker>(sampleRate);
    StreamConfig bobs = config(alice->rtpPort(), testKey(2, 2), testKey(1, 99));
    bobs.audio.speaker = heard;
    QVERIFY(!bob->start(std::move(bobs)));
    QVERIFY(!alice->start(config(bob->rtpPort(), testKey(1, 1), testKey(2, 2))));
    QTRY_VERIFY(bob->statistics().authFailures >= 5);
    bob->stop();
    QCOMPARE(bob->statistics().received, 0u);
    QVERIFY(!heard->recording().empty());
    QCOMPARE(loudness(heard->recording()), LevelMeter::silence);
}

void StreamTest::keyExpiryStopsSending()
{
    const Peer peer;
    const auto stream = bindStream();
    QVERIFY(stream);
    SrtpKey key = testKey(1, 1);
    key.validTo = 4;
    StreamConfig configuration = config(peer.port(), std::move(key), testKey(2, 2));
    std::atomic<int> expired{0};
    configuration.onEvent = [&](StreamEvent event) { expired += event == StreamEvent::SendKeyExpired; };
    QVERIFY(!stream->start(std::move(configuration)));
    QTRY_VERIFY(stream->statistics().sendKeyExpired);
    QTest::qWait(60); // three more frames' time
    stream->stop();
    QCOMPARE(stream->statistics().sent, 5u);
    QCOMPARE(expired, 1);
}

void StreamTest::deadDeviceDoesNotStopTheStream()
{
    /// Starts and then never delivers or takes anything.
    struct DeadMicrophone final : Microphone
    {
        std::optional<Error> start(Time) override { return std::nullopt; }
        void stop() override {}
        std::size_t read(std::span<Sample>, Time) override { return 0; }
    };
    /// Does not even start.
    struct DeadSpeaker final : Speaker
    {
        std::optional<Error> start(Time) override { return Error{"The loudspeaker is on fire."}; }
        void stop() override {}
        std::size_t wanted(Time) const override { return 0; }
        void write(std::span<const Sample>, Time) override {}
    };
    const Peer peer;
    const auto stream = bindStream();
    QVERIFY(stream);
    StreamConfig configuration = config(peer.port(), testKey(1, 1), testKey(2, 2));
    configuration.audio = {std::make_shared<DeadMicrophone>(), std::make_shared<DeadSpeaker>()};
    std::atomic<int> troubles{0};
    configuration.onEvent = [&](StreamEvent event) { troubles += event == StreamEvent::AudioTrouble; };
    QVERIFY(!stream->start(std::move(configuration)));
    QTRY_VERIFY(stream->statistics().sent > 3);
    QCOMPARE(stream->statistics().audioTrouble, std::string("The loudspeaker is on fire."));
    QCOMPARE(troubles, 1);
}

void StreamTest::stoppingIsQuickAndSaysBye()
{
    const auto alice = bindStream(), bob = bindStream();
    QVERIFY(alice && bob);
    QVERIFY(!alice->start(config(bob->rtpPort(), testKey(1, 1), testKey(2, 2))));
    QVERIFY(!bob->start(config(alice->rtpPort(), testKey(2, 2), testKey(1, 1))));
    QTRY_VERIFY(bob->statistics().received > 0);
    alice->stop();
    QTRY_VERIFY(bob->statistics().peerSaidBye);
    const auto sent = alice->statistics().sent;
    alice->stop(); // again does nothing
    QCOMPARE(alice->statistics().sent, sent);
}

void StreamTest::ipv6()
{
    const auto alice = bindStream("::1"), bob = bindStream("::1");
    if (!alice || !bob)
        QSKIP("no IPv6 on this machine");
    const auto start = [](Stream &stream, const Stream &peer, SrtpKey send, SrtpKey receive) {
        StreamConfig configuration = config(0, std::move(send), std::move(receive));
        configuration.remoteRtp = {"::1", peer.rtpPort()};
        return !stream.start(std::move(configuration));
    };
    QVERIFY(start(*alice, *bob, testKey(1, 1), testKey(2, 2)));
    QVERIFY(start(*bob, *alice, testKey(2, 2), testKey(1, 1)));
    QTRY_VERIFY(alice->statistics().received > 0 && bob->statistics().received > 0);
}

QTEST_GUILESS_MAIN(StreamTest)
#include "stream_test.moc"
