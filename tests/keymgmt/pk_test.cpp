// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "crypto/digest.h"
#include "methods/certificates.h"
#include "methods/envelope.h"
#include "methods/kemac.h"
#include "methods/psk.h"
#include "methods/signing.h"
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

/// A message of Alice's with another envelope.
Bytes withEnvelope(ByteView request, const LooseEnvelope &envelope, const Rewrite &change = nullptr)
{
    SealedLoosely sealed;
    return resigned(request, certificateOf(aliceId), [&](Draft &draft) {
        if (change)
            change(draft);
        sealed = seal(draft, envelope, labelOf(*decode(request)));
    });
}

} // namespace

/// The public key method where both sides agree (RFC 3830 3.2).
class PkTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-005, -007, -074, -076, -077: every suite, V on and off, no, one, three and all streams
    void bothSides_data()
    {
        QTest::addColumn<QByteArray>("suite");
        QTest::addColumn<bool>("v");
        QTest::addColumn<int>("streams");
        for (const auto &suite : srtpSuites()) {
            for (const bool v : {true, false})
                QTest::addRow("%s, V %d", suite.name.data(), v) << QByteArray(suite.name.data()) << v << 1;
        }
        for (const int streams : {0, 3, 127}) {
            for (const bool v : {true, false})
                QTest::addRow("%d media lines, V %d", streams, v)
                    << QByteArray("AES_CM_128_HMAC_SHA1_80") << v << streams;
        }
    }
    void bothSides()
    {
        QFETCH(const QByteArray, suite);
        QFETCH(const bool, v);
        QFETCH(const int, streams);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        a.endpoint.accept.nullEncryption = b.endpoint.accept.nullEncryption = suite.startsWith("NULL");
        auto offer = offerToBob();
        offer.suites = {srtpSuite(suite.toStdString())};
        offer.v = v;
        offer.streams = static_cast<unsigned>(streams);
        const auto both = exchange("pk", a, b, offer);
        QVERIFY(both);
        QCOMPARE(both->answer.empty(), !v);
        const auto &agreed = both->responder;
        QCOMPARE(agreed.method, std::string_view("pk"));
        QCOMPARE(agreed.sessions.size(), static_cast<std::size_t>(2 * streams));
        QCOMPARE(agreed.initiator, std::string(aliceId));
        QCOMPARE(agreed.provenBy, ProvenBy::KnownCertificate);
        QVERIFY(*agreed.peerCertificate == certificateOf(aliceId).chain.front());
        QVERIFY(*both->initiator.peerCertificate == certificateOf(bobId).chain.front());
        QCOMPARE(agreed.weaknesses.empty(), !suite.startsWith("NULL"));
        std::set<QByteArray> teks;
        for (const auto &session : agreed.sessions) {
            QCOMPARE(session.suite->name, std::string_view(suite.constData()));
            QVERIFY(!v || session.ssrc != 0);
            teks.insert(hexOf(session.tek.view()));
        }
        QCOMPARE(teks.size(), agreed.sessions.size());
    }

    // K3830-008, -021, -025 (we send AES-CM with its MAC), -044, -056, -080, -083, -088, -093, -094, -112, K4567-035
    void whatIsSent()
    {
        auto a = certifiedSide(aliceId);
        a.endpoint.x509.own.front().chain.push_back(authority().chain.front());
        auto offer = offerToBob();
        offer.sdpProtocols = {"mikey"};
        const auto initiator = initiate("pk", a, offer);
        const auto message = decode(initiator->message());
        QCOMPARE(payloadNames(*message), QByteArray("T RAND ID CERT CERT ID SP General Ext KEMAC CHASH PKE SIGN"));
        QCOMPARE(message->header.dataType, DataType::PkInit);
        QCOMPARE(textOf(message->all<Id>()[0]->data), aliceId);
        QCOMPARE(textOf(message->all<Id>()[1]->data), bobId);
        QCOMPARE(hexOf(message->all<Cert>()[0]->data), hexOf(certificateOf(aliceId).chain.front().der()));
        QCOMPARE(hexOf(message->find<Chash>()->hash),
                 hexOf(digest(HashFunction::Sha1, certificateOf(bobId).chain.front().der())));
        QCOMPARE(message->find<Pke>()->cache, std::uint8_t{2});
        const auto &kemac = *message->find<Kemac>();
        QCOMPARE(kemac.encryption, Encryption::AesCm128);
        QCOMPARE(kemac.macAlgorithm, MacAlgorithm::HmacSha1_160);

        // Opened with Bob's key alone, by the functions of the RFC
        SystemRandom random;
        const auto key = rsaDecryptEnvelopeKey(rsaKey(KeyOf::Bob), message->find<Pke>()->data, random);
        const auto label = labelOf(*message);
        const auto plain =
            KeyTransport(Prf::Mikey1, key.view(), label, message->find<Timestamp>()->value).counterMode(kemac.encrData);
        const auto inner = decodeSubPayloads(plain.view(), Id::name.number);
        QVERIFY(inner && inner->size() == 2);
        QCOMPARE(textOf(std::get<Id>(inner->front().payload).data), aliceId);
        QCOMPARE(std::get<KeyData>(inner->back().payload).key.size(), std::size_t{16});
        QCOMPARE(hexOf(std::get<KeyData>(inner->back().payload).validity.spi), QByteArray("00000001"));
    }

    // K3830-004 for PK, -054, -058
    void whatIsAnswered()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto both = exchange("pk", a, b);
        QVERIFY(both);
        const auto request = decode(both->request);
        const auto answer = decode(both->answer);
        QCOMPARE(payloadNames(*answer), QByteArray("T ID V"));
        QCOMPARE(answer->header.dataType, DataType::PkResponse);
        QVERIFY(!answer->header.v);
        QCOMPARE(answer->header.csbId, request->header.csbId);
        QCOMPARE(hexOf(answer->find<Timestamp>()->value), hexOf(request->find<Timestamp>()->value));
        QVERIFY(answer->header.map[1].ssrc != 0 && request->header.map[1].ssrc == 0);
    }

    // K3830-033, -034
    void bothSignatureTypes()
    {
        for (const auto type : {SignatureType::RsaPkcs1, SignatureType::RsaPss}) {
            auto a = certifiedSide(aliceId);
            auto b = certifiedSide(bobId);
            a.endpoint.x509.signatureType = type;
            const auto both = exchange("pk", a, b);
            QVERIFY(both);
            QCOMPARE(decode(both->request)->find<Sign>()->type, static_cast<std::uint8_t>(type));
        }
    }

    // RFC 3830 4.3.1 and 6.7, K4738-047: chain, URL or nothing
    void waysToSendCertificates_data()
    {
        QTest::addColumn<int>("send");
        QTest::addColumn<bool>("known");
        QTest::addColumn<bool>("fetched");
        QTest::addColumn<bool>("agreed");
        QTest::newRow("chain, known") << 0 << true << false << true;
        QTest::newRow("chain, unknown but vouched for") << 0 << false << false << true;
        QTest::newRow("URL fetched") << 1 << false << true << true;
        QTest::newRow("URL not fetched") << 1 << false << false << false;
        QTest::newRow("none, known") << 2 << true << false << true;
        QTest::newRow("none, unknown") << 2 << false << false << false;
    }
    void waysToSendCertificates()
    {
        QFETCH(const int, send);
        QFETCH(const bool, known);
        QFETCH(const bool, fetched);
        QFETCH(const bool, agreed);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        a.endpoint.x509.send = static_cast<SendCertificates>(send);
        a.endpoint.x509.url = "http://example.org/alice.cer";
        b.endpoint.x509.fetchUrls = true;
        if (!known)
            b.endpoint.x509.peers.clear();
        const auto initiator = initiate("pk", a);
        QCOMPARE(certificateUrls(initiator->message()).size(), send == 1 ? 1u : 0u);
        Arrival arrival;
        if (fetched)
            arrival.fetched = {{a.endpoint.x509.url, octets(certificateOf(aliceId).chain.front().der())}};
        const auto step = b.respond(initiator->message(), noon(), arrival);
        QCOMPARE(step.agreement.has_value(), agreed);
        if (!agreed)
            QCOMPARE(number(step.error), std::optional(8));
        else
            QCOMPARE(step.agreement->provenBy, known ? ProvenBy::KnownCertificate : ProvenBy::Authority);
    }

    void urlsAreNotForEveryone()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        a.endpoint.x509.send = SendCertificates::Url;
        a.endpoint.x509.url = "http://example.org/alice.cer";
        Arrival arrival;
        arrival.fetched = {{a.endpoint.x509.url, octets(certificateOf(aliceId).chain.front().der())}};
        QCOMPARE(number(b.respond(initiate("pk", a)->message(), noon(), arrival).error), std::optional(8));
        b.endpoint.x509.fetchUrls = true; // and what the URL leads to has to be a certificate, and hers
        arrival.fetched[a.endpoint.x509.url] = Bytes(100, 0x30);
        QCOMPARE(number(b.respond(initiate("pk", a)->message(), noon(), arrival).error), std::optional(8));
        arrival.fetched[a.endpoint.x509.url] = octets(certificateOf(carolId).chain.front().der());
        QCOMPARE(number(b.respond(initiate("pk", a)->message(), noon(), arrival).error), std::optional(8));
    }

    // K3830-094: which of several certificates of ours a message is for
    void chashSelects()
    {
        auto b = certifiedSide(bobId);
        const auto second = certified(certificateRequest(bobId), KeyOf::BobsOther);
        b.endpoint.x509.own.push_back(second);
        for (const auto &own : b.endpoint.x509.own) {
            auto a = certifiedSide(aliceId);
            a.endpoint.x509.peers[std::string(bobId)] = own.chain;
            QVERIFY(exchange("pk", a, b));
        }
        // Without CHASH the first that may decrypt is meant.
        auto a = certifiedSide(aliceId);
        const auto drop = [](Draft &draft) { draft.drop<Chash>(); };
        QVERIFY(b.respond(resigned(initiate("pk", a)->message(), certificateOf(aliceId), drop)).agreement);
        a.endpoint.x509.peers[std::string(bobId)] = second.chain;
        const auto refused = b.respond(resigned(initiate("pk", a)->message(), certificateOf(aliceId), drop));
        QCOMPARE(number(refused.error), std::optional(0));
    }
    void chashes_data()
    {
        QTest::addColumn<int>("function");
        QTest::addColumn<bool>("ours");
        QTest::addColumn<int>("error");
        QTest::newRow("SHA-1") << 0 << true << 99;
        QTest::newRow("MD5") << 1 << true << 99;
        QTest::newRow("SHA-256") << 2 << true << 99;
        QTest::newRow("SHA-1 of another certificate") << 0 << false << 8;
        QTest::newRow("MD5 of another certificate") << 1 << false << 8;
        QTest::newRow("SHA-512") << 4 << true << 5;
    }
    void chashes()
    {
        QFETCH(const int, function);
        QFETCH(const bool, ours);
        QFETCH(const int, error);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        constexpr HashFunction functions[] = {HashFunction::Sha1, HashFunction::Md5, HashFunction::Sha256};
        const auto der = certificateOf(ours ? bobId : carolId).chain.front().der();
        const auto hash = function < 3 ? digest(functions[function], der) : Bytes(64, 1);
        const auto message = resigned(initiate("pk", a)->message(), certificateOf(aliceId), [&](Draft &draft) {
            draft.the<Chash>() = {static_cast<std::uint8_t>(function), hash};
        });
        const auto step = b.respond(message);
        QCOMPARE(number(step.error).value_or(99), error);
        QCOMPARE(step.agreement.has_value(), error == 99);
    }

    // K3830-018, -019, -027, -103, -104, -117: what our initiator does not make itself
    void otherKeys_data()
    {
        QTest::addColumn<QByteArray>("what");
        for (const auto *what : {"TGK", "TGK+SALT", "TEK+SALT", "two TGKs with MKI", "two TEKs with MKI", "intervals"})
            QTest::newRow(what) << QByteArray(what);
    }
    void otherKeys()
    {
        QFETCH(const QByteArray, what);
        static const auto from = octets("000000000000"), middle = octets("00000000ffff");
        static const auto next = octets("000000010000"), to = octets("0000ffffffff");
        const std::map<QByteArray, std::vector<Payload>> variants{
            {"TGK", {keyData(KeyDataType::Tgk, key128)}},
            {"TGK+SALT", {keyData(KeyDataType::TgkSalt, key128, salt112)}},
            {"TEK+SALT", {keyData(KeyDataType::TekSalt, key128, salt112)}},
            {"two TGKs with MKI",
             {keyData(KeyDataType::Tgk, key128, {}, mki1), keyData(KeyDataType::TgkSalt, otherKey128, salt112, mki2)}},
            {"two TEKs with MKI",
             {keyData(KeyDataType::TekSalt, key128, salt112, mki1),
              keyData(KeyDataType::TekSalt, otherKey128, salt112, mki2)}},
            {"intervals",
             {keyDataValid(KeyDataType::Tgk, key128, {}, from, middle),
              keyDataValid(KeyDataType::Tgk, otherKey128, {}, next, to)}}};
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        for (const auto encryption : {Encryption::AesCm128, Encryption::AesKw128}) {
            LooseEnvelope envelope;
            envelope.keys = variants.at(what);
            envelope.encryption = encryption;
            // K3830-025: key wrap needs no other MAC
            envelope.mac = encryption == Encryption::AesKw128 ? MacAlgorithm::Null : MacAlgorithm::HmacSha1_160;
            const auto step = b.respond(withEnvelope(initiate("pk", a)->message(), envelope));
            QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
            const auto &sessions = step.agreement->sessions;
            QCOMPARE(sessions.size(), 2 * envelope.keys.size());
            for (std::size_t i = 0; i < sessions.size(); ++i) {
                const auto &data = std::get<KeyData>(envelope.keys[i % envelope.keys.size()]);
                QCOMPARE(hexOf(sessions[i].mki), hexOf(data.validity.spi));
                QCOMPARE(hexOf(sessions[i].salt.view()) == hexOf(data.salt), data.hasSalt());
                QCOMPARE(hexOf(sessions[i].tek.view()) == hexOf(data.key), data.type == KeyDataType::TekSalt);
                QCOMPARE(sessions[i].interval.has_value(), what == "intervals");
            }
            QVERIFY(step.agreement->weaknesses.empty());
        }
    }

    // K3830-092: certificates of the types 2 and 3 side by side
    void certificateTypes_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("error");
        QTest::newRow("0 X.509v3") << 0 << 99;
        QTest::newRow("2 for signatures") << 2 << 99;
        QTest::newRow("3 for encryption") << 3 << 8;
        QTest::newRow("77") << 77 << 8;
    }
    void certificateTypes()
    {
        QFETCH(const int, type);
        QFETCH(const int, error);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        b.endpoint.x509.peers.clear();
        const auto step = b.respond(resigned(initiate("pk", a)->message(), certificateOf(aliceId), [&](Draft &draft) {
            draft.the<Cert>().type = static_cast<std::uint8_t>(type);
        }));
        QCOMPARE(number(step.error).value_or(99), error);
    }

    // RFC 3830 3.2: IDi may be left out where CERTi tells who it is
    void certificateInPlaceOfTheIdentity()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto step = b.respond(resigned(initiate("pk", a)->message(), certificateOf(aliceId), [&](Draft &draft) {
            draft.payloads.erase(std::find_if(draft.payloads.begin(), draft.payloads.end(), [](const Payload &payload) {
                return std::holds_alternative<Id>(payload);
            }));
        }));
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.agreement->initiator, std::string(aliceId));
        QCOMPARE(step.agreement->responder, std::string(bobId));
    }

    // K3830-007, -084, -085, -086, P-19: what both keep of the envelope key
    void envelopeCache_data()
    {
        QTest::addColumn<int>("cache");
        QTest::newRow("0: not at all") << 0;
        QTest::newRow("1: also for other bundles") << 1;
        QTest::newRow("2: for this bundle") << 2;
    }
    void envelopeCache()
    {
        QFETCH(const int, cache);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        a.endpoint.psk.clear();
        b.endpoint.psk.clear();
        auto offer = offerToBob();
        offer.cache = static_cast<EnvelopeCache>(cache);
        const auto both = exchange("pk", a, b, offer);
        QVERIFY(both);
        QCOMPARE(decode(both->request)->find<Pke>()->cache, static_cast<std::uint8_t>(cache));
        QCOMPARE(both->initiator.csb->envelopeKey.empty(), cache == 0);
        QVERIFY(equalSecrets(both->initiator.csb->envelopeKey.view(), both->responder.csb->envelopeKey.view()));
        QCOMPARE(a.state.envelopes.size(), cache == 1 ? 1u : 0u);
        QCOMPARE(b.state.envelopes.size(), cache == 1 ? 1u : 0u);
        // Another bundle under the envelope key: only by C = 1, from either side, and for a day.
        QCOMPARE(static_cast<bool>(psk::initiate(a.context(), offerToBob(), noon())), cache == 1);
        if (cache == 1) {
            const auto later = noon().plusSeconds(3600);
            const auto next = exchange("psk", a, b, offerToBob(), later);
            QVERIFY(next);
            QVERIFY(next->responder.csbId != both->responder.csbId);
            auto toAlice = offerToBob();
            toAlice.peer = aliceId;
            QVERIFY(exchange("psk", b, a, toAlice, later.plusSeconds(1)));
            QVERIFY(!psk::initiate(a.context(), offerToBob(), noon().plusSeconds(86401)));
            const auto late = initiate("psk", a, offerToBob(), noon().plusSeconds(86399));
            QCOMPARE(number(b.respond(late->message(), noon().plusSeconds(86401)).error), std::optional(7));
        }
        // Who knows the key anyway cannot use it for another bundle unless by C = 1.
        Side forger = side(aliceId, bobId, both->initiator.csb->envelopeKey.view());
        if (cache == 2)
            QCOMPARE(number(b.respond(initiate("psk", forger)->message()).error), std::optional(7));
    }
};

QTEST_GUILESS_MAIN(PkTest)
#include "pk_test.moc"
