// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "methods/envelope.h"
#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/signing.h"
#include "wire/pack.h"
#include "wire/text.h"

#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;

namespace {

const Bytes key128 = octets("00112233445566778899aabbccddeeff");
const Bytes otherKey128 = octets("ffeeddccbbaa99887766554433221100");
const Bytes salt112 = octets("a0a1a2a3a4a5a6a7a8a9aaabacad");
const Bytes mki1 = octets("00000001");
const Bytes mki2 = octets("00000002");

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

GroupKeys groupKeys()
{
    GroupKeys group;
    group.csbId = 0x0badcafe;
    group.rand = octets("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    group.map = {{3, 0x11111111, 5}, {3, 0x22222222, 0}};
    group.suite = srtpSuite("AEAD_AES_256_GCM");
    group.tgk = Secret(ByteView(key128));
    group.mki = mki2;
    return group;
}

std::vector<QByteArray> teksOf(const Agreement &agreement)
{
    std::vector<QByteArray> teks;
    for (const auto &session : agreement.sessions)
        teks.push_back(hexOf(session.tek.view()));
    return teks;
}

/// Bob's answer to the request, with another envelope.
Bytes withEnvelope(ByteView answer, ByteView request, const LooseEnvelope &envelope)
{
    SealedLoosely sealed;
    return resigned(answer, certificateOf(bobId),
                    [&](Draft &draft) { sealed = seal(draft, envelope, labelOf(*decode(request))); });
}

} // namespace

/// RSA in reverse mode where both sides agree (RFC 4738).
class RsaRTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K4738-022, -024, -028: every suite, one, three and all streams
    void bothSides_data()
    {
        QTest::addColumn<QByteArray>("suite");
        QTest::addColumn<int>("streams");
        for (const auto &suite : srtpSuites())
            QTest::newRow(suite.name.data()) << QByteArray(suite.name.data()) << 1;
        QTest::newRow("3 media lines") << QByteArray("AES_CM_128_HMAC_SHA1_80") << 3;
        QTest::newRow("127 media lines") << QByteArray("AES_CM_128_HMAC_SHA1_32") << 127;
    }
    void bothSides()
    {
        QFETCH(const QByteArray, suite);
        QFETCH(const int, streams);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        a.endpoint.accept.nullEncryption = b.endpoint.accept.nullEncryption = suite.startsWith("NULL");
        auto offer = offerToBob();
        offer.suites = {srtpSuite(suite.toStdString())};
        offer.streams = static_cast<unsigned>(streams);
        offer.v = false; // which is ours to ignore
        const auto both = exchange("rsa-r", a, b, offer);
        QVERIFY(both);
        QCOMPARE(both->responder.sessions.size(), static_cast<std::size_t>(2 * streams));
        QCOMPARE(both->responder.method, std::string_view("rsa-r"));
        QVERIFY(both->responder.csb->weInitiated == false && both->initiator.csb->weInitiated);
        QVERIFY(equalSecrets(both->responder.csb->envelopeKey.view(), both->initiator.csb->envelopeKey.view()));
        for (const auto &session : both->initiator.sessions) {
            QCOMPARE(session.suite->name, std::string_view(suite.constData()));
            QVERIFY(session.ssrc != 0);
        }
        QVERIFY(*both->initiator.peerCertificate == certificateOf(bobId).chain.front());
        QVERIFY(*both->responder.peerCertificate == certificateOf(aliceId).chain.front());
    }

    // K4738-001, -002, -005, -007, -009, -010, -012, -013, -016, -018, -019, -027, -034, -036, -037, -039, -055
    void whatIsSentAndAnswered()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.v = false;
        offer.ssrcs = {0xdeadbeef};
        const auto both = exchange("rsa-r", a, b, offer);
        QVERIFY(both);
        const auto request = decode(both->request);
        const auto answer = decode(both->answer);
        QCOMPARE(payloadNames(*request), QByteArray("T RAND ID CERT ID SP SP SP SP SP SP SIGN"));
        QCOMPARE(payloadNames(*answer), QByteArray("T ID CERT SP KEMAC PKE SIGN"));
        QCOMPARE(static_cast<int>(request->header.dataType), 9);
        QCOMPARE(static_cast<int>(answer->header.dataType), 10);
        QVERIFY(request->header.v);
        QCOMPARE(request->header.csCount, std::uint8_t{2});
        QCOMPARE(request->header.map[0].ssrc, 0xdeadbeefu);
        QCOMPARE(request->header.map[1].ssrc, 0u);
        QCOMPARE(answer->header.map[0].ssrc, 0xdeadbeefu);
        QVERIFY(answer->header.map[1].ssrc != 0);
        QCOMPARE(answer->header.csbId, request->header.csbId);
        QCOMPARE(hexOf(answer->find<Timestamp>()->value), hexOf(request->find<Timestamp>()->value));
        QCOMPARE(textOf(request->all<Id>()[1]->data), bobId);
        QCOMPARE(textOf(answer->find<Id>()->data), bobId);
        QVERIFY(signatureHash(*request, rsaKey(KeyOf::Alice).publicKey()));
    }

    // K4738-041, -042, -043, P-13: the answer opened and verified with nothing but the RFC's own rules
    void theAnswerByTheLetter()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto both = exchange("rsa-r", a, b);
        QVERIFY(both);
        const auto request = decode(both->request);
        const auto answer = decode(both->answer);
        const auto &sign = *answer->find<Sign>();
        const auto covered = answer->octets.first(answer->octets.size() - 2 - sign.signature.size());
        QVERIFY(rsaVerify(rsaKey(KeyOf::Bob).publicKey(), SignatureType::RsaPkcs1,
                          {covered, octetsOf(aliceId), octetsOf(bobId), answer->find<Timestamp>()->value},
                          sign.signature));
        SystemRandom random;
        const auto key = rsaDecryptEnvelopeKey(rsaKey(KeyOf::Alice), answer->find<Pke>()->data, random);
        const auto label = labelOf(*request);
        const KeyTransport transport(Prf::Mikey1, key.view(), label, answer->find<Timestamp>()->value);
        const auto plain = transport.counterMode(answer->find<Kemac>()->encrData);
        const auto inner = decodeSubPayloads(plain.view(), Id::name.number);
        QVERIFY(inner && inner->size() == 2);
        QCOMPARE(textOf(std::get<Id>(inner->front().payload).data), bobId);
        const auto &tgk = std::get<KeyData>(inner->back().payload);
        QCOMPARE(hexOf(tgk.key), hexOf(both->initiator.tgks.front().view()));
        QCOMPARE(hexOf(sessionKey(Prf::Mikey1, tgk.key, KeyUse::Tek, 2, label, 16).view()),
                 hexOf(both->initiator.sessions[1].tek.view()));
        const auto next = exchange("rsa-r", a, b, offerToBob(), noon().plusSeconds(1));
        QVERIFY(hexOf(next->initiator.tgks.front().view()) != hexOf(tgk.key));
        QVERIFY(!equalSecrets(next->initiator.csb->envelopeKey.view(), key.view()));
    }

    // RFC 4738 3.6, P-13: signers that cover the two octets of SIGN as well, as RFC 3830 says
    void bothReadingsOfTheSignature()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate("rsa-r", a);
        const auto answer = b.respond(initiator->message());
        const auto whole = decode(*answer.send);
        std::vector<Payload> payloads;
        for (const auto &placed : whole->payloads)
            payloads.push_back(placed.payload);
        payloads.pop_back();
        const auto timestamp = octets(whole->find<Timestamp>()->value);
        SignatureScope scope{true, {octetsOf(aliceId), octetsOf(bobId), timestamp}};
        const auto other = encodeSigned(whole->header, payloads, certificateOf(bobId), SignatureType::RsaPss, scope);
        QVERIFY(initiator->receive(*other, noon()).agreement);
        scope.appended[0] = octetsOf(carolId); // K4738-043: for somebody else
        const auto wrong = encodeSigned(whole->header, payloads, certificateOf(bobId), SignatureType::RsaPkcs1, scope);
        QCOMPARE(number(initiator->receive(*wrong, noon()).error), std::optional(0));
        const auto plain = encodeSigned(whole->header, payloads, certificateOf(bobId), SignatureType::RsaPkcs1);
        QCOMPARE(number(initiator->receive(*plain, noon()).error), std::optional(0));
    }

    // K4738-011, -028, -032: who sends no stream leaves the map to the responder
    void listenOnly()
    {
        for (const auto type : {CsIdMapType::SrtpId, CsIdMapType::Empty}) {
            auto a = certifiedSide(aliceId);
            auto b = certifiedSide(bobId);
            auto offer = offerToBob();
            offer.listenOnly = true;
            Arrival arrival;
            arrival.streams = 2;
            const auto initiator = initiate("rsa-r", a, offer);
            const auto request = resigned(initiator->message(), certificateOf(aliceId), [&](Draft &draft) {
                draft.header.mapType = type;
                if (type == CsIdMapType::Empty)
                    draft.drop<SecurityPolicy>(); // RFC 4563 5
            });
            QCOMPARE(decode(request)->header.csCount, std::uint8_t{0});
            const auto answered = b.respond(request, noon(), arrival);
            QVERIFY(answered.agreement);
            QCOMPARE(answered.agreement->sessions.size(), 4u);
            const auto answer = decode(*answered.send);
            QCOMPARE(answer->header.mapType, CsIdMapType::SrtpId);
            QCOMPARE(answer->header.map.size(), 4u);
            if (type == CsIdMapType::Empty)
                continue;
            const auto finished = initiator->receive(*answered.send, noon());
            QVERIFY(finished.agreement && sameKeys(*finished.agreement, *answered.agreement));
        }
    }

    // K4738-035, -045: without RAND in the I_MESSAGE the responder draws one
    void randOfTheResponder()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto genuine = initiate("rsa-r", a);
        const auto request =
            resigned(genuine->message(), certificateOf(aliceId), [](Draft &draft) { draft.drop<Rand>(); });
        const auto answered = b.respond(request);
        QVERIFY(answered.agreement);
        const auto answer = decode(*answered.send);
        QVERIFY(answer->find<Rand>() && answer->find<Rand>()->rand.size() == 16);
        // An initiator that sent none, made by way of its saved state: TEKs hang on the responder's RAND.
        Packer packer;
        packer.number(0).add(ByteView(request)).add(ByteView());
        const auto initiator = mikey::resume(a.context(), DataType::RsaRInit, packer.take().view());
        QVERIFY(initiator);
        const auto finished = (*initiator)->receive(*answered.send, noon());
        QVERIFY(finished.agreement && sameKeys(*finished.agreement, *answered.agreement));
        QCOMPARE(hexOf(finished.agreement->csb->rand), hexOf(answer->find<Rand>()->rand));
        // K4738-045: silently, if there is none
        const auto without = resigned(*answered.send, certificateOf(bobId), [](Draft &draft) { draft.drop<Rand>(); });
        QCOMPARE(number((*initiator)->receive(without, noon()).error), std::optional(-1));
        // K4738-044: nor may there be one where we sent ours
        auto other = certifiedSide(bobId);
        const auto usual = other.respond(genuine->message());
        const auto doubled = resigned(*usual.send, certificateOf(bobId), [](Draft &draft) {
            draft.payloads.insert(draft.payloads.begin() + 1, Rand{key128});
        });
        QCOMPARE(number(genuine->receive(doubled, noon()).error), std::optional(-1));
    }

    // K4738-019, -023: the first of the offered policies that the responder takes
    void oneOfSeveralPolicies()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.suites = {srtpSuite("AEAD_AES_256_GCM"), srtpSuite("AES_CM_256_HMAC_SHA1_80"),
                        srtpSuite("AES_CM_128_HMAC_SHA1_32")};
        b.endpoint.suites = {srtpSuite("AES_CM_128_HMAC_SHA1_32"), srtpSuite("AES_CM_256_HMAC_SHA1_80")};
        const auto both = exchange("rsa-r", a, b, offer);
        QVERIFY(both);
        QCOMPARE(both->initiator.sessions[0].suite->name, std::string_view("AES_CM_256_HMAC_SHA1_80"));
        const auto answer = decode(both->answer);
        QCOMPARE(answer->all<SecurityPolicy>().size(), 1u);
        QCOMPARE(answer->find<SecurityPolicy>()->policyNo, std::uint8_t{1});
        for (const auto &stream : answer->header.map)
            QCOMPARE(stream.policyNo, std::uint8_t{1});

        b.endpoint.suites = {srtpSuite("AEAD_AES_128_GCM")}; // K4738-020
        const auto refused = b.respond(initiate("rsa-r", a, offer)->message());
        QCOMPARE(number(refused.error), std::optional(10));
        QCOMPARE(decode(*refused.send)->all<SecurityPolicy>().size(), 1u);
    }

    // K4738-040: several values for one parameter, of which one is told
    void oneOfTheOptionsOfAPolicy()
    {
        static const Bytes one{1}, six{6}, four{4}, ten{10}, sixteen{16}, long256{32};
        const auto offered = [](Draft &draft) {
            draft.drop<SecurityPolicy>();
            SecurityPolicy policy;
            policy.parameters = {{SrtpParameter::EncryptionAlgorithm, six},
                                 {SrtpParameter::EncryptionAlgorithm, one},
                                 {SrtpParameter::SessionEncryptionKeyLength, long256},
                                 {SrtpParameter::SessionEncryptionKeyLength, sixteen},
                                 {SrtpParameter::AuthenticationTagLength, ten},
                                 {SrtpParameter::AuthenticationTagLength, four}};
            draft.payloads.push_back(policy);
        };
        auto a = certifiedSide(aliceId);
        for (const auto *name : {"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AES_CM_256_HMAC_SHA1_80",
                                 "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"}) {
            auto b = certifiedSide(bobId);
            b.endpoint.suites = {srtpSuite(name)};
            const auto request = resigned(initiate("rsa-r", a)->message(), certificateOf(aliceId), offered);
            const auto answered = b.respond(request);
            QVERIFY2(answered.agreement, name);
            const auto answer = decode(*answered.send);
            std::set<SrtpParameter> types;
            for (const auto &parameter : answer->find<SecurityPolicy>()->parameters)
                QVERIFY2(types.insert(parameter.type).second, name);
            QCOMPARE((*suiteOf(*answer->find<SecurityPolicy>()))->name, std::string_view(name));
            Packer packer;
            packer.number(0).add(ByteView(request)).add(ByteView());
            const auto initiator = mikey::resume(a.context(), DataType::RsaRInit, packer.take().view());
            const auto finished = (*initiator)->receive(*answered.send, noon());
            QVERIFY2(finished.agreement && sameKeys(*finished.agreement, *answered.agreement), name);
        }
    }

    // Keys that our responder does not make itself
    void otherKeys()
    {
        const std::vector<std::vector<Payload>> variants{
            {keyData(KeyDataType::Tgk, key128)},
            {keyData(KeyDataType::TgkSalt, key128, salt112)},
            {keyData(KeyDataType::TekSalt, key128, salt112)},
            {keyData(KeyDataType::Tgk, key128, {}, mki1), keyData(KeyDataType::Tgk, otherKey128, {}, mki2)}};
        for (const auto &keys : variants) {
            for (const auto encryption : {Encryption::AesCm128, Encryption::AesKw128}) {
                auto a = certifiedSide(aliceId);
                auto b = certifiedSide(bobId);
                const auto initiator = initiate("rsa-r", a);
                const auto answered = b.respond(initiator->message());
                LooseEnvelope envelope;
                envelope.sender = bobId;
                envelope.recipient = aliceId;
                envelope.keys = keys;
                envelope.encryption = encryption;
                const auto step =
                    initiator->receive(withEnvelope(*answered.send, initiator->message(), envelope), noon());
                QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
                QCOMPARE(step.agreement->sessions.size(), 2 * keys.size());
                const auto &first = step.agreement->sessions.front();
                const auto &data = std::get<KeyData>(keys.front());
                QCOMPARE(hexOf(first.salt.view()) == hexOf(salt112), data.hasSalt());
                QCOMPARE(hexOf(first.tek.view()) == hexOf(key128), data.type == KeyDataType::TekSalt);
                QCOMPARE(hexOf(step.agreement->csb->envelopeKey.view()), hexOf(envelope.key));
            }
        }
    }

    // RFC 3830 6.7: one certificate for signatures, one for encryption
    void certificatesForOneUse()
    {
        auto signs = certificateRequest(aliceId);
        signs.mayEncrypt = false;
        auto encrypts = certificateRequest(aliceId);
        encrypts.maySign = false;
        const auto first = certified(signs, KeyOf::Alice);
        const auto second = certified(encrypts, KeyOf::Carol); // any other key will do
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        b.endpoint.x509.peers.clear();
        const auto answered = b.respond(resigned(initiate("rsa-r", a)->message(), first, [&](Draft &draft) {
            draft.the<Cert>() = {CertType::X509Sign, first.chain.front().der()};
            draft.payloads.insert(draft.payloads.begin() + 4, Cert{CertType::X509Encrypt, second.chain.front().der()});
        }));
        QVERIFY2(answered.agreement, answered.error ? answered.error->reason.c_str() : "");
        SystemRandom random;
        const auto key = rsaDecryptEnvelopeKey(second.key, decode(*answered.send)->find<Pke>()->data, random);
        QVERIFY(equalSecrets(key.view(), answered.agreement->csb->envelopeKey.view()));
        // The one that is for signatures is no place for an envelope key.
        const auto refused = b.respond(resigned(initiate("rsa-r", a)->message(), first, [&](Draft &draft) {
            draft.the<Cert>() = {CertType::X509, first.chain.front().der()};
        }));
        QCOMPARE(number(refused.error), std::optional(8));
    }

    // K3830-049, -099, -108, K4738-003, -004, -014, -015, -026, -029, -030, -031, -032: three members of a group
    void group()
    {
        const auto keys = groupKeys();
        Arrival arrival;
        arrival.group = &keys;
        auto b = certifiedSide(bobId);
        std::set<std::vector<QByteArray>> teks;
        std::set<std::uint32_t> csbIds;
        std::set<QByteArray> policies;
        for (const auto member : {aliceId, carolId, aliceId}) {
            auto m = certifiedSide(member);
            auto offer = offerToBob();
            offer.join = true;
            offer.listenOnly = member == carolId;
            const auto both = exchange("rsa-r", m, b, offer, noon(), arrival);
            QVERIFY(both);
            const auto request = decode(both->request);
            QCOMPARE(payloadNames(*request), QByteArray("T ID CERT ID SIGN"));
            QCOMPARE(request->header.csCount, member == carolId ? std::uint8_t{0} : std::uint8_t{2});
            const auto answer = decode(both->answer);
            QCOMPARE(payloadNames(*answer), QByteArray("General Ext T RAND ID CERT SP KEMAC PKE SIGN"));
            QCOMPARE(hexOf(answer->find<GeneralExtension>()->data), QByteArray("0badcafe"));
            QCOMPARE(hexOf(answer->find<Rand>()->rand), hexOf(keys.rand));
            QCOMPARE(answer->find<Pke>()->cache, std::uint8_t{0});
            QVERIFY(answer->header.map == keys.map);
            QVERIFY(both->initiator.csb->envelopeKey.empty() && both->responder.csb->envelopeKey.empty());
            QCOMPARE(both->initiator.csb->labelId, keys.csbId);
            QCOMPARE(hexOf(both->initiator.sessions[0].mki), hexOf(mki2));
            QCOMPARE(both->initiator.sessions[0].roc, 5u);
            teks.insert(teksOf(both->initiator));
            csbIds.insert(request->header.csbId);
            const auto policy = *answer->find<SecurityPolicy>();
            policies.insert(hexOf(encodeSubPayloads(std::vector<Payload>{policy})->view()));
        }
        QCOMPARE(teks.size(), 1u);
        QCOMPARE(csbIds.size(), 3u);
        QCOMPARE(policies.size(), 1u);
        const BundleLabel label{keys.csbId, keys.rand};
        QCOMPARE(teks.begin()->at(1), hexOf(sessionKey(Prf::Mikey1, key128, KeyUse::Tek, 2, label, 32).view()));
    }

    // K4738-014, -025: a RAND that a member sends plays no part
    void randOfAMember()
    {
        const auto keys = groupKeys();
        Arrival arrival;
        arrival.group = &keys;
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.join = true;
        const auto request = resigned(initiate("rsa-r", a, offer)->message(), certificateOf(aliceId), [](Draft &draft) {
            draft.payloads.insert(draft.payloads.begin() + 1, Rand{otherKey128});
        });
        const auto answered = b.respond(request, noon(), arrival);
        QVERIFY(answered.agreement);
        QCOMPARE(hexOf(decode(*answered.send)->find<Rand>()->rand), hexOf(keys.rand));
        QCOMPARE(hexOf(answered.agreement->csb->rand), hexOf(keys.rand));
    }

    // K4738-002, -047: URLs on both sides
    void urlsOfCertificates()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        Arrival arrival;
        for (auto *side : {&a, &b}) {
            auto &x509 = side->endpoint.x509;
            x509.peers.clear();
            x509.send = SendCertificates::Url;
            x509.fetchUrls = true;
            x509.url = "http://example.org/" + side->endpoint.identity.substr(4, 3) + ".cer";
            arrival.fetched[x509.url] = octets(x509.own.front().chain.front().der());
        }
        const auto both = exchange("rsa-r", a, b, offerToBob(), noon(), arrival);
        QVERIFY(both);
        QCOMPARE(decode(both->answer)->find<Cert>()->type, CertType::X509Url);
        QCOMPARE(both->initiator.provenBy, ProvenBy::Authority);
        const auto initiator = initiate("rsa-r", a);
        const auto answered = b.respond(initiator->message(), noon(), arrival);
        QCOMPARE(number(initiator->receive(*answered.send, noon()).error), std::optional(8)); // nothing was fetched
    }

    // K4738-018: who accepts any responder may leave IDr out; the answer names who answered
    void withoutIdr()
    {
        auto a = certifiedSide(aliceId), b = certifiedSide(bobId);
        const auto initiator = initiate("rsa-r", a);
        const auto message = resigned(initiator->message(), certificateOf(aliceId), [](Draft &draft) {
            const auto isIdr = [](const Payload &payload) {
                const auto *id = std::get_if<Id>(&payload);
                return id && textOf(id->data) == bobId;
            };
            std::erase_if(draft.payloads, isIdr);
        });
        const auto step = b.respond(message);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(textOf(decode(*step.send)->find<Id>()->data), bobId);
        QCOMPARE(step.agreement->responder, std::string(bobId));
    }
};

QTEST_GUILESS_MAIN(RsaRTest)
#include "rsar_test.moc"
