// SPDX-License-Identifier: Apache-2.0
// IBAKE, rule by rule: requests for keys, payloads, and whose key reads what (RFC 6267 4.2, 5 and 6).
#include "certified.h"
#include "crypto/hmac.h"
#include "crypto/key_transport.h"
#include "ibake_users.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

/// Bob's request for his keys, and what the service answers.
struct Asked
{
    Side bob = enrolled(std::string(bobId));
    IbakeKeyRequest request = std::move(*IbakeKeyRequest::make(bob.context(), noon()));
    Bytes question = request.request().message;
    Bytes answer = answerTo(question).message.value_or(Bytes());

    static kms::MikeyAnswer answerTo(ByteView question)
    {
        kms::Memory fresh;
        return kms::answerKeyRequest(ibakeService().domain, fresh, question, noon(), ibakeService().random);
    }
    /// constant || FF || CSB ID || RAND (RFC 3830 4.1.4)
    Secret derived(const char *constant, std::size_t size) const
    {
        auto label = octets(constant);
        label.push_back(0xff);
        label.insert(label.end(), question.begin() + 4, question.begin() + 8); // the CSB ID in the header
        const auto message = *decode(question);
        append(label, message.find<Rand>()->rand);
        return prf(Prf::Mikey1, bob.endpoint.ibake.psk.view(), label, size);
    }
    /// Over the message without its MAC, and the data of the identities.
    Bytes macOver(ByteView covered) const
    {
        Bytes mac(20);
        const auto key = derived("2d22ac75", mac.size());
        hmac(Hash::Sha1, key.view(), {covered, mikey::octetsOf(bobId), mikey::octetsOf(serviceId)}, mac);
        return mac;
    }
    Bytes remade(ByteView octets, const Rewrite &change) const
    {
        const auto message = *decode(octets);
        auto draft = draftOf(message);
        change(draft);
        draft.payloads.emplace_back(Verification{MacAlgorithm::HmacSha1_160, {}});
        auto changed = *encode(draft.header, draft.payloads);
        append(changed, macOver(changed));
        return changed;
    }
};

/// An I_MESSAGE_1 of Alice for the one, encrypted to the other.
Bytes firstMessage(IbakeUsers &two, const std::string &named, const std::string &reader)
{
    const auto initiator = two.offer();
    const auto message = *decode(initiator->message());
    auto draft = draftOf(message); // without IBAKE, the last
    const auto key = EcdhKey::make(*ecCurve(p256Curve), two.alice.random);
    const IbakeContents contents{std::string(aliceId), EcPointValue::of(key), named, {}};
    const auto sealed = *sealIbake(two.alice.context(), reader, Peer::Proven, noon(), contents);
    draft.the<IdWithRole>(1).data = mikey::octetsOf(named);
    draft.payloads.emplace_back(Ibake{sealed});
    return *encode(draft.header, draft.payloads);
}

/// Whether who made that R_MESSAGE_1 has read the message that it answers.
bool tellsOurHalfKey(const Side &initiator, ByteView answer, NtpTime time = noon())
{
    const auto message = *decode(answer);
    const auto contents = openIbake(initiator.endpoint, time, message.find<Ibake>()->encrData);
    return contents && contents->initiatorPoint;
}

} // namespace

class IbakeConformanceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6267-028: a message is read with the key of the identity that it is for
    void keyOfTheAddressee()
    {
        IbakeUsers two;
        const std::string carol = "sip:carol@example.org", bob(bobId);
        const auto forBob = IbakeUsers::respond(two.bob, firstMessage(two, bob, bob));
        QVERIFY(forBob.send && tellsOurHalfKey(two.alice, *forBob.send));
        const auto unreadable = IbakeUsers::respond(two.bob, firstMessage(two, bob, carol));
        QVERIFY(unreadable.send && !tellsOurHalfKey(two.alice, *unreadable.send));
        const auto forCarol = IbakeUsers::respond(two.bob, firstMessage(two, carol, bob));
        QVERIFY(forCarol.error && !forCarol.send);
    }

    // K6267-028: and of several of his keys with that of its period
    void keyOfThePeriod()
    {
        constexpr std::int64_t day = 24 * 3600;
        IbakeService service;
        Side alice, bob;
        alice.endpoint.identity = aliceId;
        bob.endpoint.identity = bobId;
        for (auto *side : {&alice, &bob})
            service.enrol(*side, noon().plusSeconds(6 * day)); // 29 November: both months' keys
        QCOMPARE(bob.endpoint.ibake.keys.size(), std::size_t{2});
        Offer offer;
        offer.peer = bobId;
        for (const auto days : {6, 9}) {
            const auto time = noon().plusSeconds(days * day);
            const auto made = ibake::initiate(alice.context(), offer, time);
            QVERIFY(made);
            const auto step = IbakeUsers::respond(bob, (*made)->message(), time);
            QVERIFY(step.send && tellsOurHalfKey(alice, *step.send, time));
        }
    }

    // K6267-051, -059: no Crypto Sessions in requests for keys, and so no TEKs
    void noSessionsInKeyRequests()
    {
        Asked asked;
        for (const auto &octets : {asked.question, asked.answer}) {
            const auto header = decode(octets)->header;
            QVERIFY(header.csCount == 0 && header.mapType == CsIdMapType::Empty);
        }
        const auto changed = asked.remade(asked.question, [](Draft &d) {
            d.header.mapType = CsIdMapType::SrtpId;
            d.header.map = {{0, 0x11111111, 0}};
            d.header.csCount = 1;
        });
        const auto refused = Asked::answerTo(changed);
        QCOMPARE(number(refused.error), std::optional(12));
        QVERIFY(refused.about.empty());
    }

    // K6267-060, -068: V is 1 where an answer is due, and ignored by service and user
    void vOfKeyRequests()
    {
        Asked asked;
        QVERIFY(decode(asked.question)->header.v && !decode(asked.answer)->header.v);
        const auto without = Asked::answerTo(asked.remade(asked.question, [](Draft &d) { d.header.v = false; }));
        QVERIFY2(!without.error, without.error ? without.error->reason.c_str() : "");
        const auto with = asked.request.open(asked.remade(asked.answer, [](Draft &d) { d.header.v = true; }));
        QVERIFY2(with, with ? "" : with.error().reason.c_str());
        QCOMPARE(with->size(), std::size_t{1});
    }

    // K6267-053: the keys of a request are those of RFC 3830, here by hand
    void keysOfKeyRequests()
    {
        Asked asked;
        for (const auto &octets : {asked.question, asked.answer}) {
            const auto message = *decode(octets);
            const auto &v = *message.find<Verification>();
            QCOMPARE(hexOf(v.data), hexOf(asked.macOver(message.octets.first(octets.size() - v.data.size()))));
        }
        const auto answer = *decode(asked.answer);
        const auto encr = asked.derived("150533e1", 16), salt = asked.derived("29b88916", 14);
        const auto iv = aesCmIv(salt.view(), answer.header.csbId, answer.find<Timestamp>()->value);
        const auto plain = aesCm(encr.view(), iv, answer.find<Kemac>()->encrData);
        const auto keys = decodeSubPayloads(plain.view(), Id::name.number);
        QVERIFY(keys);
        QCOMPARE(findIn<KeyData>(*keys)->type, KeyDataType::KPr);
        QCOMPARE(hexOf(findIn<KeyData>(*keys)->key), hexOf(asked.bob.endpoint.ibake.keys.front().der.view()));
    }

    // K6267-062, -064: ECCPT and SK in the clear have no place in any message
    void halfKeysInTheClear()
    {
        IbakeUsers two;
        const auto initiator = two.offer();
        const Bytes first = initiator->message();
        const auto answer1 = IbakeUsers::respond(two.bob, first);
        const auto step2 = initiator->receive(*answer1.send, noon());
        const auto answer2 = IbakeUsers::respond(two.bob, *step2.send);
        Asked asked;
        const auto key = EcdhKey::make(*ecCurve(p256Curve), two.alice.random);
        EcPoint point;
        point.curve = p256Curve;
        const auto x = key.x(), y = key.y();
        point.x = x;
        point.y = y;
        SecretKey secret;
        secret.key = x;
        for (const auto &octets : {first, *answer1.send, *step2.send, *answer2.send, asked.question, asked.answer}) {
            const auto message = *decode(octets);
            for (const Payload &stray : {Payload(point), Payload(secret)}) {
                std::vector<Payload> payloads;
                for (const auto &placed : message.payloads)
                    payloads.push_back(placed.payload);
                payloads.insert(payloads.end() - 1, stray);
                const auto changed = *encode(message.header, payloads);
                const auto decoded = decode(changed);
                QVERIFY(!decoded && decoded.error().reason.find("has no place") != std::string::npos);
            }
        }
    }

    // K6267-063: what stands behind the point begins at a multiple of 32 bits
    void paddedPoints_data()
    {
        QTest::addColumn<int>("number");
        QTest::addColumn<int>("coordinate");
        QTest::addColumn<int>("padded");
        QTest::newRow("P-256") << 8 << 32 << 68;
        QTest::newRow("P-384") << 11 << 48 << 100;
        QTest::newRow("P-521") << 14 << 66 << 136;
    }
    void paddedPoints()
    {
        QFETCH(const int, number);
        QFETCH(const int, coordinate);
        QFETCH(const int, padded);
        SystemRandom random;
        const auto curve = static_cast<std::uint8_t>(number);
        const auto key = EcdhKey::make(*ecCurve(curve), random);
        EcPoint point;
        point.curve = curve;
        const auto x = key.x(), y = key.y();
        QCOMPARE(static_cast<int>(x.size()), coordinate);
        point.x = x;
        point.y = y;
        const auto encoded = encodeSubPayloads(std::vector<Payload>{point});
        QCOMPARE(static_cast<int>(encoded->size()), padded + 4); // Auth alg, TGK len, Reserv and KV
        const auto end = 3 + 2 * coordinate;
        for (auto at = end; at < padded + 4; ++at)
            QCOMPARE(static_cast<int>(encoded->view()[static_cast<std::size_t>(at)]), 0);
        const auto decoded = decodeSubPayloads(encoded->view(), EcPoint::name.number);
        QVERIFY(decoded && sameOctets(findIn<EcPoint>(*decoded)->y, y));
    }
};

QTEST_GUILESS_MAIN(IbakeConformanceTest)
#include "ibake_conformance_test.moc"
