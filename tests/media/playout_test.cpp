// SPDX-License-Identifier: Apache-2.0
#include "analysis/correlation.h"
#include "audio/spsc_ring.h"
#include "audio/virtual_endpoints.h"
#include "audio/wav.h"
#include "codec/opus.h"
#include "jitter/jitter_buffer.h"
#include "keys.h"
#include "stream/incoming.h"
#include "stream/outgoing.h"

#include <QTest>

#include <map>
#include <random>
#include <thread>

using namespace media;
using namespace std::chrono_literals;

namespace {

constexpr Time epoch{1000s};

/// How a simulated network treats packets.
struct Network
{
    double loss = 0;
    Duration jitter{0}; ///< each packet is late by 0 to this
    Duration burst{0};  ///< now and then all packets wait this long and come at once
    double duplicates = 0;
    double drift = 0; ///< of the sender's clock, in parts of a million
};

struct Played
{
    int decoded = 0, recovered = 0, concealed = 0, silent = 0;
    int outOfOrder = 0;
    double greatestDelayMs = 0, lastDelayMs = 0, lastTargetMs = 0;
    std::uint64_t late = 0, duplicates = 0, dropped = 0;
};

/// Sends 20 ms packets whose payload is their number through the network into a buffer that is asked every 20 ms.
Played simulate(const Network &network, std::chrono::seconds length, unsigned seed)
{
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> unit;
    std::multimap<Time, std::uint32_t> arrivals;
    const auto count = static_cast<std::uint32_t>(length / 20ms);
    Time heldUntil = epoch;
    for (std::uint32_t number = 0; number < count; ++number) {
        const Duration sentAfter(static_cast<std::int64_t>(number * 20'000.0 * (1 + network.drift / 1e6)));
        const Time sent = epoch + sentAfter;
        if (unit(random) < network.loss)
            continue;
        Time arrival = sent + 5ms +
                       Duration(static_cast<std::int64_t>(unit(random) * static_cast<double>(network.jitter.count())));
        if (network.burst > Duration::zero() && number % 200 == 199)
            heldUntil = sent + network.burst;
        arrival = std::max(arrival, heldUntil);
        arrivals.emplace(arrival, number);
        if (unit(random) < network.duplicates)
            arrivals.emplace(arrival + 1ms, number);
    }

    const auto buffer = std::make_unique<JitterBuffer>();
    Played played;
    std::uint32_t lastDecoded = 0;
    auto next = arrivals.begin();
    for (Time now = epoch; now < epoch + length; now += 20ms) {
        for (; next != arrivals.end() && next->first <= now; ++next) {
            const std::uint32_t number = next->second;
            std::array<std::uint8_t, 4> payload{};
            std::memcpy(payload.data(), &number, 4);
            buffer->insert({static_cast<std::uint16_t>(number + 65000), number * 960 + 0xfffff000u, payload},
                           next->first);
        }
        const PlayoutStep step = buffer->next(now, false);
        std::uint32_t number = 0;
        if (step.kind == PlayoutStep::Kind::Decode) {
            std::memcpy(&number, step.payload.data(), 4);
            played.outOfOrder += number <= lastDecoded && played.decoded > 0;
            lastDecoded = number;
        }
        played.decoded += step.kind == PlayoutStep::Kind::Decode;
        played.recovered += step.kind == PlayoutStep::Kind::Recover;
        played.concealed += step.kind == PlayoutStep::Kind::Conceal;
        played.silent += step.kind == PlayoutStep::Kind::Silence;
        played.greatestDelayMs = std::max(played.greatestDelayMs, buffer->delayMs());
    }
    played.lastDelayMs = buffer->delayMs();
    played.lastTargetMs = buffer->targetMs();
    played.late = buffer->late();
    played.duplicates = buffer->duplicates();
    played.dropped = buffer->dropped();
    return played;
}

JitterBuffer::Outcome insert(JitterBuffer &buffer, std::uint32_t number, Time arrival)
{
    static constexpr std::array<std::uint8_t, 1> payload{1};
    return buffer.insert({static_cast<std::uint16_t>(number), number * 960, payload}, arrival);
}

std::vector<Sample> speech()
{
    auto samples = readWav(LATCHKEY_TEST_DATA "/../resources/speech/alice.wav");
    return samples ? *samples : std::vector<Sample>();
}

} // namespace

class PlayoutTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void steadyNetworkIsPlayedWithLittleDelay();
    void jitterIsAbsorbed();
    void lossIsConcealedOrRecovered();
    void duplicatesAreDropped();
    void burstsAreSurvived();
    void clockDriftIsFollowed();
    void delayShrinksInPauses();
    void latePacketIsNotPlayed();
    void silentPeerMayComeBack();
    void timestampsSetBackBeginAnew();
    void fullBufferGivesUpTheOldest();
    void oversizedPayloadIsRefused();

    void codecRoundTrip();
    void codecRecoversFromFec();
    void codecRefusesGarbage();
    void constantRateTellsNothing();

    void speechArrivesThroughSrtp_data();
    void speechArrivesThroughSrtp();
    void mutedMicrophoneSendsSilence();
    void otherPayloadTypeIsIgnored();
    void reportsCrossAndTellRoundTrip();
    void expiredKeySendsNothing();

    void ringKeepsOrder();
    void ringBetweenThreads();
};

void PlayoutTest::steadyNetworkIsPlayedWithLittleDelay()
{
    const Played played = simulate({}, 20s, 1);
    QVERIFY(played.silent <= 3);
    QCOMPARE(played.concealed, 0);
    QCOMPARE(played.late, 0u);
    QCOMPARE(played.outOfOrder, 0);
    QCOMPARE(played.decoded + played.silent, 1000);
    QVERIFY2(played.greatestDelayMs < 40, qPrintable(QString::number(played.greatestDelayMs)));
}

void PlayoutTest::jitterIsAbsorbed()
{
    const Played played = simulate({.jitter = 60ms}, 60s, 2); // packets overtake each other
    QVERIFY2(played.decoded > 3000 * 0.97, qPrintable(QString::number(played.decoded)));
    QCOMPARE(played.outOfOrder, 0);
    QVERIFY2(played.lastTargetMs > 55 && played.lastTargetMs < 75, qPrintable(QString::number(played.lastTargetMs)));
    QVERIFY(played.lastDelayMs < 120);
}

void PlayoutTest::lossIsConcealedOrRecovered()
{
    const Played played = simulate({.loss = 0.1}, 60s, 3);
    QCOMPARE(played.outOfOrder, 0);
    QCOMPARE(played.late, 0u);
    const int lost = 3000 - played.decoded - played.silent;
    QVERIFY2(lost > 200 && lost < 400, qPrintable(QString::number(lost)));
    QVERIFY(played.recovered > played.concealed); // most losses are single ones, with the next packet there in time
    QVERIFY(played.lastDelayMs < 60);
}

void PlayoutTest::duplicatesAreDropped()
{
    const Played played = simulate({.duplicates = 0.5}, 20s, 4);
    QVERIFY(played.duplicates + played.late > 400);
    QCOMPARE(played.outOfOrder, 0);
    QCOMPARE(played.concealed, 0);
    QVERIFY(played.decoded > 990);
}

void PlayoutTest::burstsAreSurvived()
{
    const Played played = simulate({.burst = 400ms}, 60s, 5);
    QCOMPARE(played.outOfOrder, 0);
    QVERIFY2(played.decoded > 3000 * 0.8, qPrintable(QString::number(played.decoded)));
    QVERIFY(played.greatestDelayMs < 600);
    QVERIFY2(played.lastDelayMs < 400, qPrintable(QString::number(played.lastDelayMs))); // it does not stay long
}

void PlayoutTest::clockDriftIsFollowed()
{
    for (const double drift : {-1000.0, 1000.0}) { // 60 ms a minute
        const Played played = simulate({.drift = drift}, 240s, 6);
        QCOMPARE(played.outOfOrder, 0);
        QVERIFY2(played.decoded > 12000 * 0.99, qPrintable(QString::number(played.decoded)));
        QVERIFY2(played.greatestDelayMs < 125, qPrintable(QString::number(played.greatestDelayMs)));
        QVERIFY(played.lastDelayMs > 0);
    }
}

void PlayoutTest::delayShrinksInPauses()
{
    JitterBuffer buffer;
    // The first packet came 100 ms later than it should, so all seems to be early afterwards.
    insert(buffer, 0, epoch + 100ms);
    for (std::uint32_t number = 1; number <= 6; ++number)
        insert(buffer, number, epoch + 100ms);
    int steps = 0;
    for (std::uint32_t number = 7; number < 30; ++number, ++steps) {
        const Time now = epoch + 20ms * number;
        insert(buffer, number, now);
        buffer.next(now, true);
    }
    QVERIFY(buffer.dropped() >= 3);
    QVERIFY2(buffer.delayMs() <= 45, qPrintable(QString::number(buffer.delayMs())));
}

void PlayoutTest::latePacketIsNotPlayed()
{
    JitterBuffer buffer;
    for (const std::uint32_t number : {0u, 1u, 3u, 4u})
        QCOMPARE(insert(buffer, number, epoch + 20ms * number), JitterBuffer::Outcome::Stored);
    Time now = epoch + 40ms;
    QCOMPARE(buffer.next(now, false).kind, PlayoutStep::Kind::Decode);
    QCOMPARE(buffer.next(now += 20ms, false).kind, PlayoutStep::Kind::Decode);
    // 2 is missing; 3 is not due yet but there
    QVERIFY(buffer.next(now, false).kind != PlayoutStep::Kind::Silence);
    while (buffer.next(now += 20ms, false).kind != PlayoutStep::Kind::Decode)
        QVERIFY(now < epoch + 1s);
    QCOMPARE(insert(buffer, 2, now), JitterBuffer::Outcome::Late);
    QCOMPARE(buffer.late(), 1u);
}

void PlayoutTest::silentPeerMayComeBack()
{
    JitterBuffer buffer;
    insert(buffer, 0, epoch);
    Time now = epoch + 20ms;
    QCOMPARE(buffer.next(now, false).kind, PlayoutStep::Kind::Decode);
    int concealed = 0;
    while (buffer.next(now += 20ms, false).kind == PlayoutStep::Kind::Conceal)
        ++concealed;
    QVERIFY(concealed > 0 && concealed < 20); // then silence instead of more and more made up sound
    now = epoch + 20ms * 500;
    insert(buffer, 500, now);
    QCOMPARE(buffer.next(now, false).kind, PlayoutStep::Kind::Silence);
    QCOMPARE(buffer.next(now + 20ms, false).kind, PlayoutStep::Kind::Decode);
}

void PlayoutTest::timestampsSetBackBeginAnew()
{
    JitterBuffer buffer;
    Time now = epoch;
    for (std::uint32_t number = 1000; number < 1020; ++number, now += 20ms) {
        insert(buffer, number, now);
        buffer.next(now, false);
    }
    int decoded = 0;
    for (std::uint32_t number = 0; number < 100; ++number, now += 20ms) {
        insert(buffer, number, now);
        decoded += buffer.next(now, false).kind == PlayoutStep::Kind::Decode;
    }
    QVERIFY2(decoded > 40, qPrintable(QString::number(decoded)));
}

void PlayoutTest::fullBufferGivesUpTheOldest()
{
    JitterBuffer buffer;
    for (std::uint32_t number = 0; number < 2 * JitterBuffer::capacity; ++number)
        QCOMPARE(insert(buffer, number, epoch), JitterBuffer::Outcome::Stored);
    QCOMPARE(buffer.dropped(), JitterBuffer::capacity);
}

void PlayoutTest::oversizedPayloadIsRefused()
{
    JitterBuffer buffer;
    const std::vector<std::uint8_t> payload(JitterBuffer::largestPayload + 1);
    QCOMPARE(buffer.insert({0, 0, payload}, epoch), JitterBuffer::Outcome::Refused);
    QCOMPARE(buffer.insert({0, 0, std::span(payload).first(1), 0}, epoch), JitterBuffer::Outcome::Refused);
    QCOMPARE(buffer.insert({0, 0, std::span(payload).first(1), 5761}, epoch), JitterBuffer::Outcome::Refused);
}

void PlayoutTest::codecRoundTrip()
{
    auto encoder = VoiceEncoder::create();
    auto decoder = VoiceDecoder::create();
    QVERIFY(encoder && decoder);
    const std::vector<Sample> spoken = speech();
    QVERIFY(!spoken.empty());
    std::vector<Sample> heard;
    std::array<Sample, samplesPerFrame> frame{};
    for (std::size_t at = 0; at + samplesPerFrame <= spoken.size(); at += samplesPerFrame) {
        std::array<std::uint8_t, VoiceEncoder::largestFrame> payload{};
        std::copy_n(spoken.begin() + static_cast<std::ptrdiff_t>(at), samplesPerFrame, frame.begin());
        const std::size_t size = encoder->encode(frame, payload);
        QCOMPARE(VoiceDecoder::duration(std::span(payload).first(size)), samplesPerFrame);
        QCOMPARE(decoder->decode(std::span(payload).first(size), frame), samplesPerFrame);
        heard.insert(heard.end(), frame.begin(), frame.end());
    }
    const Correlation correlation = correlate(spoken, heard);
    QVERIFY2(correlation.peak > 0.9, qPrintable(QString::number(correlation.peak)));
    QVERIFY(correlation.delay >= 5ms && correlation.delay <= 8ms); // Opus looks 6.5 ms ahead
}

void PlayoutTest::codecRecoversFromFec()
{
    auto encoder = VoiceEncoder::create();
    auto decoder = VoiceDecoder::create();
    QVERIFY(encoder && decoder);
    const std::vector<Sample> spoken = speech();
    int with = 0, without = 0;
    std::array<Sample, samplesPerFrame> frame{};
    for (const bool fec : {false, true}) {
        encoder->expectLoss(fec ? 20 : 0);
        for (std::size_t at = 0; at + samplesPerFrame <= spoken.size(); at += samplesPerFrame) {
            std::array<std::uint8_t, VoiceEncoder::largestFrame> payload{};
            std::copy_n(spoken.begin() + static_cast<std::ptrdiff_t>(at), samplesPerFrame, frame.begin());
            const std::size_t size = encoder->encode(frame, payload);
            (fec ? with : without) += VoiceDecoder::carriesPrevious(std::span(payload).first(size));
            QCOMPARE(decoder->decodePrevious(std::span(payload).first(size), frame), samplesPerFrame);
        }
    }
    QCOMPARE(without, 0);
    QVERIFY2(with > 50, qPrintable(QString::number(with))); // of 180 frames, where there is speech
}

void PlayoutTest::codecRefusesGarbage()
{
    auto decoder = VoiceDecoder::create();
    QVERIFY(decoder);
    std::array<Sample, JitterBuffer::largestDuration> samples{};
    QCOMPARE(VoiceDecoder::duration({}), 0u);
    QCOMPARE(decoder->decode({}, samples), 0u);
    const std::array<std::uint8_t, 2> tooManyFrames{0xff, 0x3f}; // code 3 with 63 frames
    QCOMPARE(VoiceDecoder::duration(tooManyFrames), 0u);
    QVERIFY(!VoiceDecoder::carriesPrevious(tooManyFrames));
    QCOMPARE(decoder->conceal(std::span(samples).first(samplesPerFrame)), samplesPerFrame);
    QCOMPARE(decoder->conceal(std::span(samples).first(7)), 0u); // no multiple of 2.5 ms
}

void PlayoutTest::constantRateTellsNothing()
{
    auto encoder = VoiceEncoder::create();
    QVERIFY(encoder);
    const std::vector<Sample> spoken = speech();
    std::array<std::uint8_t, VoiceEncoder::largestFrame> payload{};
    std::array<Sample, samplesPerFrame> frame{};
    for (std::size_t at = 0; at + samplesPerFrame <= spoken.size(); at += samplesPerFrame) {
        std::copy_n(spoken.begin() + static_cast<std::ptrdiff_t>(at), samplesPerFrame, frame.begin());
        QCOMPARE(encoder->encode(frame, payload), 80u);
    }
    frame.fill(0);
    QCOMPARE(encoder->encode(frame, payload), 80u); // muted looks like speech
}

void PlayoutTest::speechArrivesThroughSrtp_data()
{
    QTest::addColumn<int>("lossPercent");
    QTest::addColumn<double>("atLeast");
    QTest::newRow("no loss") << 0 << 0.9;
    QTest::newRow("5 % loss") << 5 << 0.85;
    QTest::newRow("20 % loss") << 20 << 0.6;
}

void PlayoutTest::speechArrivesThroughSrtp()
{
    QFETCH(int, lossPercent);
    QFETCH(double, atLeast);
    auto outgoing = Outgoing::create(sendKeys(testKey(7, 1)), 96, epoch);
    auto incoming = Incoming::create(receiveKeys(testKey(7, 1)), 96);
    QVERIFY(outgoing && incoming);
    const std::vector<Sample> spoken = speech();
    MemoryMicrophone microphone(spoken);
    MemorySpeaker speaker(spoken.size());
    QVERIFY(!microphone.start(epoch) && !speaker.start(epoch));
    outgoing->peerReported(ReportBlock{.fractionLost = static_cast<std::uint8_t>(lossPercent * 256 / 100)}, true,
                           epoch);
    std::mt19937 random(1);
    for (Time now = epoch; speaker.recording().size() < spoken.size(); now += 10ms) {
        for (;;) {
            const auto packet = outgoing->nextPacket(microphone, false, now);
            if (packet.empty())
                break;
            alignas(8) std::array<std::uint8_t, 1500> datagram{};
            std::ranges::copy(packet, datagram.begin());
            if (random() % 100 >= static_cast<unsigned>(lossPercent))
                QVERIFY(incoming->rtp(std::span(datagram).first(packet.size()), now + 3ms));
        }
        incoming->play(speaker, now);
    }
    const Correlation correlation = correlate(spoken, speaker.recording());
    QVERIFY2(correlation.peak >= atLeast, qPrintable(QString::number(correlation.peak)));
    QVERIFY2(correlation.delay <= 60ms, qPrintable(QString::number(correlation.delay.count())));
    StreamStatistics statistics;
    incoming->statistics(statistics);
    QCOMPARE(statistics.lost > 0, lossPercent > 0);
    QCOMPARE(statistics.recovered > 0, lossPercent > 0);
    QVERIFY(statistics.levelOutDb > -96);
}

void PlayoutTest::mutedMicrophoneSendsSilence()
{
    auto outgoing = Outgoing::create(sendKeys(testKey(7, 1)), 96, epoch);
    auto incoming = Incoming::create(receiveKeys(testKey(7, 1)), 96);
    QVERIFY(outgoing && incoming);
    ToneMicrophone microphone;
    MemorySpeaker speaker(sampleRate);
    QVERIFY(!microphone.start(epoch) && !speaker.start(epoch));
    int packets = 0;
    for (Time now = epoch; now < epoch + 400ms; now += 10ms) {
        const auto packet = outgoing->nextPacket(microphone, true, now);
        if (!packet.empty()) {
            alignas(8) std::array<std::uint8_t, 1500> datagram{};
            std::ranges::copy(packet, datagram.begin());
            incoming->rtp(std::span(datagram).first(packet.size()), now);
            ++packets;
        }
        incoming->play(speaker, now);
    }
    QCOMPARE(packets, 19);
    QVERIFY(loudness(speaker.recording()) < -80);
    StreamStatistics statistics;
    outgoing->statistics(statistics);
    QVERIFY(statistics.levelInDb > -25); // the meter still tells that the microphone works
}

void PlayoutTest::otherPayloadTypeIsIgnored()
{
    auto outgoing = Outgoing::create(sendKeys(testKey(7, 1)), 97, epoch);
    auto incoming = Incoming::create(receiveKeys(testKey(7, 1)), 96);
    QVERIFY(outgoing && incoming);
    ToneMicrophone microphone;
    MemorySpeaker speaker(sampleRate);
    QVERIFY(!microphone.start(epoch) && !speaker.start(epoch));
    for (Time now = epoch; now < epoch + 300ms; now += 10ms) {
        const auto packet = outgoing->nextPacket(microphone, false, now);
        alignas(8) std::array<std::uint8_t, 1500> datagram{};
        std::ranges::copy(packet, datagram.begin());
        if (!packet.empty())
            QVERIFY(incoming->rtp(std::span(datagram).first(packet.size()), now));
        incoming->play(speaker, now);
    }
    QCOMPARE(loudness(speaker.recording()), LevelMeter::silence);
}

void PlayoutTest::reportsCrossAndTellRoundTrip()
{
    auto alice = Outgoing::create(sendKeys(testKey(1, 1)), 96, epoch);
    auto bobHears = Incoming::create(receiveKeys(testKey(1, 1)), 96);
    auto bob = Outgoing::create(sendKeys(testKey(2, 2)), 96, epoch);
    auto aliceHears = Incoming::create(receiveKeys(testKey(2, 2)), 96);
    QVERIFY(alice && bobHears && bob && aliceHears);
    SilentMicrophone microphone;
    QVERIFY(!microphone.start(epoch));
    alignas(8) std::array<std::uint8_t, 1500> datagram{};
    const auto carry = [&](std::span<const std::uint8_t> packet) {
        std::ranges::copy(packet, datagram.begin());
        return std::span(datagram).first(packet.size());
    };
    QVERIFY(bobHears->rtp(carry(alice->nextPacket(microphone, false, epoch + 20ms)), epoch + 30ms));
    const auto senderReport =
        bobHears->rtcp(carry(alice->report(std::nullopt, false, epoch + 1s)), 2, epoch + 1s + 40ms);
    QVERIFY(senderReport && senderReport->senderInfo && !senderReport->report);
    QCOMPARE(senderReport->senderInfo->packets, 1u);
    const auto about = bobHears->report(epoch + 3s + 40ms);
    const auto back = aliceHears->rtcp(carry(bob->report(about, true, epoch + 3s + 40ms)), 1, epoch + 3s + 100ms);
    QVERIFY(back && back->report && back->bye && !back->senderInfo);
    alice->peerReported(*back->report, true, epoch + 3s + 100ms);
    StreamStatistics statistics;
    alice->statistics(statistics);
    QVERIFY(statistics.rttMs && qAbs(*statistics.rttMs - 100) < 0.1);
}

void PlayoutTest::expiredKeySendsNothing()
{
    SrtpKey key = testKey(7, 1);
    key.validTo = 4;
    auto outgoing = Outgoing::create(sendKeys(std::move(key)), 96, epoch);
    QVERIFY(outgoing);
    ToneMicrophone microphone;
    QVERIFY(!microphone.start(epoch));
    int packets = 0;
    for (Time now = epoch; now < epoch + 1s; now += 10ms)
        packets += !outgoing->nextPacket(microphone, false, now).empty();
    QCOMPARE(packets, 5);
    QVERIFY(outgoing->keyExpired());
}

void PlayoutTest::ringKeepsOrder()
{
    SpscRing<int, 8> ring;
    std::array<int, 5> in{1, 2, 3, 4, 5};
    std::array<int, 8> out{};
    QCOMPARE(ring.write(in), 5u);
    QCOMPARE(ring.write(in), 3u); // full
    QCOMPARE(ring.size(), 8u);
    QCOMPARE(ring.read(std::span(out).first(6)), 6u);
    QCOMPARE(ring.write(in), 5u); // around the end
    QCOMPARE(ring.read(out), 7u);
    QCOMPARE((std::vector<int>(out.begin(), out.begin() + 7)), (std::vector<int>{2, 3, 1, 2, 3, 4, 5}));
    QCOMPARE(ring.read(out), 0u);
}

void PlayoutTest::ringBetweenThreads()
{
    constexpr int total = 200'000;
    SpscRing<int, 256> ring;
    std::thread writer([&] {
        std::array<int, 100> chunk{};
        for (int next = 0; next < total;) {
            const int count = std::min(total - next, 1 + next % 100);
            for (int i = 0; i < count; ++i)
                chunk[static_cast<std::size_t>(i)] = next + i;
            next += static_cast<int>(ring.write(std::span(chunk).first(static_cast<std::size_t>(count))));
        }
    });
    int expected = 0, wrong = 0;
    std::array<int, 77> chunk{};
    while (expected < total) {
        const std::size_t count = ring.read(chunk);
        for (std::size_t i = 0; i < count; ++i)
            wrong += chunk[i] != expected++;
    }
    writer.join();
    QCOMPARE(wrong, 0);
}

QTEST_APPLESS_MAIN(PlayoutTest)
#include "playout_test.moc"
