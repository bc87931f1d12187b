// SPDX-License-Identifier: Apache-2.0
// The life of SRTP keys: how a stream goes from the keys of one agreement to those of the next.
#include "keys.h"
#include "packets.h"

#include <QTest>

#include <numeric>

using namespace media;
using namespace std::chrono_literals;

namespace {

using Bytes = std::vector<std::uint8_t>;

const Time epoch{1h};

/// What the keys of the first and the second agreement look like.
struct Flavour
{
    SrtpPolicy policy;
    Bytes firstMki, secondMki;
};

/// The `number`th agreement's key for SSRC 7.
SrtpKey agreed(const Flavour &flavour, std::uint8_t number, std::uint32_t ssrc = 7)
{
    SrtpKey key = testKey(ssrc, number, flavour.policy);
    key.mki = number == 1 ? flavour.firstMki : flavour.secondMki;
    return key;
}

SrtpKey within(SrtpKey key, std::optional<std::uint64_t> from, std::optional<std::uint64_t> to)
{
    key.validFrom = from;
    key.validTo = to;
    return key;
}

SrtpKey withMki(SrtpKey key, Bytes mki)
{
    key.mki = std::move(mki);
    return key;
}

SrtpKey withRoc(SrtpKey key, std::uint32_t roc)
{
    key.roc = roc;
    return key;
}

/// Both ends of a stream in one direction.
struct Ends
{
    SrtpSendKeys sending;
    SrtpReceiveKeys receiving;
    Time now = epoch;

    /// The first key begins at `start`, so that a test knows the index.
    Ends(const Flavour &flavour, std::uint64_t start)
        : sending(sendKeys(within(agreed(flavour, 1), start, {}))),
          receiving(receiveKeys(withRoc(agreed(flavour, 1), static_cast<std::uint32_t>(start >> 16))))
    {
    }

    UnprotectOutcome receive(Packet packet)
    {
        const auto sequence = static_cast<std::uint16_t>(packet.buffer[2] << 8 | packet.buffer[3]);
        std::size_t size = 0;
        const UnprotectOutcome outcome = receiving.unprotectRtp(packet.octets(), size, now);
        const Packet plain = plainRtp(sequence, receiving.ssrc());
        if (outcome == UnprotectOutcome::Ok &&
            !std::ranges::equal(packet.octets().first(size), std::span(plain.buffer).first(plain.size)))
            throw std::runtime_error("authentic, but not what was sent");
        return outcome;
    }

    UnprotectOutcome receiveReport(Packet report)
    {
        std::size_t size = 0;
        return receiving.unprotectRtcp(report.octets(), size, now);
    }

    std::vector<Packet> send(int count)
    {
        std::vector<Packet> packets;
        for (int i = 0; i < count; ++i)
            packets.push_back(nextPacket(sending));
        return packets;
    }

    void acceptSecond(const Flavour &flavour) { receiving.renew(opened<SrtpReceiver>(agreed(flavour, 2)), now); }
    void sendSecond(const Flavour &flavour) { sending.renew(opened<SrtpSender>(agreed(flavour, 2)), now); }
};

Packet altered(Packet packet, std::size_t at)
{
    packet.buffer[at] ^= 1;
    return packet;
}

std::vector<unsigned> numbers(const std::vector<KeyGeneration> &generations)
{
    std::vector<unsigned> numbers;
    for (const KeyGeneration &generation : generations)
        numbers.push_back(generation.number);
    return numbers;
}

SrtpPolicy gcm(std::uint32_t keyLength)
{
    return {EncrAlg::AesGcm, keyLength, AuthAlg::Null, 0, 12};
}

void addFlavours()
{
    QTest::addColumn<Flavour>("flavour");
    SrtpPolicy shortTag;
    shortTag.authTagLength = 4;
    QTest::newRow("AES-CM without MKI") << Flavour{{}, {}, {}};
    QTest::newRow("AES-CM with MKI") << Flavour{{}, {1, 2}, {1, 3}};
    QTest::newRow("AES-CM, the same MKI") << Flavour{{}, {1, 2}, {1, 2}};
    QTest::newRow("AES-CM, MKIs of different length") << Flavour{{}, {1, 2, 3, 4}, {9}};
    QTest::newRow("AES-CM, first without MKI") << Flavour{{}, {}, {1, 2, 3, 4}};
    QTest::newRow("AES-CM, second without MKI") << Flavour{{}, {1, 2, 3, 4}, {}};
    QTest::newRow("AES-CM, tag of 32 bits, with MKI") << Flavour{shortTag, {1}, {2}};
    QTest::newRow("AES-GCM-128 without MKI") << Flavour{gcm(16), {}, {}};
    QTest::newRow("AES-GCM-256 with MKI") << Flavour{gcm(32), {1, 2}, {1, 3}};
    QTest::newRow("AES-GCM-128, the same MKI") << Flavour{gcm(16), {1, 2}, {1, 2}};
    QTest::newRow("AES-GCM-128, MKIs of different length") << Flavour{gcm(16), {1, 2, 3, 4}, {9}};
}

} // namespace

Q_DECLARE_METATYPE(Flavour)

class KeysTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void switchLosesNothing_data() { addFlavours(); }
    void switchLosesNothing();
    void replayIsRefusedAcrossRekey_data() { addFlavours(); }
    void replayIsRefusedAcrossRekey();
    void sequenceWrapsAroundRekey_data() { addFlavours(); }
    void sequenceWrapsAroundRekey();
    void firstPacketsOfNewKeysMayBeLost_data() { addFlavours(); }
    void firstPacketsOfNewKeysMayBeLost();
    void forgeriesChangeNothing_data() { addFlavours(); }
    void forgeriesChangeNothing();
    void oldKeysEndAfterTheGrace();
    void oldKeysStayWhileNewOnesGetNothing();
    void generationsAreBounded();
    void listsAreChecked();
    void allKeysOfAnAgreementAreAccepted();
    void intervalsDecideWhichKeyIsUsed();
    void newKeysWaitForTheirInterval();
    void unknownSsrcCarriesOver();
    void anotherSsrcBeginsAnotherStream();
    void lateJoiner();
    void agreedRocHelpsAfterLongLoss();
    void limitsOfPackets();
    void limitsOfReports();
    void endOfValidityIsNear();
    void generationsTellWhatTheyDo();
};

void KeysTest::switchLosesNothing()
{
    QFETCH(Flavour, flavour);
    Ends ends(flavour, 100);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiveReport(nextReport(ends.sending)), UnprotectOutcome::Ok);
    ends.acceptSecond(flavour);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiveReport(nextReport(ends.sending)), UnprotectOutcome::Ok);
    const Packet late = nextPacket(ends.sending), lateReport = nextReport(ends.sending);
    QCOMPARE(ends.sending.nextIndex(), 103u);
    ends.sendSecond(flavour);
    QCOMPARE(ends.sending.nextIndex(), 103u);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiveReport(nextReport(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receive(late), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiveReport(lateReport), UnprotectOutcome::Ok);
    QCOMPARE(ends.sending.nextIndex(), 104u);
}

void KeysTest::replayIsRefusedAcrossRekey()
{
    QFETCH(Flavour, flavour);
    Ends ends(flavour, 100);
    std::vector<Packet> packets = ends.send(5);
    const Packet report = nextReport(ends.sending);
    for (const Packet &packet : packets)
        QCOMPARE(ends.receive(packet), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiveReport(report), UnprotectOutcome::Ok);
    ends.acceptSecond(flavour);
    ends.sendSecond(flavour);
    const auto replayed = [&] {
        return std::ranges::all_of(
                   packets, [&](const Packet &packet) { return ends.receive(packet) == UnprotectOutcome::Replayed; }) &&
               ends.receiveReport(report) == UnprotectOutcome::Replayed;
    };
    QVERIFY(replayed());
    for (const Packet &packet : ends.send(3)) {
        QCOMPARE(ends.receive(packet), UnprotectOutcome::Ok);
        packets.push_back(packet);
        QVERIFY(replayed());
    }
    ends.now += 5s; // the old keys are gone, and what was theirs is nobody's
    QVERIFY(ends.receive(packets.front()) != UnprotectOutcome::Ok);
    QCOMPARE(ends.receive(packets.back()), UnprotectOutcome::Replayed);
}

/// The rekey comes before, at and after the wrap, and packets come in order or not.
void KeysTest::sequenceWrapsAroundRekey()
{
    QFETCH(Flavour, flavour);
    const std::uint64_t start = 0x2fff8;
    for (const int before : {1, 4, 7, 8, 9, 12, 15}) {
        for (const std::size_t block : {1, 2, 4, 8}) {
            Ends ends(flavour, start);
            std::vector<Packet> packets = ends.send(before);
            ends.acceptSecond(flavour);
            ends.sendSecond(flavour);
            for (const Packet &packet : ends.send(16 - before))
                packets.push_back(packet);
            for (std::size_t at = 0; at < packets.size(); at += block)
                std::reverse(packets.begin() + static_cast<std::ptrdiff_t>(at),
                             packets.begin() + static_cast<std::ptrdiff_t>(at + block));
            for (const Packet &packet : packets)
                QCOMPARE(ends.receive(packet), UnprotectOutcome::Ok);
            for (const Packet &packet : packets)
                QCOMPARE(ends.receive(packet), UnprotectOutcome::Replayed);
            QCOMPARE(ends.sending.nextIndex(), start + 16);
            QCOMPARE(ends.receiving.roc(), 3u);
        }
    }
}

void KeysTest::firstPacketsOfNewKeysMayBeLost()
{
    QFETCH(Flavour, flavour);
    for (const std::uint64_t start : {0x2fff0u, 0x20u}) { // some over the wrap of SEQ
        Ends ends(flavour, start);
        for (const Packet &packet : ends.send(8))
            QCOMPARE(ends.receive(packet), UnprotectOutcome::Ok);
        ends.acceptSecond(flavour);
        ends.sendSecond(flavour);
        ends.send(300);
        for (const Packet &packet : ends.send(3))
            QCOMPARE(ends.receive(packet), UnprotectOutcome::Ok);
        QCOMPARE(ends.receiving.roc(), static_cast<std::uint32_t>(ends.sending.nextIndex() >> 16));
    }
}

void KeysTest::forgeriesChangeNothing()
{
    QFETCH(Flavour, flavour);
    Ends ends(flavour, 100);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    ends.acceptSecond(flavour);
    const Packet old = nextPacket(ends.sending);
    ends.sendSecond(flavour);
    const Packet first = nextPacket(ends.sending), report = nextReport(ends.sending);
    const auto forge = [&] {
        for (const Packet &packet : {old, first}) {
            for (std::size_t i = 0; i < packet.size; ++i)
                QVERIFY(ends.receive(altered(packet, i)) != UnprotectOutcome::Ok);
        }
        for (std::size_t i = 0; i < report.size; ++i)
            QVERIFY(ends.receiveReport(altered(report, i)) != UnprotectOutcome::Ok);
    };
    forge();
    const auto states = [&] {
        std::vector<KeyState> all;
        for (const KeyGeneration &generation : ends.receiving.generations())
            all.push_back(generation.state);
        return all;
    };
    QCOMPARE(states(), (std::vector{KeyState::Waiting, KeyState::InForce}));
    QCOMPARE(ends.receive(first), UnprotectOutcome::Ok);
    QCOMPARE(states(), (std::vector{KeyState::InForce, KeyState::Ending}));
    forge();
    QCOMPARE(ends.receive(old), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiveReport(report), UnprotectOutcome::Ok);
    QCOMPARE(states(), (std::vector{KeyState::InForce, KeyState::Ending}));
}

void KeysTest::oldKeysEndAfterTheGrace()
{
    const Flavour flavour;
    Ends ends(flavour, 100);
    std::vector<Packet> old = ends.send(3);
    QCOMPARE(ends.receive(old[0]), UnprotectOutcome::Ok);
    ends.acceptSecond(flavour);
    ends.sendSecond(flavour);
    ends.now += 1h; // counts from the first packet of the new key, not from its agreement
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    const Time end = ends.now + 5s;
    QCOMPARE(ends.receiving.generations().back().endsAt, end);
    ends.now += 4999ms;
    QCOMPARE(ends.receive(old[1]), UnprotectOutcome::Ok);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok); // does not prolong it
    ends.receiving.wipeEnded(end - 1us);
    QCOMPARE(numbers(ends.receiving.generations()), (std::vector{1u, 0u}));
    ends.receiving.wipeEnded(end);
    QCOMPARE(numbers(ends.receiving.generations()), (std::vector{1u}));
    QCOMPARE(ends.receive(old[2]), UnprotectOutcome::AuthFailure);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
}

void KeysTest::oldKeysStayWhileNewOnesGetNothing()
{
    const Flavour flavour;
    Ends ends(flavour, 100);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    ends.acceptSecond(flavour);
    ends.now += 1h;
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiving.generations().size(), 2u);
}

void KeysTest::generationsAreBounded()
{
    Ends ends({}, 100);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    for (std::uint8_t fill = 2; fill < 20; ++fill) {
        ends.receiving.renew(opened<SrtpReceiver>(testKey(7, fill)), ends.now);
        ends.sending.renew(opened<SrtpSender>(within(testKey(7, fill), 50'000, {})), ends.now);
    }
    QCOMPARE(numbers(ends.receiving.generations()), (std::vector{18u, 17u, 16u, 0u}));
    QCOMPARE(numbers(ends.sending.generations()), (std::vector{0u, 18u, 17u, 16u}));
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok); // the key in force stayed
    ends.sending.renew(opened<SrtpSender>(testKey(7, 19)), ends.now);
    QCOMPARE(numbers(ends.sending.generations()), (std::vector{19u})); // older ones never get their turn
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    ends.receiving.wipeEnded(ends.now + 5s);
    QCOMPARE(numbers(ends.receiving.generations()), (std::vector{18u}));
}

void KeysTest::listsAreChecked()
{
    const auto refused = [](std::vector<SrtpKey> keys) {
        auto senders = openKeys<SrtpSender>(std::move(keys), WeakPolicy::Refuse);
        return !senders && senders.error().sentence.ends_with('.');
    };
    QVERIFY(refused({}));
    QVERIFY(refused(keyList(testKey(7, 1), testKey(8, 2))));
    QVERIFY(refused(keyList(testKey(7, 1), testKey(7, 2, {EncrAlg::Null}))));
    std::vector<SrtpKey> many;
    for (std::uint8_t fill = 0; fill < 9; ++fill)
        many.push_back(testKey(7, fill));
    QVERIFY(refused(std::move(many)));
    QVERIFY(!openKeys<SrtpReceiver>({}, WeakPolicy::Refuse));
}

void KeysTest::allKeysOfAnAgreementAreAccepted()
{
    for (const SrtpPolicy &policy : {SrtpPolicy(), gcm(16)}) {
        const auto key = [&](std::uint8_t number) { return withMki(testKey(7, number, policy), {0, number}); };
        SrtpReceiveKeys receiving = receiveKeys(key(1), key(2), key(3));
        std::uint64_t index = 100;
        for (const std::uint8_t number : {2, 1, 3, 3, 1, 2}) { // the peer may use any of them, at any time
            SrtpSendKeys sending = sendKeys(within(key(number), index++, {}));
            Packet packet = nextPacket(sending);
            std::size_t size = 0;
            QCOMPARE(receiving.unprotectRtp(packet.octets(), size, epoch), UnprotectOutcome::Ok);
            receiving.wipeEnded(epoch + 1h);
        }
        SrtpSendKeys sending = sendKeys(key(3), key(1), key(2));
        nextPacket(sending);
        QCOMPARE(sending.generations().front().mki, Bytes({0, 3})); // the first is used
        QCOMPARE(sending.generations().front().use.packets, 1u);
    }
}

/// RFC 3711 section 8.1.1: the index tells the key, also where there is an MKI besides.
void KeysTest::intervalsDecideWhichKeyIsUsed()
{
    for (const bool mki : {false, true}) {
        const auto keys = [&](auto open) {
            const auto id = [&](std::uint8_t number) { return mki ? Bytes{number} : Bytes(); };
            return open(within(withMki(testKey(7, 2), id(2)), 110, 119),
                        within(withMki(testKey(7, 1), id(1)), 100, 109),
                        within(withMki(testKey(7, 3), id(3)), 120, 129));
        };
        SrtpSendKeys sending = keys([](auto... key) { return sendKeys(std::move(key)...); });
        SrtpReceiveKeys receiving = keys([](auto... key) { return receiveKeys(std::move(key)...); });
        for (std::uint64_t index = 100; index < 130; ++index) {
            QCOMPARE(sending.nextIndex(), index);
            QVERIFY(!sending.expired());
            Packet packet = nextPacket(sending), report = nextReport(sending);
            std::size_t size = 0;
            QCOMPARE(receiving.unprotectRtp(packet.octets(), size, epoch), UnprotectOutcome::Ok);
            QCOMPARE(receiving.unprotectRtcp(report.octets(), size, epoch), UnprotectOutcome::Ok);
        }
        QVERIFY(sending.expired());
        QCOMPARE(nextPacket(sending).size, 0u);
        QVERIFY(nextReport(sending).size > 0); // RTCP still belongs to the last index
        QCOMPARE(sending.generations().size(), 1u);
        receiving.wipeEnded(epoch + 5s);
        QCOMPARE(receiving.generations().size(), 1u); // the stream has left the other intervals behind
    }
}

void KeysTest::newKeysWaitForTheirInterval()
{
    Ends ends({}, 100);
    ends.receiving.renew(opened<SrtpReceiver>(within(testKey(7, 2), 105, {})), ends.now);
    ends.sending.renew(opened<SrtpSender>(within(testKey(7, 2), 105, {})), ends.now);
    for (std::uint64_t index = 100; index < 110; ++index) {
        QCOMPARE(ends.sending.generations().front().number, index < 105 ? 0u : 1u);
        QCOMPARE(ends.sending.nextIndex(), index);
        QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    }
    QCOMPARE(ends.sending.generations().front().use.packets, 5u);
}

void KeysTest::unknownSsrcCarriesOver()
{
    const Flavour flavour;
    SrtpReceiveKeys receiving = receiveKeys(withRoc(testKey(0, 1), 2));
    SrtpSendKeys peer = sendKeys(within(testKey(7, 1), 0x20010, {}));
    const auto receive = [&](Packet packet) {
        std::size_t size = 0;
        return receiving.unprotectRtp(packet.octets(), size, epoch);
    };
    receiving.renew(opened<SrtpReceiver>(testKey(0, 2)), epoch); // before anything came
    QCOMPARE(receive(nextPacket(peer)), UnprotectOutcome::Ok);
    QCOMPARE(receiving.ssrc(), 7u);
    receiving.renew(opened<SrtpReceiver>(testKey(0, 3)), epoch);
    for (const std::uint8_t fill : {1, 2, 3}) {
        SrtpSendKeys stranger = sendKeys(within(testKey(9, fill), 0x20020, {}));
        QCOMPARE(receive(nextPacket(stranger)), UnprotectOutcome::AuthFailure);
    }
    peer.renew(opened<SrtpSender>(testKey(7, 2)), epoch);
    QCOMPARE(receive(nextPacket(peer)), UnprotectOutcome::Ok);
    peer.renew(opened<SrtpSender>(testKey(7, 3)), epoch);
    QCOMPARE(receive(nextPacket(peer)), UnprotectOutcome::Ok);
    QCOMPARE(receiving.ssrc(), 7u);
    QCOMPARE(receiving.roc(), 2u);
}

void KeysTest::anotherSsrcBeginsAnotherStream()
{
    Ends ends({}, 0x50000);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    const Packet late = nextPacket(ends.sending), last = nextPacket(ends.sending);
    ends.receiving.renew(opened<SrtpReceiver>(testKey(8, 2)), ends.now);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    ends.sending.renew(opened<SrtpSender>(testKey(8, 2)), ends.now);
    QCOMPARE(ends.sending.ssrc(), 8u);
    QVERIFY(ends.sending.nextIndex() < 0x8000); // its own ROC and SEQ
    QCOMPARE(ends.receiveReport(nextReport(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiving.ssrc(), 7u);
    QCOMPARE(ends.receive(last), UnprotectOutcome::Ok); // its report was quicker
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiving.ssrc(), 8u);
    QCOMPARE(ends.receiving.roc(), 0u);
    QCOMPARE(ends.receive(late), UnprotectOutcome::AuthFailure);
    QCOMPARE(ends.receiving.generations().size(), 1u);
}

void KeysTest::lateJoiner()
{
    for (const SrtpPolicy &policy : {SrtpPolicy(), gcm(16)}) {
        Ends ends({policy, {}, {}}, 0x5abcd);
        ends.send(100);
        // Who joins is told the ROC; its keys are changed before and after its first packet.
        SrtpReceiveKeys joiner = receiveKeys(withRoc(testKey(0, 1, policy), 5));
        QCOMPARE(joiner.roc(), 5u);
        joiner.renew(opened<SrtpReceiver>(withRoc(testKey(0, 2, policy), 5)), epoch);
        const auto hears = [&] {
            Packet packet = nextPacket(ends.sending);
            std::size_t size = 0;
            return joiner.unprotectRtp(packet.octets(), size, epoch) == UnprotectOutcome::Ok;
        };
        QVERIFY(hears());
        ends.sending.renew(opened<SrtpSender>(testKey(7, 2, policy)), epoch);
        QVERIFY(hears());
        // The ROC that goes with the next agreement may be behind what is known already.
        joiner.renew(opened<SrtpReceiver>(testKey(0, 3, policy)), epoch);
        ends.sending.renew(opened<SrtpSender>(testKey(7, 3, policy)), epoch);
        QVERIFY(hears());
        QCOMPARE(joiner.roc(), 5u);
    }
}

void KeysTest::agreedRocHelpsAfterLongLoss()
{
    const Flavour flavour;
    Ends ends(flavour, 0x2fff0);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    ends.sending.renew(opened<SrtpSender>(testKey(7, 2)), ends.now);
    ends.send(0x1a000); // twenty minutes: ROC 3 has passed, and ROC 4 is on its way
    ends.receiving.renew(opened<SrtpReceiver>(withRoc(testKey(7, 3), 4)), ends.now);
    ends.sending.renew(opened<SrtpSender>(testKey(7, 3)), ends.now);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiving.roc(), 4u);
}

/// K3830-111, K3830-122 and K3830-123: new keys are asked for before the limit, and at the limit nothing leaves.
void KeysTest::limitsOfPackets()
{
    QCOMPARE(KeyLimits().packets, std::uint64_t{1} << 48); // RFC 3711 section 9.2
    QCOMPARE(KeyLimits().reports, std::uint64_t{1} << 31);
    KeyLimits limits;
    limits.packets = 8;
    limits.rekeyAfterPackets = 5;
    SrtpSendKeys sending(opened<SrtpSender>(within(testKey(7, 1), 100, {})), limits, epoch);
    for (int agreement = 0; agreement < 3; ++agreement) {
        for (unsigned packet = 0; packet < 8; ++packet) {
            QCOMPARE(sending.generations().front().packetsLeft, 8u - packet);
            QCOMPARE(sending.generations().front().packetsUntilRekey, packet < 5 ? 5u - packet : 0u);
            QCOMPARE(sending.takeRekeyDue(), packet == 5); // once
            QVERIFY(!sending.expired());
            QVERIFY(nextPacket(sending).size > 0);
        }
        QVERIFY(sending.expired());
        QCOMPARE(nextPacket(sending).size, 0u);
        QCOMPARE(nextReport(sending).size, 0u); // the limit that is reached first ends both
        sending.renew(opened<SrtpSender>(testKey(7, static_cast<std::uint8_t>(agreement + 2))), epoch);
        QCOMPARE(sending.nextIndex(), 108u + 8u * static_cast<unsigned>(agreement));
    }
}

void KeysTest::limitsOfReports()
{
    KeyLimits limits;
    limits.reports = 4;
    limits.rekeyAfterReports = 2;
    SrtpSendKeys sending(opened<SrtpSender>(testKey(7, 1)), limits, epoch);
    for (int report = 0; report < 4; ++report) {
        QCOMPARE(sending.takeRekeyDue(), report == 2);
        QVERIFY(nextReport(sending).size > 0);
    }
    QVERIFY(sending.expired());
    QCOMPARE(nextReport(sending).size, 0u);
    QCOMPARE(nextPacket(sending).size, 0u);
}

void KeysTest::endOfValidityIsNear()
{
    KeyLimits limits;
    limits.rekeyBeforeEnd = 3;
    std::vector<SrtpSender> two = opened<SrtpSender>(within(testKey(7, 1), 100, 109), within(testKey(7, 2), 110, 119));
    SrtpSendKeys sending(std::move(two), limits, epoch);
    for (std::uint64_t index = 100; index < 120; ++index) {
        QCOMPARE(sending.takeRekeyDue(), index == 117); // not for the first: the second is here already
        QVERIFY(nextPacket(sending).size > 0);
    }
    QVERIFY(sending.expired());
}

void KeysTest::generationsTellWhatTheyDo()
{
    const Flavour flavour{{}, {1}, {2}};
    Ends ends(flavour, 100);
    QCOMPARE(ends.receiving.generations().front().state, KeyState::Waiting);
    QCOMPARE(ends.receive(nextPacket(ends.sending)), UnprotectOutcome::Ok);
    QCOMPARE(ends.receiveReport(nextReport(ends.sending)), UnprotectOutcome::Ok);
    ends.now += 1s;
    ends.receiving.renew(opened<SrtpReceiver>(within(agreed(flavour, 2), {}, 201)), ends.now);
    auto generations = ends.receiving.generations();
    QCOMPARE(generations.size(), 2u);
    QCOMPARE(generations[0].number, 1u);
    QCOMPARE(generations[0].mki, Bytes({2}));
    QCOMPARE(generations[0].state, KeyState::Waiting);
    QCOMPARE(generations[0].installedAt, epoch + 1s);
    QCOMPARE(generations[0].packetsLeft, 101u);
    QCOMPARE(generations[0].packetsUntilRekey, 0u);
    QCOMPARE(generations[1].number, 0u);
    QCOMPARE(generations[1].mki, Bytes({1}));
    QCOMPARE(generations[1].state, KeyState::InForce);
    QCOMPARE(generations[1].use.packets, 1u);
    QCOMPARE(generations[1].use.reports, 1u);
    ends.sendSecond(flavour);
    generations = ends.sending.generations();
    QCOMPARE(generations.size(), 1u); // the old one is wiped
    QCOMPARE(generations[0].state, KeyState::InForce);
    QCOMPARE(generations[0].installedAt, epoch + 1s);
    QCOMPARE(generations[0].use.packets, 0u);
}

QTEST_GUILESS_MAIN(KeysTest)
#include "keys_test.moc"
