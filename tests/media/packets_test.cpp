// SPDX-License-Identifier: Apache-2.0
#include "rtp/packet.h"
#include "rtp/reception.h"
#include "rtp/rtcp.h"
#include "rtp/rtcp_schedule.h"

#include <QByteArray>
#include <QTest>

#include <array>

using namespace media;
using namespace std::chrono_literals;

namespace {

std::span<const std::uint8_t> octets(const QByteArray &bytes)
{
    return {reinterpret_cast<const std::uint8_t *>(bytes.constData()), static_cast<std::size_t>(bytes.size())};
}

QByteArray toArray(std::span<const std::uint8_t> bytes)
{
    return {reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

constexpr Time epoch{1000s};

RtpHeader packetNumber(int number)
{
    RtpHeader header;
    header.sequence = static_cast<std::uint16_t>(65530 + number); // wraps on the way
    header.timestamp = 0xfffff000u + 960u * static_cast<std::uint32_t>(number);
    return header;
}

} // namespace

class PacketsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rtpIsParsed_data();
    void rtpIsParsed();
    void rtpHeaderIsWritten();
    void rtcpIsParsed_data();
    void rtcpIsParsed();
    void rtcpRoundTrip_data();
    void rtcpRoundTrip();
    void rtcpOfThirdPartiesIsNotOurs();
    void receptionCountsLosses();
    void receptionMeasuresJitter();
    void reportsTellRoundTrip();
    void scheduleKeepsTheInterval();
};

void PacketsTest::rtpIsParsed_data()
{
    QTest::addColumn<QByteArray>("datagram");
    QTest::addColumn<bool>("valid");
    QTest::addColumn<QByteArray>("payload");
    const auto row = [](const char *name, const char *hex, bool valid, const char *payload = "") {
        QTest::newRow(name) << QByteArray::fromHex(hex) << valid << QByteArray::fromHex(payload);
    };
    row("empty", "", false);
    row("one octet short of a header", "8060000100000002000000", false);
    row("no payload", "806000010000000200000003", true);
    row("payload", "806000010000000200000003aabb", true, "aabb");
    row("version 1", "406000010000000200000003aabb", false);
    row("version 3", "c06000010000000200000003aabb", false);
    row("one CSRC", "81600001000000020000000300000004aabb", true, "aabb");
    row("CSRC missing", "81600001000000020000000300", false);
    row("extension", "90600001000000020000000300000001deadbeefaabb", true, "aabb");
    row("empty extension", "90600001000000020000000300000000aabb", true, "aabb");
    row("extension without its length", "906000010000000200000003000000", false);
    row("extension too long", "906000010000000200000003ffffffff00000000", false);
    row("CSRC and extension", "9160000100000002000000030000000400000001deadbeefaa", true, "aa");
    row("padding", "a06000010000000200000003aabb000003", true, "aabb");
    row("padding is all", "a06000010000000200000003000003", true);
    row("padding of zero", "a06000010000000200000003aabb00", false);
    row("padding longer than payload", "a06000010000000200000003aa03", false);
    row("padding without payload", "a06000010000000200000003", false);
}

void PacketsTest::rtpIsParsed()
{
    QFETCH(QByteArray, datagram);
    QFETCH(bool, valid);
    QFETCH(QByteArray, payload);
    const auto packet = parseRtp(octets(datagram));
    QCOMPARE(packet.has_value(), valid);
    if (!packet)
        return;
    QCOMPARE(toArray(packet->payload), payload);
    QCOMPARE(packet->header.payloadType, 0x60);
    QCOMPARE(packet->header.sequence, 1);
    QCOMPARE(packet->header.timestamp, 2u);
    QCOMPARE(packet->header.ssrc, 3u);
    QVERIFY(!packet->header.marker);
}

void PacketsTest::rtpHeaderIsWritten()
{
    std::array<std::uint8_t, rtpHeaderSize> header{};
    writeRtpHeader({111, true, 0xfffe, 0x01020304, 0xdeadbeef}, header);
    QCOMPARE(toArray(header).toHex(), QByteArray("80effffe01020304deadbeef"));
    const auto back = parseRtp(header);
    QVERIFY(back);
    QCOMPARE(back->header.payloadType, 111);
    QVERIFY(back->header.marker);
    QCOMPARE(back->header.ssrc, 0xdeadbeefu);
}

void PacketsTest::rtcpIsParsed_data()
{
    QTest::addColumn<QByteArray>("datagram");
    QTest::addColumn<bool>("valid");
    const auto row = [](const char *name, const QByteArray &hex, bool valid) {
        QTest::newRow(name) << QByteArray::fromHex(hex) << valid;
    };
    const QByteArray rr = "80c9000100000007";
    const QByteArray block = "00000009"
                             "01ffffff"
                             "00000001"
                             "00000002"
                             "00000003"
                             "00000004";
    row("empty", "", false);
    row("RR alone", rr, true);
    row("three octets", "80c900", false);
    row("version 1", "40c9000100000007", false);
    row("SDES first", "81ca000100000007", false);
    row("length beyond the datagram", "80c9000200000007", false);
    row("octets left over", rr + "00", false);
    row("report block missing", "81c9000100000007", false);
    row("report block", "81c9000700000007" + block, true);
    row("SR without sender info", "80c8000100000007", false);
    row("SR", "80c8000600000007" + QByteArray(40, '1'), true);
    row("RR without SSRC", "80c90000", false);
    row("unknown type behind", rr + "80cf0000", true);
    row("SDES",
        rr + "81ca000300000007"
             "0103616263"
             "000000",
        true);
    row("SDES item too long",
        rr + "81ca000200000007"
             "01036162",
        false);
    row("SDES without end",
        rr + "81ca000200000007"
             "01026162",
        false);
    row("SDES chunk missing", rr + "81ca0000", false);
    row("SDES empty", rr + "80ca0000", true);
    row("BYE", rr + "81cb000100000007", true);
    row("BYE source missing", rr + "82cb000100000007", false);
    row("padded last",
        rr + "a1cb000200000007"
             "00000004",
        true);
    row("padded not last",
        "a0c9000200000007"
        "00000004" +
            rr,
        false);
    row("padding of zero",
        rr + "a1cb000200000007"
             "00000000",
        false);
    row("padding too long",
        rr + "a1cb000200000007"
             "00000009",
        false);
}

void PacketsTest::rtcpIsParsed()
{
    QFETCH(QByteArray, datagram);
    QFETCH(bool, valid);
    QCOMPARE(parseRtcp(octets(datagram), 9).has_value(), valid);
}

void PacketsTest::rtcpRoundTrip_data()
{
    QTest::addColumn<bool>("sender");
    QTest::addColumn<bool>("report");
    QTest::addColumn<bool>("bye");
    QTest::addColumn<QByteArray>("cname");
    QTest::newRow("RR") << false << false << false << QByteArray("abc");
    QTest::newRow("RR, report, BYE") << false << true << true << QByteArray("ab");
    QTest::newRow("SR, report") << true << true << false << QByteArray("a");
    QTest::newRow("SR, report, BYE, longest CNAME") << true << true << true << QByteArray(255, 'x');
    QTest::newRow("SR, no CNAME") << true << false << false << QByteArray();
}

void PacketsTest::rtcpRoundTrip()
{
    QFETCH(bool, sender);
    QFETCH(bool, report);
    QFETCH(bool, bye);
    QFETCH(QByteArray, cname);
    RtcpCompound compound;
    compound.ssrc = 0xcafebabe;
    if (sender)
        compound.senderInfo = SenderInfo{0x0123456789abcdef, 11, 22, 33};
    if (report)
        compound.report = ReportBlock{42, 200, -5, 0x1ffff, 7, 0x456789ab, 65536};
    compound.bye = bye;
    compound.cname = {cname.constData(), static_cast<std::size_t>(cname.size())};

    std::array<std::uint8_t, rtcpMaxSize> buffer{};
    const std::size_t size = writeRtcp(compound, buffer);
    QVERIFY(size % 4 == 0);
    const auto back = parseRtcp(std::span(buffer).first(size), 42);
    QVERIFY(back);
    QCOMPARE(back->ssrc, compound.ssrc);
    QCOMPARE(back->bye, bye);
    QCOMPARE(QByteArray(back->cname.data(), static_cast<qsizetype>(back->cname.size())), cname);
    QCOMPARE(back->senderInfo.has_value(), sender);
    QCOMPARE(back->report.has_value(), report);
    if (sender) {
        QCOMPARE(back->senderInfo->ntp, 0x0123456789abcdefu);
        QCOMPARE(back->senderInfo->rtpTimestamp, 11u);
        QCOMPARE(back->senderInfo->packets, 22u);
        QCOMPARE(back->senderInfo->octets, 33u);
    }
    if (report) {
        QCOMPARE(back->report->fractionLost, 200);
        QCOMPARE(back->report->cumulativeLost, -5);
        QCOMPARE(back->report->highestSequence, 0x1ffffu);
        QCOMPARE(back->report->jitter, 7u);
        QCOMPARE(back->report->lastSr, 0x456789abu);
        QCOMPARE(back->report->delaySinceLastSr, 65536u);
    }
}

void PacketsTest::rtcpOfThirdPartiesIsNotOurs()
{
    // A report about SSRC 8 while we are 9, and a BYE of SSRC 5 in the compound of 7.
    const QByteArray datagram = QByteArray::fromHex("81c9000700000007"
                                                    "00000008"
                                                    "01000000"
                                                    "00000001"
                                                    "00000002"
                                                    "00000003"
                                                    "00000004"
                                                    "81cb000100000005");
    const auto compound = parseRtcp(octets(datagram), 9);
    QVERIFY(compound);
    QVERIFY(!compound->report);
    QVERIFY(!compound->bye);
    QVERIFY(parseRtcp(octets(datagram), 8)->report);
}

void PacketsTest::receptionCountsLosses()
{
    Reception reception(48000);
    QVERIFY(!reception.report(1, epoch));
    for (const int number : {0, 1, 3, 2, 5, 9}) // 4, 6, 7 and 8 are missing
        reception.packet(packetNumber(number), epoch + 20ms * number);
    QCOMPARE(reception.received(), 6u);
    QCOMPARE(reception.lost(), 4);
    auto report = reception.report(77, epoch);
    QVERIFY(report);
    QCOMPARE(report->ssrc, 77u);
    QCOMPARE(report->cumulativeLost, 4);
    QCOMPARE(report->fractionLost, 4 * 256 / 10);
    QCOMPARE(report->highestSequence, 65530u + 9u);
    for (int number = 10; number < 20; ++number)
        reception.packet(packetNumber(number), epoch + 20ms * number);
    report = reception.report(77, epoch);
    QCOMPARE(report->fractionLost, 0); // since the last one
    QCOMPARE(report->cumulativeLost, 4);
}

void PacketsTest::receptionMeasuresJitter()
{
    Reception steady(48000), shaky(48000);
    for (int number = 0; number < 500; ++number) {
        steady.packet(packetNumber(number), epoch + 20ms * number);
        shaky.packet(packetNumber(number), epoch + 20ms * number + (number % 2 ? 8ms : 0ms));
    }
    QVERIFY(steady.jitterMs() < 0.001);
    QVERIFY(qAbs(shaky.jitterMs() - 8) < 0.01); // every difference is 8 ms
    QCOMPARE(shaky.report(1, epoch)->jitter, 383u);
}

void PacketsTest::reportsTellRoundTrip()
{
    Reception reception(48000);
    reception.packet(packetNumber(0), epoch);
    QCOMPARE(reception.report(1, epoch)->lastSr, 0u);
    reception.senderReport(0x0123456789abcdef, epoch);
    const auto report = reception.report(1, epoch + 1500ms);
    QCOMPARE(report->lastSr, 0x456789abu);
    QCOMPARE(report->delaySinceLastSr, 65536u * 3 / 2);
}

void PacketsTest::scheduleKeepsTheInterval()
{
    // RFC 3550 section 6.3.1: 0.5 to 1.5 times the interval, over e - 3/2; half of the 5 s at first.
    RtcpSchedule schedule;
    const auto seconds = [&](Time from) { return std::chrono::duration<double>(schedule.next() - from).count(); };
    schedule.start(epoch, 0);
    QVERIFY(qAbs(seconds(epoch) - 2.5 * 0.5 / 1.21828) < 0.001);
    schedule.start(epoch, 1);
    QVERIFY(qAbs(seconds(epoch) - 2.5 * 1.5 / 1.21828) < 0.001);
    schedule.sent(100, epoch + 2s, 0.5);
    QVERIFY(qAbs(seconds(epoch + 2s) - 5 / 1.21828) < 0.001);
    for (int i = 0; i < 200; ++i)
        schedule.received(4000);
    schedule.sent(4000, epoch, 0.5); // 5 % of the bandwidth is little for such reports
    QVERIFY(qAbs(seconds(epoch) - 2 * 4028 / (0.05 * 14500) / 1.21828) < 0.05);
}

QTEST_APPLESS_MAIN(PacketsTest)
#include "packets_test.moc"
