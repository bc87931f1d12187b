// SPDX-License-Identifier: Apache-2.0
#include "keys.h"
#include "packets.h"
#include "srtp/receiver.h"
#include "srtp/sender.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace media;

namespace {

using Bytes = std::vector<std::uint8_t>;

UnprotectOutcome receive(SrtpReceiver &receiver, Packet packet)
{
    std::size_t size = 0;
    return receiver.unprotectRtp(packet.octets(), size);
}

UnprotectOutcome receiveReport(SrtpReceiver &receiver, Packet packet)
{
    std::size_t size = 0;
    return receiver.unprotectRtcp(packet.octets(), size);
}

SrtpSender senderWith(SrtpKey key, WeakPolicy weak = WeakPolicy::Refuse)
{
    auto result = SrtpSender::create(std::move(key), weak);
    return result ? std::move(*result) : throw std::runtime_error(result.error().sentence);
}

SrtpReceiver receiverWith(SrtpKey key, WeakPolicy weak = WeakPolicy::Refuse)
{
    auto result = SrtpReceiver::create(std::move(key), weak);
    return result ? std::move(*result) : throw std::runtime_error(result.error().sentence);
}

std::uint64_t rocOf(const SrtpReceiver &receiver)
{
    return receiver.highestIndex().value_or(0) >> 16;
}

SrtpKey starting(SrtpKey key, std::uint32_t roc, std::optional<std::uint64_t> from = {},
                 std::optional<std::uint64_t> to = {})
{
    key.roc = roc;
    key.validFrom = from;
    key.validTo = to;
    return key;
}

Bytes fromHex(const QJsonValue &value)
{
    const QByteArray bytes = QByteArray::fromHex(value.toString().toLatin1());
    return {bytes.begin(), bytes.end()};
}

QJsonObject vectors()
{
    QFile file(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/rfc3711.json"));
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
}

Bytes keystream(const Bytes &key, const Bytes &counter, std::size_t size)
{
    Bytes stream(size), zeros(size);
    int written = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nullptr, key.data(), counter.data());
    EVP_EncryptUpdate(context, stream.data(), &written, zeros.data(), static_cast<int>(size));
    EVP_CIPHER_CTX_free(context);
    return stream;
}

const SrtpPolicy gcm128{EncrAlg::AesGcm, 16, AuthAlg::Null, 0, 12};
const SrtpPolicy gcm256{EncrAlg::AesGcm, 32, AuthAlg::Null, 0, 12};

SrtpPolicy counterMode(std::uint32_t keyLength, std::uint32_t tagLength)
{
    SrtpPolicy policy;
    policy.encrKeyLength = keyLength;
    policy.authTagLength = tagLength;
    return policy;
}

} // namespace

Q_DECLARE_METATYPE(media::SrtpPolicy)

class SrtpTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keystreamOfRfc3711B2();
    void protectsAsRfc3711B3Derives();
    void policiesWork_data();
    void policiesWork();
    void policiesAreRefused_data();
    void policiesAreRefused();
    void weakPoliciesHaveToBeAskedFor_data();
    void weakPoliciesHaveToBeAskedFor();
    void keysAreChecked();
    void wrongKeyIsRefused();
    void everyAlteredOctetIsRefused();
    void replayIsRefused();
    void strangerSsrcIsRefused();
    void unknownSsrcIsBoundByTheFirstAuthenticPacket();
    void unknownSsrcIsBoundByReport();
    void lateJoinerNeedsTheRoc();
    void rocRollsOver();
    void sendingStopsAtTheLastIndex();
    void validityIsKept();
    void validityIsCheckedByTheReceiver();
    void mkiIsCarriedAndChecked_data();
    void mkiIsCarriedAndChecked();
    void garbageIsMalformed();
};

void SrtpTest::keystreamOfRfc3711B2()
{
    // Checks this test's own keystream, which the next one compares with libsrtp2's.
    const QJsonObject b2 = vectors()[QStringLiteral("B2_aes_cm")].toObject();
    const Bytes key = fromHex(b2[QStringLiteral("session_key")]);
    QCOMPARE(key.size(), 16u);
    for (const QJsonValue &row : b2[QStringLiteral("keystream")].toArray())
        QCOMPARE(keystream(key, fromHex(row[QStringLiteral("counter")]), 16), fromHex(row[QStringLiteral("block")]));
}

void SrtpTest::protectsAsRfc3711B3Derives()
{
    const QJsonObject b3 = vectors()[QStringLiteral("B3_key_derivation")].toObject();
    const std::uint32_t ssrc = 0xcafebabe, roc = 3;
    SrtpKey key;
    key.ssrc = ssrc;
    key.masterKey = SecretBytes(fromHex(b3[QStringLiteral("master_key")]));
    key.masterSalt = SecretBytes(fromHex(b3[QStringLiteral("master_salt")]));
    const std::uint64_t index = std::uint64_t{roc} << 16 | 0x1234;
    SrtpSender sending = senderWith(starting(std::move(key), roc, index));
    Packet plain;
    const Packet packet = nextPacket(sending, &plain);
    QCOMPARE(packet.size, plain.size + 10);

    // RFC 3711 section 4.1.1: IV = (salt << 16) XOR (SSRC << 64) XOR (index << 16)
    Bytes counter = fromHex(b3[QStringLiteral("cipher_salt")]);
    counter.resize(16);
    for (std::size_t i = 0; i < 4; ++i)
        counter[4 + i] ^= static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
    for (std::size_t i = 0; i < 6; ++i)
        counter[8 + i] ^= static_cast<std::uint8_t>(index >> (40 - 8 * i));
    const Bytes stream = keystream(fromHex(b3[QStringLiteral("cipher_key")]), counter, plain.size - rtpHeaderSize);
    Bytes expected(plain.buffer.begin(), plain.buffer.begin() + static_cast<std::ptrdiff_t>(plain.size));
    for (std::size_t i = rtpHeaderSize; i < expected.size(); ++i)
        expected[i] ^= stream[i - rtpHeaderSize];

    // Section 4.2: the tag covers packet and ROC.
    Bytes covered = expected;
    covered.insert(covered.end(), {0, 0, 0, roc});
    const Bytes authKey = fromHex(b3[QStringLiteral("auth_key_94")]);
    std::array<std::uint8_t, 20> mac{};
    HMAC(EVP_sha1(), authKey.data(), 20, covered.data(), covered.size(), mac.data(), nullptr);
    expected.insert(expected.end(), mac.begin(), mac.begin() + 10);
    QCOMPARE(Bytes(packet.buffer.begin(), packet.buffer.begin() + static_cast<std::ptrdiff_t>(packet.size)), expected);
}

void SrtpTest::policiesWork_data()
{
    QTest::addColumn<SrtpPolicy>("policy");
    QTest::addColumn<int>("rtpOverhead");
    QTest::addColumn<int>("rtcpOverhead"); // with E and index
    QTest::newRow("AES_CM_128_HMAC_SHA1_80") << SrtpPolicy() << 10 << 14;
    QTest::newRow("AES_CM_128_HMAC_SHA1_32") << counterMode(16, 4) << 4 << 14;
    QTest::newRow("AES_CM_192_HMAC_SHA1_80") << counterMode(24, 10) << 10 << 14;
    QTest::newRow("AES_CM_256_HMAC_SHA1_80") << counterMode(32, 10) << 10 << 14;
    QTest::newRow("AES_CM_256_HMAC_SHA1_32") << counterMode(32, 4) << 4 << 14;
    QTest::newRow("AEAD_AES_128_GCM") << gcm128 << 16 << 20;
    QTest::newRow("AEAD_AES_256_GCM") << gcm256 << 16 << 20;
    SrtpPolicy shortAuthKey;
    shortAuthKey.authKeyLength = 16;
    QTest::newRow("authentication key of 128 bits") << shortAuthKey << 10 << 14;
    SrtpPolicy weak;
    weak.encrAlg = EncrAlg::Null;
    QTest::newRow("NULL_HMAC_SHA1_80") << weak << 10 << 14;
    weak = {};
    weak.srtpEncryption = false;
    QTest::newRow("SRTP encryption off") << weak << 10 << 14;
    weak = {};
    weak.srtcpEncryption = false;
    QTest::newRow("SRTCP encryption off") << weak << 10 << 14;
    weak = {};
    weak.srtpAuthentication = false;
    QTest::newRow("SRTP authentication off") << weak << 0 << 14;
    weak = {};
    weak.authAlg = AuthAlg::Null;
    QTest::newRow("NULL authentication") << weak << 0 << 14;
}

void SrtpTest::policiesWork()
{
    QFETCH(SrtpPolicy, policy);
    QFETCH(int, rtpOverhead);
    QFETCH(int, rtcpOverhead);
    SrtpSender sending = senderWith(testKey(7, 1, policy), WeakPolicy::Allow);
    SrtpReceiver receiving = receiverWith(testKey(7, 1, policy), WeakPolicy::Allow);
    for (int i = 0; i < 3; ++i) {
        Packet plain;
        Packet packet = nextPacket(sending, &plain);
        QCOMPARE(static_cast<int>(packet.size - plain.size), rtpOverhead);
        const bool encrypted = policy.encrAlg != EncrAlg::Null && policy.srtpEncryption;
        QCOMPARE(std::equal(packet.buffer.begin(), packet.buffer.begin() + 52, plain.buffer.begin()), !encrypted);
        std::size_t size = 0;
        QCOMPARE(receiving.unprotectRtp(packet.octets(), size), UnprotectOutcome::Ok);
        QCOMPARE(size, plain.size);
        QVERIFY(std::equal(packet.buffer.begin(), packet.buffer.begin() + static_cast<std::ptrdiff_t>(size),
                           plain.buffer.begin()));
    }
    Packet report = nextReport(sending);
    QCOMPARE(static_cast<int>(report.size) - 8, rtcpOverhead);
    std::size_t size = 0;
    QCOMPARE(receiving.unprotectRtcp(report.octets(), size), UnprotectOutcome::Ok);
    QCOMPARE(size, 8u);
}

void SrtpTest::policiesAreRefused_data()
{
    QTest::addColumn<SrtpPolicy>("policy");
    const auto row = [](const char *name, SrtpPolicy policy, auto change) {
        change(policy);
        QTest::newRow(name) << policy;
    };
    row("AES-F8", {}, [](SrtpPolicy &p) { p.encrAlg = EncrAlg::AesF8; });
    row("SEED-CTR", {}, [](SrtpPolicy &p) { p.encrAlg = EncrAlg::SeedCtr; });
    row("unknown encryption", {}, [](SrtpPolicy &p) { p.encrAlg = static_cast<EncrAlg>(99); });
    row("RCCm1", {}, [](SrtpPolicy &p) { p.authAlg = AuthAlg::RccM1; });
    row("unknown authentication", {}, [](SrtpPolicy &p) { p.authAlg = static_cast<AuthAlg>(99); });
    row("key of 8 octets", {}, [](SrtpPolicy &p) { p.encrKeyLength = 8; });
    row("AES-CM without key", {}, [](SrtpPolicy &p) { p.encrKeyLength = 0; });
    row("salt of 12 octets in counter mode", {}, [](SrtpPolicy &p) { p.saltLength = 12; });
    row("authentication key of 64 octets", {}, [](SrtpPolicy &p) { p.authKeyLength = 64; });
    row("tag of 2 octets", {}, [](SrtpPolicy &p) { p.authTagLength = 2; });
    row("tag of 21 octets", {}, [](SrtpPolicy &p) { p.authTagLength = 21; });
    row("key derivation rate", {}, [](SrtpPolicy &p) { p.keyDerivationRate = 1; });
    row("unknown PRF", {}, [](SrtpPolicy &p) { p.prf = 1; });
    row("FEC order", {}, [](SrtpPolicy &p) { p.fecOrder = 1; });
    row("prefix", {}, [](SrtpPolicy &p) { p.prefixLength = 16; });
    row("GCM with 24 octets", gcm128, [](SrtpPolicy &p) { p.encrKeyLength = 24; });
    row("GCM with salt of 14", gcm128, [](SrtpPolicy &p) { p.saltLength = 14; });
    row("GCM with tag of 8", gcm128, [](SrtpPolicy &p) { p.aeadTagLength = 8; });
}

void SrtpTest::policiesAreRefused()
{
    QFETCH(SrtpPolicy, policy);
    const auto error = unsupported(policy, WeakPolicy::Allow);
    QVERIFY(error);
    QVERIFY(error->sentence.ends_with('.'));
    QVERIFY(!SrtpSender::create(testKey(7, 1, policy), WeakPolicy::Allow));
    QVERIFY(!SrtpReceiver::create(testKey(7, 1, policy), WeakPolicy::Allow));
}

void SrtpTest::weakPoliciesHaveToBeAskedFor_data()
{
    QTest::addColumn<SrtpPolicy>("policy");
    SrtpPolicy policy;
    policy.encrAlg = EncrAlg::Null;
    QTest::newRow("NULL encryption") << policy;
    policy = {};
    policy.srtpEncryption = false;
    QTest::newRow("SRTP encryption off") << policy;
    policy = {};
    policy.srtcpEncryption = false;
    QTest::newRow("SRTCP encryption off") << policy;
    policy = {};
    policy.authAlg = AuthAlg::Null;
    QTest::newRow("NULL authentication") << policy;
    policy = {};
    policy.srtpAuthentication = false;
    QTest::newRow("SRTP authentication off") << policy;
    policy = gcm128;
    policy.srtpEncryption = false;
    QTest::newRow("GCM with encryption off") << policy;
}

void SrtpTest::weakPoliciesHaveToBeAskedFor()
{
    QFETCH(SrtpPolicy, policy);
    QVERIFY(!SrtpSender::create(testKey(7, 1, policy)));
    QVERIFY(!SrtpReceiver::create(testKey(7, 1, policy)));
    QVERIFY(SrtpSender::create(testKey(7, 1, policy), WeakPolicy::Allow));
    QVERIFY(SrtpReceiver::create(testKey(7, 1, policy), WeakPolicy::Allow));
}

void SrtpTest::keysAreChecked()
{
    QVERIFY(!SrtpSender::create(testKey(0, 1)));
    SrtpKey key = testKey(7, 1);
    key.masterKey = SecretBytes(Bytes(15));
    QVERIFY(!SrtpSender::create(std::move(key)));
    key = testKey(7, 1);
    key.masterSalt = SecretBytes(Bytes(13));
    QVERIFY(!SrtpReceiver::create(std::move(key)));
    key = testKey(7, 1);
    key.mki = Bytes(129);
    QVERIFY(!SrtpReceiver::create(std::move(key)));
    QVERIFY(!SrtpSender::create(starting(testKey(7, 1), 0, 100, 99)));
    QVERIFY(!SrtpSender::create(starting(testKey(7, 1), 1, 0, 0xffff)));
    QVERIFY(SrtpSender::create(starting(testKey(7, 1), 1, 0, 0x10000)));
}

void SrtpTest::wrongKeyIsRefused()
{
    SrtpSender sending = senderWith(testKey(7, 1));
    SrtpReceiver otherKey = receiverWith(testKey(7, 2));
    SrtpReceiver otherPolicy = receiverWith(testKey(7, 1, counterMode(16, 4)));
    QCOMPARE(receive(otherKey, nextPacket(sending)), UnprotectOutcome::AuthFailure);
    QCOMPARE(receiveReport(otherKey, nextReport(sending)), UnprotectOutcome::AuthFailure);
    QCOMPARE(receive(otherPolicy, nextPacket(sending)), UnprotectOutcome::AuthFailure);
    QCOMPARE(receive(otherKey, plainRtp(5, 7)), UnprotectOutcome::AuthFailure);
}

void SrtpTest::everyAlteredOctetIsRefused()
{
    SrtpSender sending = senderWith(testKey(7, 1));
    SrtpReceiver receiving = receiverWith(testKey(7, 1));
    const Packet packet = nextPacket(sending), report = nextReport(sending);
    for (std::size_t i = 0; i < packet.size; ++i) {
        Packet altered = packet;
        altered.buffer[i] ^= 1;
        QVERIFY(receive(receiving, altered) != UnprotectOutcome::Ok);
    }
    for (std::size_t i = 0; i < report.size; ++i) {
        Packet altered = report;
        altered.buffer[i] ^= 1;
        QVERIFY(receiveReport(receiving, altered) != UnprotectOutcome::Ok);
    }
    for (std::size_t size = 0; size < packet.size; ++size) {
        Packet cut = packet;
        cut.size = size;
        QVERIFY(receive(receiving, cut) != UnprotectOutcome::Ok);
    }
    QCOMPARE(receive(receiving, packet), UnprotectOutcome::Ok);
    QCOMPARE(receiveReport(receiving, report), UnprotectOutcome::Ok);
}

void SrtpTest::replayIsRefused()
{
    SrtpSender sending = senderWith(testKey(7, 1));
    SrtpReceiver receiving = receiverWith(testKey(7, 1));
    const Packet first = nextPacket(sending), second = nextPacket(sending);
    const Packet report = nextReport(sending);
    QCOMPARE(receive(receiving, second), UnprotectOutcome::Ok);
    QCOMPARE(receive(receiving, first), UnprotectOutcome::Ok); // out of order is no replay
    QCOMPARE(receive(receiving, first), UnprotectOutcome::Replayed);
    QCOMPARE(receive(receiving, second), UnprotectOutcome::Replayed);
    QCOMPARE(receiveReport(receiving, report), UnprotectOutcome::Ok);
    QCOMPARE(receiveReport(receiving, report), UnprotectOutcome::Replayed);
    for (int i = 0; i < 300; ++i)
        QCOMPARE(receive(receiving, nextPacket(sending)), UnprotectOutcome::Ok);
    QCOMPARE(receive(receiving, first), UnprotectOutcome::Replayed); // behind the window
}

void SrtpTest::strangerSsrcIsRefused()
{
    SrtpSender stranger = senderWith(testKey(8, 1)); // even with the right key
    SrtpReceiver receiving = receiverWith(testKey(7, 1));
    QCOMPARE(receive(receiving, nextPacket(stranger)), UnprotectOutcome::AuthFailure);
    QCOMPARE(receiveReport(receiving, nextReport(stranger)), UnprotectOutcome::AuthFailure);
    QCOMPARE(receiving.ssrc(), 7u);
}

void SrtpTest::unknownSsrcIsBoundByTheFirstAuthenticPacket()
{
    SrtpReceiver receiving = receiverWith(starting(testKey(0, 1), 2));
    SrtpSender stranger = senderWith(starting(testKey(8, 9), 2));
    SrtpSender peer = senderWith(starting(testKey(7, 1), 2)), other = senderWith(starting(testKey(6, 1), 2));
    QCOMPARE(receive(receiving, nextPacket(stranger)), UnprotectOutcome::AuthFailure);
    QCOMPARE(receive(receiving, plainRtp(1, 5)), UnprotectOutcome::AuthFailure);
    QCOMPARE(receiving.ssrc(), 0u);
    QCOMPARE(receive(receiving, nextPacket(peer)), UnprotectOutcome::Ok);
    QCOMPARE(receiving.ssrc(), 7u);
    QCOMPARE(rocOf(receiving), 2u);
    QCOMPARE(receive(receiving, nextPacket(other)), UnprotectOutcome::AuthFailure);
    QCOMPARE(receive(receiving, nextPacket(peer)), UnprotectOutcome::Ok);
}

void SrtpTest::unknownSsrcIsBoundByReport()
{
    SrtpReceiver receiving = receiverWith(testKey(0, 1));
    SrtpSender peer = senderWith(testKey(7, 1));
    QCOMPARE(receiveReport(receiving, nextReport(peer)), UnprotectOutcome::Ok);
    QCOMPARE(receiving.ssrc(), 7u);
    QCOMPARE(receive(receiving, nextPacket(peer)), UnprotectOutcome::Ok);
}

void SrtpTest::lateJoinerNeedsTheRoc()
{
    SrtpSender sending = senderWith(starting(testKey(7, 1), 5));
    SrtpReceiver knows = receiverWith(starting(testKey(7, 1), 5)), ignorant = receiverWith(testKey(7, 1));
    const Packet packet = nextPacket(sending);
    QCOMPARE(receive(ignorant, packet), UnprotectOutcome::AuthFailure);
    QCOMPARE(receive(knows, packet), UnprotectOutcome::Ok);
    QCOMPARE(rocOf(knows), 5u);
    QCOMPARE(sending.roc(), 5u);
}

void SrtpTest::rocRollsOver()
{
    const std::uint64_t from = 0x2fffe; // two packets before ROC 3
    SrtpSender sending = senderWith(starting(testKey(7, 1), 2, from));
    SrtpReceiver receiving = receiverWith(starting(testKey(7, 1), 2));
    QCOMPARE(sending.nextSequence(), 0xfffe);
    for (int i = 0; i < 4; ++i)
        QCOMPARE(receive(receiving, nextPacket(sending)), UnprotectOutcome::Ok);
    QCOMPARE(sending.roc(), 3u);
    QCOMPARE(rocOf(receiving), 3u);
}

void SrtpTest::sendingStopsAtTheLastIndex()
{
    SrtpSender sending = senderWith(starting(testKey(7, 1), 0xffffffff, 0xffffffffffff));
    SrtpReceiver receiving = receiverWith(starting(testKey(7, 1), 0xffffffff));
    QCOMPARE(receive(receiving, nextPacket(sending)), UnprotectOutcome::Ok);
    Packet packet = plainRtp(0, 7);
    QCOMPARE(sending.protectRtp(packet.buffer, packet.size), ProtectOutcome::KeyExpired);
}

void SrtpTest::validityIsKept()
{
    SrtpSender sending = senderWith(starting(testKey(7, 1), 0, 1000, 1002));
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(sending.nextSequence(), 1000 + i);
        QVERIFY(nextPacket(sending).size > 0);
    }
    Packet packet = plainRtp(1003, 7);
    QCOMPARE(sending.protectRtp(packet.buffer, packet.size), ProtectOutcome::KeyExpired);
    QCOMPARE(packet.size, plainRtp(1003, 7).size);
}

void SrtpTest::validityIsCheckedByTheReceiver()
{
    SrtpSender sending = senderWith(starting(testKey(7, 1), 0, 0));
    SrtpReceiver receiving = receiverWith(starting(testKey(7, 1), 0, 2, 3));
    for (const auto expected : {UnprotectOutcome::Expired, UnprotectOutcome::Expired, UnprotectOutcome::Ok,
                                UnprotectOutcome::Ok, UnprotectOutcome::Expired})
        QCOMPARE(receive(receiving, nextPacket(sending)), expected);
}

void SrtpTest::mkiIsCarriedAndChecked_data()
{
    QTest::addColumn<SrtpPolicy>("policy");
    QTest::addColumn<int>("behind");                               // octets behind the MKI
    QTest::newRow("AES-CM, tag of 80 bits") << SrtpPolicy() << 10; // RFC 3711 section 3.1: it is before the tag
    QTest::newRow("AES-CM, tag of 32 bits") << counterMode(16, 4) << 4;
    QTest::newRow("AES-GCM-128") << gcm128 << 0; // RFC 7714 section 8.2: and here at the end
    QTest::newRow("AES-GCM-256") << gcm256 << 0;
}

void SrtpTest::mkiIsCarriedAndChecked()
{
    QFETCH(SrtpPolicy, policy);
    QFETCH(int, behind);
    const auto with = [&](Bytes mki) {
        SrtpKey key = testKey(7, 1, policy);
        key.mki = std::move(mki);
        return key;
    };
    const Bytes mki{0xa1, 0xa2, 0xa3, 0xa4};
    SrtpSender sending = senderWith(with(mki));
    SrtpReceiver right = receiverWith(with(mki)), wrong = receiverWith(with({0xa1, 0xa2, 0xa3, 0xa5})),
                 none = receiverWith(with({}));
    Packet packet = nextPacket(sending);
    const Packet report = nextReport(sending);
    const auto carried = packet.octets().last(mki.size() + static_cast<std::size_t>(behind)).first(mki.size());
    QVERIFY(std::ranges::equal(carried, mki));
    QCOMPARE(receive(wrong, packet), UnprotectOutcome::AuthFailure);
    QCOMPARE(receive(none, packet), UnprotectOutcome::AuthFailure);
    QCOMPARE(receive(right, packet), UnprotectOutcome::Ok);
    QCOMPARE(receiveReport(wrong, report), UnprotectOutcome::AuthFailure);
    QCOMPARE(receiveReport(none, report), UnprotectOutcome::AuthFailure);
    QCOMPARE(receiveReport(right, report), UnprotectOutcome::Ok);
}

void SrtpTest::garbageIsMalformed()
{
    SrtpReceiver receiving = receiverWith(testKey(7, 1));
    Packet packet;
    QCOMPARE(receive(receiving, packet), UnprotectOutcome::Malformed);
    packet.size = 11;
    QCOMPARE(receive(receiving, packet), UnprotectOutcome::Malformed);
    packet.size = 40;
    QCOMPARE(receive(receiving, packet), UnprotectOutcome::Malformed); // version 0
    QCOMPARE(receiveReport(receiving, packet), UnprotectOutcome::Malformed);
    packet = plainRtp(1, 7);
    packet.buffer[0] |= 0x10; // an extension far longer than the packet
    packet.buffer[14] = 0xff;
    QVERIFY(receive(receiving, packet) != UnprotectOutcome::Ok);
}

QTEST_APPLESS_MAIN(SrtpTest)
#include "srtp_test.moc"
