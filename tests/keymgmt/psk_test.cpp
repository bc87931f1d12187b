// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "methods/bundle.h"
#include "methods/identity.h"
#include "methods/psk.h"
#include "methods/reply.h"
#include "wire/text.h"

#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

std::unique_ptr<Initiator> initiate(Side &from, const Offer &offer, NtpTime now = noon())
{
    auto made = psk::initiate(from.context(), offer, now);
    return made ? std::move(*made) : nullptr;
}

/// Octets a test's Key data payloads view.
const Bytes key128 = octets("00112233445566778899aabbccddeeff");
const Bytes otherKey128 = octets("ffeeddccbbaa99887766554433221100");
const Bytes salt112 = octets("a0a1a2a3a4a5a6a7a8a9aaabacad");
const Bytes mki1 = octets("00000001");
const Bytes mki2 = octets("00000002");

SecurityPolicy copyOf(const SuitePayload &suite)
{
    return suite.payload();
}

} // namespace

/// The PSK method where both sides agree (RFC 3830 3.1).
class PskTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-001, -004, -074, -076, -077, -079: both sides, every suite, V on and off
    void bothSides_data()
    {
        QTest::addColumn<QByteArray>("suite");
        QTest::addColumn<bool>("v");
        QTest::addColumn<int>("streams");
        for (const auto &suite : srtpSuites()) {
            for (const bool v : {true, false}) {
                for (const int streams : {1, 3})
                    QTest::addRow("%s, V %d, %d media lines", suite.name.data(), v, streams)
                        << QByteArray(suite.name.data()) << v << streams;
            }
        }
        QTest::newRow("no stream") << QByteArray("AES_CM_128_HMAC_SHA1_80") << true << 0;
        QTest::newRow("most streams") << QByteArray("AEAD_AES_256_GCM") << true << 127;
    }
    void bothSides()
    {
        QFETCH(const QByteArray, suite);
        QFETCH(const bool, v);
        QFETCH(const int, streams);
        auto a = alice();
        auto b = bob();
        a.endpoint.accept.nullEncryption = b.endpoint.accept.nullEncryption = suite.startsWith("NULL");
        auto offer = offerToBob();
        offer.suites = {srtpSuite(suite.toStdString())};
        offer.v = v;
        offer.streams = static_cast<unsigned>(streams);
        const auto initiator = initiate(a, offer);
        QVERIFY(initiator);
        const auto answer = b.respond(initiator->message());
        QVERIFY2(answer.agreement, answer.error ? answer.error->reason.c_str() : "");
        QCOMPARE(answer.send.has_value(), v);
        const auto atAlice = v ? initiator->receive(*answer.send, noon()) : Step{};
        auto provisional = initiator->provisional();
        QVERIFY(provisional);
        const auto &agreed = v ? *atAlice.agreement : *provisional;
        QVERIFY(sameKeys(agreed, *answer.agreement));
        QCOMPARE(agreed.sessions.size(), 2 * static_cast<std::size_t>(streams)); // K4567-050
        QCOMPARE(agreed.weaknesses.size(), streams && suite.startsWith("NULL") ? 1u : 0u);
        std::set<QByteArray> keys;
        for (const auto &session : agreed.sessions) {
            QCOMPARE(session.tek.size(), session.suite->masterKeyOctets());
            QCOMPARE(session.salt.size(), session.suite->masterSaltOctets());
            QCOMPARE(hexOf(session.mki), QByteArray("00000001")); // K3830-046, -105
            QVERIFY(v || session.fromInitiator() == (session.ssrc != 0));
            keys.insert(hexOf(session.tek.view()));
        }
        QCOMPARE(keys.size(), agreed.sessions.size());
        QCOMPARE(agreed.tgks.size(), 1u);
        QCOMPARE(agreed.initiator, std::string(aliceId));
        QCOMPARE(agreed.responder, std::string(bobId));
        QCOMPARE(agreed.method, std::string_view("psk"));
        QCOMPARE(agreed.v, v);
    }

    // K3830-003, -028, -054, -080, -081, -089, -095, -100, -112, K4567-035, -045, -046
    void theIMessage()
    {
        auto a = alice();
        auto offer = offerToBob();
        offer.sdpProtocols = {"mikey"};
        const auto initiator = initiate(a, offer);
        const auto message = decode(initiator->message());
        QVERIFY(message);
        QCOMPARE(message->header.dataType, DataType::PskInit);
        QCOMPARE(message->header.mapType, CsIdMapType::SrtpId);
        const auto ids = message->all<Id>();
        QCOMPARE(ids.size(), 2u);
        QCOMPARE(textOf(ids[0]->data), aliceId);
        QCOMPARE(textOf(ids[1]->data), bobId);
        QCOMPARE(static_cast<int>(ids[0]->type), static_cast<int>(IdType::Uri));
        QCOMPARE(message->find<Rand>()->rand.size(), 16u);
        QCOMPARE(message->find<Timestamp>()->type, TimestampType::NtpUtc);
        QVERIFY(sameOctets(message->find<Timestamp>()->value, noon().octets())); // K3830-037
        QCOMPARE(textOf(message->find<GeneralExtension>()->data), std::string_view("mikey"));
        std::set<int> policies;
        for (const auto *policy : message->all<SecurityPolicy>())
            policies.insert(policy->policyNo);
        QCOMPARE(policies.size(), 1u); // the one that the map names
        const auto &kemac = std::get<Kemac>(message->payloads.back().payload);
        QCOMPARE(kemac.encryption, Encryption::AesCm128);
        QCOMPARE(kemac.macAlgorithm, MacAlgorithm::HmacSha1_160); // K3830-026
        QCOMPARE(kemac.mac.size(), 20u);
        const auto shown = initiator->inspectMessage();
        QVERIFY(shown.complete);
        QCOMPARE(shown.payloads.back().payloads.size(), 1u);
        QVERIFY(shown.payloads.back().payloads[0].fields.back().name != "Key data");
    }

    // K3830-004, -012 for PSK, -058, -074
    void theRMessage()
    {
        auto a = alice();
        auto b = bob();
        const auto initiator = initiate(a, offerToBob());
        const auto request = decode(initiator->message());
        const auto step = b.respond(initiator->message(), noon().plusSeconds(7));
        const auto response = decode(*step.send);
        QVERIFY(response);
        QCOMPARE(response->header.dataType, DataType::PskResponse);
        QVERIFY(!response->header.v);
        QCOMPARE(response->header.csbId, request->header.csbId);
        QVERIFY(sameOctets(response->find<Timestamp>()->value, request->find<Timestamp>()->value));
        QCOMPARE(textOf(response->find<Id>()->data), bobId);
        QVERIFY(std::holds_alternative<Verification>(response->payloads.back().payload));
        QCOMPARE(response->header.map[0].ssrc, request->header.map[0].ssrc);
        QVERIFY(response->header.map[1].ssrc != 0);
        QVERIFY(response->header.map[1].ssrc != response->header.map[0].ssrc);
        QVERIFY(step.plain && !step.plain->empty());
    }

    // K3830-071, -098, -057: nothing repeats; K3830-110 by construction
    void everyOfferIsAnother()
    {
        auto a = alice();
        std::set<std::uint32_t> csbIds;
        std::set<QByteArray> rands, times, teks;
        int highBits = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto initiator = initiate(a, offerToBob());
            const auto message = decode(initiator->message());
            csbIds.insert(message->header.csbId);
            highBits += static_cast<int>(message->header.csbId >> 31);
            rands.insert(hexOf(message->find<Rand>()->rand));
            times.insert(hexOf(message->find<Timestamp>()->value));
            teks.insert(hexOf(initiator->provisional()->sessions[0].tek.view()));
        }
        QVERIFY(csbIds.size() > 998);
        QVERIFY(highBits > 400 && highBits < 600);
        QCOMPARE(rands.size(), 1000u);
        QCOMPARE(times.size(), 1000u);
        QCOMPARE(teks.size(), 1000u);
    }

    // K3830-072, -073
    void csbIdInUseIsDrawnAgain()
    {
        auto a = alice();
        SeededRandom random(7);
        const Context context{a.endpoint, a.state, random};
        auto offer = offerToBob();
        std::vector<std::uint32_t> asked;
        offer.csbInUse = [&asked](std::uint32_t id) {
            asked.push_back(id);
            return asked.size() < 4;
        };
        const auto initiator = psk::initiate(context, offer, noon());
        QCOMPARE(asked.size(), 4u);
        QCOMPARE(decode((*initiator)->message())->header.csbId, asked.back());
    }

    void givenSsrcsAreUsed()
    {
        auto a = alice();
        auto b = bob();
        auto offer = offerToBob();
        offer.streams = 2;
        offer.ssrcs = {0xdeadbeef};
        const auto initiator = initiate(a, offer);
        const auto step = b.respond(initiator->message());
        const auto &sessions = step.agreement->sessions;
        QCOMPARE(sessions[0].ssrc, 0xdeadbeefu);
        std::set<std::uint32_t> ssrcs;
        for (const auto &session : sessions)
            ssrcs.insert(session.ssrc);
        QCOMPARE(ssrcs.size(), 4u);
        QVERIFY(!ssrcs.contains(0));
    }

    void offersThatCannotBe()
    {
        auto a = alice();
        const auto refused = [&](const Offer &offer) {
            const auto made = psk::initiate(a.context(), offer, noon());
            return !made && !made.error().number && !made.error().reason.empty();
        };
        auto toCarol = offerToBob();
        toCarol.peer = "sip:carol@example.org";
        QVERIFY(refused(toCarol));
        auto wide = offerToBob();
        wide.streams = 128;
        QVERIFY(refused(wide));
        auto weak = offerToBob();
        weak.suites = {srtpSuite("NULL_HMAC_SHA1_80")};
        QVERIFY(refused(weak)); // what the own user does not accept is not offered
        auto longName = offerToBob();
        longName.peer = "sip:" + std::string(65500, 'x') + "@example.org";
        a.endpoint.psk.emplace(longName.peer, Secret(ByteView(sharedKey())));
        QVERIFY(refused(longName));
        a.endpoint.psk[std::string(bobId)] = Secret();
        QVERIFY(refused(offerToBob())); // an empty key is none
    }

    // K3830-018, -019, -103, -117: what the initiator does not make itself
    void severalTgks()
    {
        PskInit init;
        init.keys = {keyData(KeyDataType::Tgk, key128, {}, mki1),
                     keyData(KeyDataType::TgkSalt, otherKey128, salt112, mki2)};
        auto b = bob();
        const auto step = b.respond(init.octetsOf());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.agreement->tgks.size(), 2u);
        QCOMPARE(hexOf(step.agreement->tgks[1].view()), hexOf(otherKey128));
        const auto &sessions = step.agreement->sessions;
        QCOMPARE(sessions.size(), 4u); // two streams, two keys each
        QCOMPARE(hexOf(sessions[0].mki), QByteArray("00000001"));
        QCOMPARE(hexOf(sessions[1].mki), QByteArray("00000002"));
        QCOMPARE(sessions[0].csId, 1);
        QCOMPARE(sessions[1].csId, 1);
        QCOMPARE(sessions[3].csId, 2);
        QVERIFY(hexOf(sessions[0].salt.view()) != hexOf(sessions[2].salt.view())); // derived for each CS
        QCOMPARE(hexOf(sessions[1].salt.view()), hexOf(salt112));
        QCOMPARE(hexOf(sessions[3].salt.view()), hexOf(salt112));
        std::set<QByteArray> teks;
        for (const auto &session : sessions)
            teks.insert(hexOf(session.tek.view()));
        QCOMPARE(teks.size(), 4u);
    }

    void tekDirectly()
    {
        PskInit init;
        init.keys = {keyData(KeyDataType::TekSalt, key128, salt112)};
        auto b = bob();
        const auto step = b.respond(init.octetsOf());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QVERIFY(step.agreement->tgks.empty());
        for (const auto &session : step.agreement->sessions) {
            QCOMPARE(hexOf(session.tek.view()), hexOf(key128));
            QCOMPARE(hexOf(session.salt.view()), hexOf(salt112));
            QVERIFY(session.mki.empty());
        }
        QVERIFY(step.agreement->sessions[0].ssrc != step.agreement->sessions[1].ssrc);
    }

    // K3830-104
    void validityIntervals()
    {
        const auto from = octets("000000000000");
        const auto middle = octets("00000000ffff");
        const auto next = octets("000000010000");
        const auto to = octets("0000ffffffff");
        PskInit init;
        init.keys = {keyDataValid(KeyDataType::Tgk, key128, {}, from, middle),
                     keyDataValid(KeyDataType::Tgk, otherKey128, {}, next, to)};
        auto b = bob();
        const auto step = b.respond(init.octetsOf());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        const auto &interval = *step.agreement->sessions[1].interval;
        QCOMPARE(hexOf(interval.from), hexOf(next));
        QCOMPARE(hexOf(interval.to), hexOf(to));
    }

    // K3830-024, -026, -027, -030: what is weak passes only by the user's leave, and is told
    void encryptionAndMacAlgorithms_data()
    {
        QTest::addColumn<int>("encryption");
        QTest::addColumn<int>("mac");
        QTest::addColumn<int>("weaknesses");
        QTest::newRow("AES-CM") << 1 << 1 << 0;
        QTest::newRow("AES-KW") << 2 << 1 << 0;
        QTest::newRow("NULL encryption") << 0 << 1 << 1;
        QTest::newRow("NULL MAC") << 1 << 0 << 1;
        QTest::newRow("NULL both") << 0 << 0 << 2;
        QTest::newRow("AES-KW and NULL MAC") << 2 << 0 << 1;
    }
    void encryptionAndMacAlgorithms()
    {
        QFETCH(const int, encryption);
        QFETCH(const int, mac);
        QFETCH(const int, weaknesses);
        for (const std::size_t salted : {0u, 1u}) {
            for (const std::size_t mkiOctets : {0u, 1u, 3u, 4u}) { // other paddings for the key wrap
                PskInit init;
                init.encryption = static_cast<Encryption>(encryption);
                init.mac = static_cast<MacAlgorithm>(mac);
                init.keys = {keyData(salted ? KeyDataType::TgkSalt : KeyDataType::Tgk, key128, salt112,
                                     ByteView(mki1).last(mkiOctets))};
                auto b = bob();
                b.endpoint.accept.nullEncryption = encryption == 0;
                b.endpoint.accept.nullAuthentication = mac == 0;
                const auto step = b.respond(init.octetsOf());
                QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
                QCOMPARE(hexOf(step.agreement->tgks[0].view()), hexOf(key128));
                QCOMPARE(static_cast<int>(step.agreement->weaknesses.size()), weaknesses);
            }
        }
    }

    // K3830-096, -097, P-21, P-22: policies as the map names them
    void policiesOfTheMap()
    {
        const SuitePayload gcm(*srtpSuite("AEAD_AES_256_GCM"), 9);
        const SuitePayload cm(*srtpSuite("AES_CM_128_HMAC_SHA1_32"), 4);
        SecurityPolicy foreign;
        foreign.policyNo = 200;
        foreign.protocol = static_cast<ProtocolType>(1); // TESLA, but no stream names it
        PskInit init;
        init.header.map = {{9, 1, 0}, {4, 2, 77}, {9, 3, 0}};
        init.policies = {copyOf(gcm), copyOf(cm), foreign};
        auto b = bob();
        const auto step = b.respond(init.octetsOf());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        const auto &sessions = step.agreement->sessions;
        QCOMPARE(sessions[0].suite->name, std::string_view("AEAD_AES_256_GCM"));
        QCOMPARE(sessions[1].suite->name, std::string_view("AES_CM_128_HMAC_SHA1_32"));
        QCOMPARE(sessions[1].roc, 77u); // K3830-078
        QCOMPARE(sessions[0].tek.size(), 32u);

        PskInit without;
        without.header.map = {{42, 1, 0}}; // no SP at all: SRTP's defaults
        without.header.csbId = 2;
        const auto defaults = b.respond(without.octetsOf());
        QVERIFY(defaults.agreement);
        QCOMPARE(defaults.agreement->sessions[0].suite, &defaultSrtpSuite());
    }

    // K3830-089
    void bothNtpTimestampTypes()
    {
        PskInit init;
        init.timestampType = TimestampType::Ntp;
        QVERIFY(bob().respond(init.octetsOf()).agreement);
    }

    // K3830-075
    void noStreams()
    {
        PskInit init;
        init.header.map.clear();
        const auto step = bob().respond(init.octetsOf());
        QVERIFY(step.agreement);
        QVERIFY(step.agreement->sessions.empty());
        PskInit unmapped;
        unmapped.header.map.clear();
        unmapped.header.mapType = CsIdMapType::Empty;
        QVERIFY(bob().respond(unmapped.octetsOf()).agreement);
    }

    // K3830-091: NAIs, and identities in another spelling
    void identitiesInOtherForms()
    {
        PskInit init;
        init.ids = {idPayload("SIP:alice@EXAMPLE.org;transport=tcp"), idPayload("<sip:bob@Example.Org>")};
        const auto step = bob().respond(init.octetsOf());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.agreement->initiator, std::string(aliceId));
        const auto answer = decode(*step.send);
        QCOMPARE(textOf(answer->find<Id>()->data), std::string_view("<sip:bob@Example.Org>")); // as transported

        auto nai = side("bob@example.org", "alice@example.org", sharedKey());
        init.ids = {idPayload("alice@example.org"), idPayload("bob@example.org")};
        const auto byNai = nai.respond(init.octetsOf());
        QVERIFY(byNai.agreement);
        QCOMPARE(decode(*byNai.send)->find<Id>()->type, IdType::Nai);
    }

    // RFC 3830 3.1: identities MAY be left out where signalling tells them
    void missingIdentities_data()
    {
        QTest::addColumn<int>("ids");
        QTest::newRow("none") << 0;
        QTest::newRow("the initiator's") << 1;
    }
    void missingIdentities()
    {
        QFETCH(const int, ids);
        PskInit init;
        init.ids.resize(static_cast<std::size_t>(ids));
        auto b = bob();
        b.endpoint.accept.missingIdentities = true;
        const Arrival arrival{"sip:Alice@example.org", {}};
        QCOMPARE(number(b.respond(init.octetsOf(), noon(), arrival).error), ids ? std::nullopt : std::optional(7));
        const auto step = b.respond(init.octetsOf(), noon(), {std::string(aliceId), {}});
        if (ids) // the first call was taken; this is its replay
            return;
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.agreement->initiator, std::string(aliceId));
        QCOMPARE(step.agreement->responder, std::string(bobId));
    }

    // RFC 3830 5.2: the MAC covers the identity as signalling spells it, without what is signalling's own.
    void missingIdentityInAnotherForm()
    {
        PskInit init;
        init.ids.clear();
        auto b = bob();
        b.endpoint.accept.missingIdentities = true;
        const auto message = init.octetsOf();
        const auto step = b.respond(message, noon(), {"\"Alice A.\" <sip:alice@EXAMPLE.org;transport=tcp>;tag=1", {}});
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.agreement->initiator, std::string(aliceId));
        const auto answer = decode(*step.send);
        const auto authKey = messageKey(Prf::Mikey1, sharedKey(), KeyUse::MessageAuth, labelOf(*decode(message)), 20);
        QVERIFY(verifies(*answer, *answer->find<Verification>(), answer->find<Timestamp>()->value,
                         {authKey.view(), octetsOf("sip:alice@EXAMPLE.org"), octetsOf(bobId)}));
    }

    // K4567-034, -036, -047
    void sdpProtocols_data()
    {
        QTest::addColumn<QByteArray>("bound");
        QTest::addColumn<QByteArray>("listed");
        QTest::addColumn<int>("error");
        QTest::newRow("same") << QByteArray("mikey") << QByteArray("mikey") << 99;
        QTest::newRow("two") << QByteArray("mikey;keyp1") << QByteArray("mikey;keyp1") << 99;
        QTest::newRow("K4567-047 one peeled off") << QByteArray("keyp1;mikey") << QByteArray("mikey") << 0;
        QTest::newRow("one added") << QByteArray("mikey") << QByteArray("mikey;keyp1") << 0;
        QTest::newRow("K4567-036 other order") << QByteArray("mikey;keyp1") << QByteArray("keyp1;mikey") << 0;
        QTest::newRow("unbound single") << QByteArray() << QByteArray("mikey") << 99;
        QTest::newRow("unbound list") << QByteArray() << QByteArray("mikey;keyp1") << 0;
        QTest::newRow("not in SDP") << QByteArray("mikey") << QByteArray() << 99;
    }
    void sdpProtocols()
    {
        QFETCH(const QByteArray, bound);
        QFETCH(const QByteArray, listed);
        QFETCH(const int, error);
        const auto list = [](const QByteArray &text) {
            std::vector<std::string> protocols;
            for (const auto &protocol : text.split(';')) {
                if (!protocol.isEmpty())
                    protocols.push_back(protocol.toStdString());
            }
            return protocols;
        };
        auto a = alice();
        auto b = bob();
        auto offer = offerToBob();
        offer.sdpProtocols = list(bound);
        const auto initiator = initiate(a, offer);
        const auto step = b.respond(initiator->message(), noon(), {{}, list(listed)});
        QCOMPARE(number(step.error).value_or(99), error);
        QCOMPARE(step.agreement.has_value(), error == 99);
    }

    // K3830-100: a short RAND is told, none at all is another matter
    void shortRandIsTold()
    {
        PskInit init;
        init.rand = octets("0011223344556677");
        const auto step = bob().respond(init.octetsOf());
        QVERIFY(step.agreement);
        QCOMPARE(step.agreement->weaknesses.size(), 1u);
    }

    void saveAndResume()
    {
        auto a = alice();
        auto b = bob();
        const auto initiator = initiate(a, offerToBob());
        const auto saved = initiator->save();
        const auto answer = b.respond(initiator->message());
        auto again = psk::resume(a.context(), saved.view());
        QVERIFY(again);
        QVERIFY((*again)->message() == initiator->message());
        const auto step = (*again)->receive(*answer.send, noon());
        QVERIFY(step.agreement);
        QVERIFY(sameKeys(*step.agreement, *answer.agreement));

        const auto octetsOf = octets(saved.view());
        for (std::size_t i = 0; i < octetsOf.size(); ++i) {
            auto changed = octetsOf;
            changed[i] ^= 1;
            const auto damaged = psk::resume(a.context(), changed);
            QVERIFY(!damaged);
            QVERIFY(!psk::resume(a.context(), ByteView(octetsOf).first(i)));
        }
    }

    // K3830-036: a call over the wrap of 2036
    void callAcrossTheWrap()
    {
        auto a = alice();
        auto b = bob();
        const auto before = NtpTime::fromUnixMicroseconds(2085978495000000);
        const auto initiator = initiate(a, offerToBob(), before);
        const auto step = b.respond(initiator->message(), before.plusSeconds(2));
        QVERIFY(step.agreement);
        QVERIFY(initiator->receive(*step.send, before.plusSeconds(4)).agreement);
        const auto late = initiate(a, offerToBob(), before.plusSeconds(3));
        QVERIFY(b.respond(late->message(), before).agreement);
        QCOMPARE(number(b.respond(initiator->message(), before.plusSeconds(3)).error), std::optional(-1));
    }
};

QTEST_GUILESS_MAIN(PskTest)
#include "psk_test.moc"
