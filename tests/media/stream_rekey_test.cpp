// SPDX-License-Identifier: Apache-2.0
// Keys that are renewed while a stream runs.
#include "streams.h"

#include <QTest>

#include <atomic>

using namespace media;

namespace {

/// Has a frame each time that the media thread looks, twice as often as a real one.
struct QuickMicrophone final : Microphone
{
    std::optional<Error> start(Time) override { return std::nullopt; }
    void stop() override {}
    std::size_t read(std::span<Sample> into, Time) override
    {
        full = !full;
        std::ranges::fill(into, Sample{100});
        return full ? into.size() : 0;
    }
    bool full = false;
};

constexpr std::uint32_t aliceSsrc = 1, bobSsrc = 2;

/// The `number`th agreement's key for what that SSRC sends. The MKIs repeat after a while.
SrtpKey agreed(std::uint32_t ssrc, int number, bool gcmWithMki)
{
    const auto fill = static_cast<std::uint8_t>(2 * number + static_cast<int>(ssrc));
    if (!gcmWithMki)
        return testKey(ssrc, fill);
    SrtpKey key = testKey(ssrc, fill, {EncrAlg::AesGcm, 16, AuthAlg::Null, 0, 12});
    key.mki = {static_cast<std::uint8_t>(number % 50)};
    return key;
}

StreamConfig quick(std::uint16_t remotePort, SrtpKey sendKey, SrtpKey receiveKey)
{
    StreamConfig configuration = config(remotePort, std::move(sendKey), std::move(receiveKey));
    configuration.audio.microphone = std::make_shared<QuickMicrophone>();
    return configuration;
}

/// Alice and Bob, whose events are counted.
struct Pair
{
    std::unique_ptr<Stream> alice = bindStream(), bob = bindStream();
    std::atomic<int> due{0}, expired{0};

    bool start(StreamConfig alices, StreamConfig bobs)
    {
        alices.onEvent = [this](StreamEvent event) {
            due += event == StreamEvent::RekeyDue;
            expired += event == StreamEvent::SendKeyExpired;
        };
        // Bob sends, so he has thrown away what came before his keys and hears all that Alice says.
        return !bob->start(std::move(bobs)) && QTest::qWaitFor([this] { return bob->statistics().sent > 0; }) &&
               !alice->start(std::move(alices));
    }
};

bool inForce(const std::vector<KeyGeneration> &generations, unsigned number)
{
    return std::ranges::any_of(generations, [number](const KeyGeneration &generation) {
        return generation.number == number && generation.state == KeyState::InForce;
    });
}

bool isRefused(const std::optional<Error> &error)
{
    return error && error->sentence.ends_with('.');
}

} // namespace

class StreamRekeyTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void hundredRekeysLoseNothing_data();
    void hundredRekeysLoseNothing();
    void rekeyIsDueBeforeTheKeyEnds();
    void anotherSsrc();
    void uselessKeysAreRefused();
    void keysAreGoneAfterStop();
};

void StreamRekeyTest::hundredRekeysLoseNothing_data()
{
    QTest::addColumn<bool>("gcmWithMki");
    QTest::newRow("AES-CM without MKI") << false;
    QTest::newRow("AES-GCM with MKI") << true;
}

void StreamRekeyTest::hundredRekeysLoseNothing()
{
    QFETCH(bool, gcmWithMki);
    const auto key = [gcmWithMki](std::uint32_t ssrc, int number) { return agreed(ssrc, number, gcmWithMki); };
    Pair pair;
    Stream &alice = *pair.alice, &bob = *pair.bob;
    QVERIFY(pair.start(quick(bob.rtpPort(), key(aliceSsrc, 0), key(bobSsrc, 0)),
                       quick(alice.rtpPort(), key(bobSsrc, 0), key(aliceSsrc, 0))));
    for (unsigned number = 1; number <= 100; ++number) {
        const auto fresh = [&](std::uint32_t ssrc) { return keyList(key(ssrc, static_cast<int>(number))); };
        // As the offer and the answer have it: who is told the keys accepts them, then the other one sends with them.
        QVERIFY(!bob.renewReceiveKeys(fresh(aliceSsrc), WeakPolicy::Refuse));
        QVERIFY(!alice.renewReceiveKeys(fresh(bobSsrc), WeakPolicy::Refuse));
        auto alices = fresh(aliceSsrc);
        alices[0].ssrc = 0; // stays
        QVERIFY(!alice.renewSendKeys(std::move(alices), WeakPolicy::Refuse));
        QVERIFY(!bob.renewSendKeys(fresh(bobSsrc), WeakPolicy::Refuse));
        QVERIFY(QTest::qWaitFor([&] {
            return inForce(bob.statistics().receiveKeys, number) && inForce(alice.statistics().receiveKeys, number);
        }));
    }
    alice.stop();
    QTRY_COMPARE(bob.statistics().received, alice.statistics().sent);
    bob.stop();
    const StreamStatistics alices = alice.statistics(), bobs = bob.statistics();
    for (const StreamStatistics &side : {alices, bobs}) {
        QVERIFY(side.received > 100);
        QCOMPARE(side.lost, 0u);
        QCOMPARE(side.authFailures, 0u);
        QCOMPARE(side.replayed, 0u);
        QCOMPARE(side.malformed, 0u);
        QCOMPARE(side.expired, 0u);
    }
}

/// K3830-111, K3830-122 and K3830-123.
void StreamRekeyTest::rekeyIsDueBeforeTheKeyEnds()
{
    Pair pair;
    Stream &alice = *pair.alice, &bob = *pair.bob;
    StreamConfig alices = quick(bob.rtpPort(), testKey(aliceSsrc, 1), testKey(bobSsrc, 2));
    alices.keyLimits.rekeyAfterPackets = 5;
    alices.keyLimits.packets = 10;
    QVERIFY(pair.start(std::move(alices), quick(alice.rtpPort(), testKey(bobSsrc, 2), testKey(aliceSsrc, 1))));
    QTRY_VERIFY(alice.statistics().sendKeyExpired);
    QTRY_COMPARE(bob.statistics().received, 10u);
    QCOMPARE(pair.due, 1);
    QCOMPARE(pair.expired, 1);
    const std::uint64_t index = alice.statistics().sendIndex;

    QVERIFY(!bob.renewReceiveKeys(keyList(testKey(aliceSsrc, 3)), WeakPolicy::Refuse));
    QVERIFY(!alice.renewSendKeys(keyList(testKey(aliceSsrc, 3)), WeakPolicy::Refuse));
    QTRY_COMPARE(bob.statistics().received, 20u); // totals go on
    QTRY_COMPARE(pair.expired, 2);
    QCOMPARE(pair.due, 2);
    QCOMPARE(bob.statistics().lost, 0u);
    QCOMPARE(alice.statistics().sent, 20u);
    QCOMPARE(alice.statistics().sendIndex, index + 10);
    const auto generations = alice.statistics().sendKeys;
    QCOMPARE(generations.size(), 1u);
    QCOMPARE(generations[0].number, 1u);
    QCOMPARE(generations[0].use.packets, 10u);
    QCOMPARE(generations[0].packetsLeft, 0u);
}

void StreamRekeyTest::anotherSsrc()
{
    Pair pair;
    Stream &alice = *pair.alice, &bob = *pair.bob;
    QVERIFY(pair.start(quick(bob.rtpPort(), testKey(aliceSsrc, 1), testKey(bobSsrc, 2)),
                       quick(alice.rtpPort(), testKey(bobSsrc, 2), testKey(aliceSsrc, 1))));
    QTRY_VERIFY(bob.statistics().received >= 5);
    QVERIFY(!bob.renewReceiveKeys(keyList(testKey(99, 3)), WeakPolicy::Refuse));
    QVERIFY(!alice.renewSendKeys(keyList(testKey(99, 3)), WeakPolicy::Refuse));
    QTRY_COMPARE(bob.statistics().receiveSsrc, 99u);
    QTRY_VERIFY(inForce(bob.statistics().receiveKeys, 1) && bob.statistics().receiveKeys[0].use.packets >= 5);
    alice.stop();
    QTRY_COMPARE(bob.statistics().received, alice.statistics().sent);
    QCOMPARE(alice.statistics().sendSsrc, 99u);
    QCOMPARE(bob.statistics().lost, 0u);
    QCOMPARE(bob.statistics().authFailures, 0u);
}

void StreamRekeyTest::uselessKeysAreRefused()
{
    Pair pair;
    Stream &alice = *pair.alice, &bob = *pair.bob;
    QVERIFY(isRefused(alice.renewReceiveKeys(keyList(testKey(bobSsrc, 3)), WeakPolicy::Refuse))); // not started
    SrtpKey first = testKey(aliceSsrc, 1);
    first.validFrom = 1000;
    QVERIFY(pair.start(quick(bob.rtpPort(), std::move(first), testKey(bobSsrc, 2)),
                       quick(alice.rtpPort(), testKey(bobSsrc, 2), testKey(aliceSsrc, 1))));
    const auto refused = [&](auto makeKey) {
        return isRefused(alice.renewReceiveKeys(keyList(makeKey()), WeakPolicy::Refuse)) &&
               isRefused(alice.renewSendKeys(keyList(makeKey()), WeakPolicy::Refuse));
    };
    QVERIFY(refused([] { return testKey(aliceSsrc, 3, {EncrAlg::Null}); }));
    QVERIFY(refused([] {
        SrtpKey key = testKey(aliceSsrc, 3);
        key.masterSalt.wipe();
        return key;
    }));
    QVERIFY(isRefused(alice.renewReceiveKeys({}, WeakPolicy::Refuse)));
    QVERIFY(isRefused(alice.renewSendKeys({}, WeakPolicy::Refuse)));
    SrtpKey over = testKey(aliceSsrc, 3);
    over.validTo = 999;
    QVERIFY(isRefused(alice.renewSendKeys(keyList(std::move(over)), WeakPolicy::Refuse)));
    QVERIFY(!alice.renewSendKeys(keyList(testKey(aliceSsrc, 3, {EncrAlg::Null})), WeakPolicy::Allow));
    alice.stop();
    QVERIFY(isRefused(alice.renewReceiveKeys(keyList(testKey(bobSsrc, 3)), WeakPolicy::Refuse)));
}

void StreamRekeyTest::keysAreGoneAfterStop()
{
    Pair pair;
    QVERIFY(pair.start(quick(pair.bob->rtpPort(), testKey(aliceSsrc, 1), testKey(bobSsrc, 2)),
                       quick(pair.alice->rtpPort(), testKey(bobSsrc, 2), testKey(aliceSsrc, 1))));
    QTRY_VERIFY(pair.alice->statistics().received > 0);
    QCOMPARE(pair.alice->statistics().sendKeys.size(), 1u);
    QCOMPARE(pair.alice->statistics().receiveKeys.size(), 1u);
    pair.alice->stop();
    QVERIFY(pair.alice->statistics().sendKeys.empty());
    QVERIFY(pair.alice->statistics().receiveKeys.empty());
    QVERIFY(pair.alice->statistics().received > 0); // the figures stay
}

QTEST_GUILESS_MAIN(StreamRekeyTest)
#include "stream_rekey_test.moc"
