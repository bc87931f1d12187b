// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "methods/identity.h"
#include "methods/srtp_policy.h"
#include "wire/text.h"

#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;
using Verdict = ReplayCache::Verdict;

namespace {

constexpr std::int64_t skew = 300;

ReplayCache::Entry entry(std::uint32_t number, NtpTime time, const char *bundle = nullptr)
{
    ReplayCache::Entry entry;
    entry.timestamp = time;
    for (std::size_t i = 0; i < 4; ++i)
        entry.digest[i] = static_cast<std::uint8_t>(number >> (8 * i));
    entry.bundle = bundle ? bundle : "alice\n" + std::to_string(number);
    return entry;
}

SecurityPolicy policy(std::vector<PolicyParameter> parameters)
{
    SecurityPolicy payload;
    payload.parameters = std::move(parameters);
    return payload;
}

constexpr std::uint8_t values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 32, 20};
ByteView value(std::uint8_t number)
{
    const auto *at = std::find(std::begin(values), std::end(values), number);
    return {at, 1};
}

} // namespace

/// What the methods share: replay cache, times, identities, SRTP policies, the table of methods.
class MethodsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-059, -060
    void windowAndReplay()
    {
        ReplayCache cache;
        const auto now = noon();
        QCOMPARE(cache.check(entry(1, now), now, skew), Verdict::Fresh);
        QCOMPARE(cache.check(entry(1, now.plusSeconds(skew)), now, skew), Verdict::Fresh);
        QCOMPARE(cache.check(entry(1, now.plusSeconds(-skew)), now, skew), Verdict::Fresh);
        QCOMPARE(cache.check(entry(1, now.plusSeconds(skew).next()), now, skew), Verdict::OutsideWindow);
        QCOMPARE(cache.check(entry(1, now.plusSeconds(-skew - 1)), now, skew), Verdict::OutsideWindow);
        QCOMPARE(cache.size(), 0u); // looking keeps nothing
        cache.add(entry(1, now), now, skew);
        QCOMPARE(cache.check(entry(1, now), now, skew), Verdict::Replayed);
        QCOMPARE(cache.check(entry(1, now), now.plusSeconds(skew), skew), Verdict::Replayed);
        QCOMPARE(cache.check(entry(2, now), now, skew), Verdict::Fresh);
    }

    // K3830-041: an older or equal timestamp of the same bundle
    void bundleGoesForward()
    {
        ReplayCache cache;
        const auto now = noon();
        cache.add(entry(1, now, "alice\n1"), now, skew);
        QCOMPARE(cache.check(entry(2, now, "alice\n1"), now, skew), Verdict::Replayed);
        QCOMPARE(cache.check(entry(2, now.plusSeconds(-1), "alice\n1"), now, skew), Verdict::Replayed);
        QCOMPARE(cache.check(entry(2, now.next(), "alice\n1"), now, skew), Verdict::Fresh);
        QCOMPARE(cache.check(entry(2, now.plusSeconds(-1), "bob\n1"), now, skew), Verdict::Fresh);
    }

    void boundedInTime()
    {
        ReplayCache cache;
        for (std::uint32_t i = 0; i < 1000; ++i)
            cache.add(entry(i, noon().plusSeconds(i)), noon().plusSeconds(i), 10);
        QCOMPARE(cache.size(), 11u);
        cache.add(entry(1000, noon().plusSeconds(5000)), noon().plusSeconds(5000), 10);
        QCOMPARE(cache.size(), 1u);
        // What left the window stays refused, also when the clock is set back.
        QCOMPARE(cache.check(entry(980, noon().plusSeconds(980)), noon().plusSeconds(980), 10), Verdict::OutsideWindow);
    }

    // K3830-066: full, it forgets the oldest and refuses all that is not newer than what it forgot
    void boundedInSize()
    {
        ReplayCache cache(100);
        const auto now = noon().plusSeconds(200);
        for (std::uint32_t i = 0; i < 250; ++i) {
            cache.add(entry(i, noon().plusSeconds(i)), now, skew);
            QVERIFY(cache.size() <= 100);
        }
        QCOMPARE(cache.forgotten()->units(), noon().plusSeconds(149).units());
        for (std::uint32_t i = 0; i < 250; ++i)
            QCOMPARE(cache.check(entry(i, noon().plusSeconds(i)), now, skew),
                     i < 150 ? Verdict::OutsideWindow : Verdict::Replayed);
        QCOMPARE(cache.check(entry(1000, noon().plusSeconds(149)), now, skew), Verdict::OutsideWindow);
        QCOMPARE(cache.check(entry(1000, noon().plusSeconds(149).next()), now, skew), Verdict::Fresh);
    }

    void smallestCapacity()
    {
        ReplayCache cache(0);
        cache.add(entry(1, noon()), noon(), skew);
        QCOMPARE(cache.size(), 1u);
        cache.add(entry(2, noon().next()), noon(), skew);
        QCOMPARE(cache.size(), 1u);
        QCOMPARE(cache.check(entry(1, noon()), noon(), skew), Verdict::OutsideWindow);
    }

    // K3830-065
    void lostTrack()
    {
        ReplayCache cache(2);
        const auto now = noon();
        cache.lostTrackAt(now);
        QCOMPARE(cache.check(entry(1, now), now, skew), Verdict::OutsideWindow);
        QCOMPARE(cache.check(entry(1, now.plusSeconds(-10)), now.plusSeconds(5), skew), Verdict::OutsideWindow);
        QCOMPARE(cache.check(entry(1, now.next()), now.plusSeconds(5), skew), Verdict::Fresh);
        // Neither an earlier loss nor a full cache opens again what was closed.
        cache.lostTrackAt(now.plusSeconds(-100));
        for (std::uint32_t i = 0; i < 4; ++i)
            cache.add(entry(i, now.plusSeconds(-50)), now, skew);
        QCOMPARE(cache.check(entry(9, now), now, skew), Verdict::OutsideWindow);
    }

    void restoring()
    {
        ReplayCache before;
        for (std::uint32_t i = 0; i < 5; ++i)
            before.add(entry(i, noon().plusSeconds(i)), noon(), skew);
        ReplayCache after;
        for (auto &kept : before.entries())
            after.add(std::move(kept), noon(), skew);
        for (std::uint32_t i = 0; i < 5; ++i)
            QCOMPARE(after.check(entry(i, noon().plusSeconds(i)), noon(), skew), Verdict::Replayed);
    }

    // K3830-036: the counter wraps on 2036-02-07 at 06:28:16 UTC
    void wrapOf2036()
    {
        const auto before = NtpTime::fromUnixMicroseconds(2085978495999000);
        const auto after = NtpTime::fromUnixMicroseconds(2085978496001000);
        QCOMPARE(before.units() >> 63, 1u);
        QCOMPARE(after.units() >> 32, 0u);
        QVERIFY(after.isAfter(before));
        QVERIFY(!before.isAfter(after));
        QCOMPARE(ntpTimeText(before.octets()), std::string("2036-02-07T06:28:15.999Z"));
        QVERIFY(ntpTimeText(after.octets()).starts_with("2036-02-07T06:28:16.00"));

        ReplayCache cache(10);
        QCOMPARE(cache.check(entry(1, before.plusSeconds(-3600)), after, 3700), Verdict::Fresh);
        QCOMPARE(cache.check(entry(1, after.plusSeconds(3600)), before, 3700), Verdict::Fresh);
        QCOMPARE(cache.check(entry(1, after.plusSeconds(3800)), before, 3700), Verdict::OutsideWindow);
        for (std::uint32_t i = 0; i < 40; ++i) // 20 s before the wrap to 20 s after it
            cache.add(entry(i, before.plusSeconds(i - 20)), after.plusSeconds(20), skew);
        QCOMPARE(cache.size(), 10u);
        QCOMPARE(cache.check(entry(5, before.plusSeconds(-15)), after, skew), Verdict::OutsideWindow);
        QCOMPARE(cache.check(entry(39, before.plusSeconds(19)), after, skew), Verdict::Replayed);
    }

    void hugeWindow()
    {
        ReplayCache cache;
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        QCOMPARE(cache.check(entry(1, noon().plusSeconds(-86400 * 365)), noon(), most), Verdict::Fresh);
        cache.add(entry(1, noon()), noon(), most);
        QCOMPARE(cache.check(entry(1, noon()), noon().plusSeconds(86400 * 365), most), Verdict::Replayed);
        QCOMPARE(cache.check(entry(2, noon().next()), noon(), -5), Verdict::OutsideWindow);
    }

    void ntpTimes()
    {
        QCOMPARE(noon().unixMilliseconds(), 1795435200000);
        QCOMPARE(ntpTimeText(noon().octets()), std::string("2026-11-23T12:00:00.000Z"));
        QCOMPARE(NtpTime::fromUnixMicroseconds(0).units() >> 32, 2208988800u);
        QCOMPARE(NtpTime::fromUnixMicroseconds(-500000).units(), 0x83aa7e7f80000000u); // half a second before 1970
        QVERIFY(!NtpTime::fromOctets(Bytes(7)));
        QCOMPARE(NtpTime::fromOctets(noon().octets())->units(), noon().units());
    }

    // K3830-057
    void uniqueTimesWithinOneTick()
    {
        EndpointState state;
        std::set<std::uint64_t> seen;
        for (int i = 0; i < 100; ++i)
            seen.insert(state.uniqueTime(noon()).units());
        QCOMPARE(seen.size(), 100u);
        QVERIFY(state.uniqueTime(noon().plusSeconds(-1)).isAfter(noon())); // the clock was nudged back
        // A clock set right after being an hour ahead is believed.
        QCOMPARE(state.uniqueTime(noon().plusSeconds(-3600)).units(), noon().plusSeconds(-3600).units());
    }

    // K3830-091: URIs and NAIs
    void canonicalIdentities_data()
    {
        QTest::addColumn<QByteArray>("given");
        QTest::addColumn<QByteArray>("canonical");
        QTest::addColumn<bool>("uri");
        const auto row = [](const char *given, const char *canonical, bool uri) {
            QTest::newRow(given) << QByteArray(given) << QByteArray(canonical) << uri;
        };
        row("sip:bob@example.org", "sip:bob@example.org", true);
        row("SIP:Bob@Example.ORG", "sip:Bob@example.org", true);
        row("\"Bob B.\" <sip:Bob@Example.ORG:5070;transport=tcp?x=y>;tag=1", "sip:Bob@example.org:5070", true);
        row("<sip:bob@example.org", "sip:bob@example.org", true);
        row("sip:bob;phone-context=x@example.org;user=phone", "sip:bob;phone-context=x@example.org", true);
        row("sip:a%40b@example.org", "sip:a%40b@example.org", true);
        row("tel:+4312345;ext=3", "tel:+4312345", true);
        row("Bob@Example.ORG", "Bob@example.org", false);
        row("bob", "bob", false);
        row("sip:bob@[2001:DB8::1]:5060", "sip:bob@[2001:db8::1]:5060", true);
        // A parameter mark before the colon once made it read past the end.
        row("a;b:c", "a", true);
        row("?:", "", true);
        row(":", ":", false);
        row("", "", false);
        row("@", "@", false);
        row("<>", "", false);
    }
    void canonicalIdentities()
    {
        QFETCH(const QByteArray, given);
        QFETCH(const QByteArray, canonical);
        QFETCH(const bool, uri);
        const auto result = canonicalIdentity(given.toStdString());
        QCOMPARE(QByteArray::fromStdString(result), canonical);
        QCOMPARE(canonicalIdentity(result), result);
        QCOMPARE(identityType(given.toStdString()) == IdType::Uri, uri);
    }

    void bareIdentities()
    {
        QCOMPARE(bareIdentity("\"Bob B.\" <sip:Bob@Example.ORG:5070;transport=tcp?x=y>;tag=1"),
                 std::string_view("sip:Bob@Example.ORG:5070"));
        QCOMPARE(bareIdentity("SIP:bob;phone-context=x@Example.org;user=phone"),
                 std::string_view("SIP:bob;phone-context=x@Example.org"));
        QCOMPARE(bareIdentity("<"), std::string_view());
    }

    // K3830-096: what is not set has SRTP's default; K3830-097: the key length is the master key's too
    void suitesSurviveThePayload()
    {
        QVERIFY(srtpSuites().size() >= 7);
        for (const auto &suite : srtpSuites()) {
            const SuitePayload payload(suite, 3);
            QCOMPARE(payload.payload().policyNo, 3);
            const auto found = suiteOf(payload.payload());
            QVERIFY2(found, suite.name.data());
            QCOMPARE(*found, &suite);
            QCOMPARE(srtpSuite(suite.name), &suite);
        }
        QCOMPARE(*suiteOf(policy({})), &defaultSrtpSuite());
        QCOMPARE(defaultSrtpSuite().name, std::string_view("AES_CM_128_HMAC_SHA1_80"));
        const auto aes256 = suiteOf(policy({{SrtpParameter::SessionEncryptionKeyLength, value(32)}}));
        QCOMPARE((*aes256)->name, std::string_view("AES_CM_256_HMAC_SHA1_80"));
        QCOMPARE((*aes256)->masterKeyOctets(), 32u);
        QVERIFY(!srtpSuite("no such suite"));
    }

    void suitesSaidOtherwise()
    {
        using P = SrtpParameter;
        const auto name = [](std::vector<PolicyParameter> parameters) {
            const auto suite = suiteOf(policy(std::move(parameters)));
            return suite ? (*suite)->name : std::string_view("none");
        };
        QCOMPARE(name({{P::EncryptionAlgorithm, value(0)}}), std::string_view("NULL_HMAC_SHA1_80"));
        QCOMPARE(name({{P::SrtpEncryption, value(0)}, {P::SrtcpEncryption, value(0)}}),
                 std::string_view("NULL_HMAC_SHA1_80"));
        QCOMPARE(name({{P::EncryptionAlgorithm, value(6)}}), std::string_view("AEAD_AES_128_GCM"));
        QCOMPARE(name({{P::SessionEncryptionKeyLength, value(32)},
                       {P::EncryptionAlgorithm, value(6)},
                       {P::AuthenticationTagLength, value(10)},
                       {P::AuthenticationAlgorithm, value(1)}}),
                 std::string_view("AEAD_AES_256_GCM")); // RFC 7714 14.3: what a MAC would need is ignored
        QCOMPARE(name({{P::EncryptionAlgorithm, value(6)}, {P::SessionSaltKeyLength, value(14)}}),
                 std::string_view("AEAD_AES_128_GCM")); // and so is the salt length of the other ciphers
        QCOMPARE(name({{P::KeyDerivationRate, octets("0000000000000000")}}),
                 std::string_view("AES_CM_128_HMAC_SHA1_80"));
    }

    void unsupportedPolicies_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<QByteArray>("value");
        QTest::newRow("AES-F8") << 0 << QByteArray("02");
        QTest::newRow("AES-192") << 1 << QByteArray("18");
        QTest::newRow("no MAC") << 2 << QByteArray("00");
        QTest::newRow("RCCm1") << 2 << QByteArray("02");
        QTest::newRow("salt of 12 for AES-CM") << 4 << QByteArray("0c");
        QTest::newRow("PRF 1") << 5 << QByteArray("01");
        QTest::newRow("key derivation rate 2^10") << 6 << QByteArray("0400");
        QTest::newRow("only SRTCP encrypted") << 7 << QByteArray("00");
        QTest::newRow("only SRTP encrypted") << 8 << QByteArray("00");
        QTest::newRow("encryption 5") << 7 << QByteArray("05");
        QTest::newRow("FEC order 1") << 9 << QByteArray("01");
        QTest::newRow("authentication off") << 10 << QByteArray("00");
        QTest::newRow("tag of 0") << 11 << QByteArray("00");
        QTest::newRow("prefix") << 12 << QByteArray("04");
        QTest::newRow("ROC transmission rate") << 13 << QByteArray("0001");
        QTest::newRow("unknown") << 99 << QByteArray("01");
        QTest::newRow("no value") << 0 << QByteArray("");
        QTest::newRow("value beyond 32 bits") << 1 << QByteArray("0100000010");
        QTest::newRow("value of 9 octets") << 1 << QByteArray("000000000000000010");
    }
    void unsupportedPolicies()
    {
        QFETCH(const int, type);
        QFETCH(const QByteArray, value);
        const auto octetsOfValue = octets(value.toStdString());
        const auto suite = suiteOf(policy({{static_cast<SrtpParameter>(type), octetsOfValue}}));
        QVERIFY(!suite);
        QCOMPARE(suite.error().error, ErrorNumber::InvalidSpParameters);
        QVERIFY(!suite.error().reason.empty());
    }

    // What cannot be done is named, so that the user knows what to change
    void unsupportedInWords_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("F8") << 0 << QByteArray("02") << QByteArray("AES-F8");
        QTest::newRow("kdr") << 6 << QByteArray("0400") << QByteArray("key derivation rate other than 0");
        QTest::newRow("kdr 3") << 6 << QByteArray("03") << QByteArray("none of SRTP's");
        QTest::newRow("kdr 2^25") << 6 << QByteArray("02000000") << QByteArray("none of SRTP's");
        QTest::newRow("prefix") << 12 << QByteArray("04") << QByteArray("prefix");
        QTest::newRow("FEC") << 9 << QByteArray("01") << QByteArray("FEC");
        QTest::newRow("RCCm1") << 2 << QByteArray("02") << QByteArray("RCCm1");
        QTest::newRow("no MAC") << 2 << QByteArray("00") << QByteArray("without authentication");
        QTest::newRow("tag") << 11 << QByteArray("08") << QByteArray("tags of 8");
        QTest::newRow("halves") << 7 << QByteArray("00") << QByteArray("one of SRTP and SRTCP");
    }
    void unsupportedInWords()
    {
        QFETCH(const int, type);
        QFETCH(const QByteArray, value);
        QFETCH(const QByteArray, words);
        const auto octetsOfValue = octets(value.toStdString());
        const auto suite = suiteOf(policy({{static_cast<SrtpParameter>(type), octetsOfValue}}));
        QVERIFY(!suite);
        QVERIFY2(QByteArray::fromStdString(suite.error().reason).contains(words), suite.error().reason.c_str());
    }

    void parameterGivenTwice()
    {
        const PolicyParameter twice{SrtpParameter::AuthenticationTagLength, value(10)};
        QCOMPARE(suiteOf(policy({twice, twice})).error().error, ErrorNumber::InvalidSpParameters);
    }

    void tableOfMethods()
    {
        std::set<std::string_view> names;
        for (const auto &row : methods()) {
            names.insert(row.name);
            QCOMPARE(method(row.name), &row);
            QVERIFY(!row.title.empty() && !row.rfc.empty() && !row.needs.empty());
            QCOMPARE(row.available(), row.resume != nullptr && row.responder != nullptr && row.obstacle != nullptr);
        }
        QCOMPARE(names.size(), 8u);
        QVERIFY(method("psk")->available()); // K3830-001
        QVERIFY(!method("PSK"));
        QVERIFY(method("psk")->obstacle(alice().endpoint, "sip:carol@example.org"));
        QVERIFY(!method("psk")->obstacle(alice().endpoint, std::string(bobId)));
    }
};

QTEST_GUILESS_MAIN(MethodsTest)
#include "methods_test.moc"
