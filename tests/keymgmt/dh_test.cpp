// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "methods/identity.h"
#include "methods/kemac.h"
#include "wire/text.h"

#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;

namespace {

constexpr int none = 99; ///< no error

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

/// The prime of a group, by g^x with what DhKey says of its own range: p - 2 is the last value that is taken.
Bytes primeOf(DhGroup group)
{
    // RFC 2409 6.1, 6.2 and RFC 3526 2: 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + k); the first and last 64 bits
    // are ones. The rest is taken from the RFCs.
    static const std::string start =
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08"
        "798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A6";
    switch (group) {
    case DhGroup::Oakley1:
        return octets(start + "3A3620FFFFFFFFFFFFFFFF");
    case DhGroup::Oakley2:
        return octets(start + "37ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF");
    case DhGroup::Oakley5:
        return octets(start + "37ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
                              "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C35"
                              "4E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF");
    }
    return {};
}

Bytes minus(Bytes prime, std::uint8_t small)
{
    prime.back() = static_cast<std::uint8_t>(prime.back() - small);
    return prime;
}

Bytes numberOf(std::size_t size, std::uint8_t value)
{
    Bytes number(size);
    number.back() = value;
    return number;
}

} // namespace

/// Signed Diffie-Hellman (RFC 3830 3.3) and DH-HMAC (RFC 4650): one exchange with two kinds of proof.
class DhTest : public QObject
{
    Q_OBJECT

    static void methodRows()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::newRow("dh") << QByteArray("dh");
        QTest::newRow("dh-hmac") << QByteArray("dh-hmac");
    }

private Q_SLOTS:
    // K3830-009, -035, -074, -076, -077, -087, K4650-008, -034: suites, streams and groups
    void bothSides_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("suite");
        QTest::addColumn<int>("streams");
        QTest::addColumn<int>("group");
        for (const QByteArray method : {"dh", "dh-hmac"}) {
            for (const auto &suite : srtpSuites())
                QTest::addRow("%s, %s", method.data(), suite.name.data())
                    << method << QByteArray(suite.name.data()) << 1 << 0;
            for (const int streams : {0, 3, 127})
                QTest::addRow("%s, %d media lines", method.data(), streams)
                    << method << QByteArray("AEAD_AES_128_GCM") << streams << 0;
            for (const int group : {0, 1, 2})
                QTest::addRow("%s, group %d", method.data(), group)
                    << method << QByteArray("AES_CM_128_HMAC_SHA1_80") << 1 << group;
        }
    }
    void bothSides()
    {
        QFETCH(const QByteArray, method);
        QFETCH(const QByteArray, suite);
        QFETCH(const int, streams);
        QFETCH(const int, group);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        a.endpoint.accept.nullEncryption = b.endpoint.accept.nullEncryption = suite.startsWith("NULL");
        a.endpoint.accept.weakGroups = b.endpoint.accept.weakGroups = group != 0;
        auto offer = offerToBob();
        offer.suites = {srtpSuite(suite.toStdString())};
        offer.streams = static_cast<unsigned>(streams);
        offer.group = static_cast<DhGroup>(group);
        offer.v = false; // K3830-070: an answer comes all the same
        const auto both = exchange(method.toStdString(), a, b, offer);
        QVERIFY(both);
        QVERIFY(!both->answer.empty());
        const auto &agreed = both->responder;
        QCOMPARE(QByteArray(agreed.method.data()), method);
        QCOMPARE(agreed.sessions.size(), static_cast<std::size_t>(2 * streams));
        QCOMPARE(agreed.tgks.front().size(), valueOctets(offer.group));
        QVERIFY(agreed.csb->envelopeKey.empty());
        QCOMPARE(agreed.peerCertificate.has_value(), method == "dh");
        QCOMPARE(agreed.provenBy, method == "dh" ? ProvenBy::KnownCertificate : ProvenBy::SharedKey);
        for (const auto &session : agreed.sessions) {
            QVERIFY(session.ssrc != 0);
            QCOMPARE(session.suite->name, std::string_view(suite.constData()));
            QCOMPARE(session.tek.size(), session.suite->masterKeyOctets());
            QCOMPARE(hexOf(session.mki), QByteArray("00000001")); // K3830-046, -105
        }
    }

    // K3830-008, -012, -013, -014, -058, -080, -088, K4650-001, -002, -003, -004, -005, -006, -009, -016, -019, -020,
    // -022, -023, -026, -036
    void whatIsSentAndAnswered_data() { methodRows(); }
    void whatIsSentAndAnswered()
    {
        QFETCH(const QByteArray, method);
        const bool hmac = method == "dh-hmac";
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.sdpProtocols = {"mikey"};
        const auto both = exchange(method.toStdString(), a, b, offer, noon(), {{}, {"mikey"}});
        QVERIFY(both);
        const auto request = decode(both->request);
        const auto answer = decode(both->answer);
        QCOMPARE(payloadNames(*request), QByteArray(hmac ? "T RAND ID ID SP General Ext DH KEMAC"
                                                         : "T RAND ID CERT ID SP General Ext DH SIGN"));
        QCOMPARE(payloadNames(*answer), QByteArray(hmac ? "T ID ID DH DH KEMAC" : "T ID CERT ID DH DH SIGN"));
        QCOMPARE(static_cast<int>(request->header.dataType), hmac ? 7 : 4);
        QCOMPARE(static_cast<int>(answer->header.dataType), hmac ? 8 : 5);
        QCOMPARE(textOf(request->all<Id>()[0]->data), aliceId);
        QCOMPARE(textOf(request->all<Id>()[1]->data), bobId);
        QCOMPARE(textOf(answer->all<Id>()[0]->data), bobId);
        QCOMPARE(textOf(answer->all<Id>()[1]->data), aliceId);
        QCOMPARE(hexOf(answer->find<Timestamp>()->value), hexOf(request->find<Timestamp>()->value));
        QCOMPARE(answer->header.csbId, request->header.csbId);
        const auto halves = answer->all<Dh>();
        QCOMPARE(hexOf(halves[1]->value), hexOf(request->find<Dh>()->value));
        QVERIFY(hexOf(halves[0]->value) != hexOf(halves[1]->value));
        QCOMPARE(halves[0]->group, request->find<Dh>()->group);
        if (!hmac)
            return;
        for (const auto *message : {&*request, &*answer}) {
            const auto &kemac = *message->find<Kemac>();
            QCOMPARE(kemac.encryption, Encryption::Null);
            QCOMPARE(kemac.macAlgorithm, MacAlgorithm::HmacSha1_160);
            QVERIFY(kemac.encrData.empty());
            // K4650-010: the HMAC is over all before it, and nothing is appended
            const auto key = messageKey(Prf::Mikey1, sharedKey(), KeyUse::MessageAuth, labelOf(*request), 20);
            QCOMPARE(hexOf(kemac.mac), hexOf(kemacMac(key.view(), message->octets.first(message->octets.size() - 20))));
        }
    }

    // K3830-010, K4650-007, -031
    void everyHalfKeyIsAnother_data() { methodRows(); }
    void everyHalfKeyIsAnother()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        std::set<QByteArray> values;
        const auto initiator = initiate(method.toStdString(), a);
        for (int i = 0; i < 5; ++i) {
            auto b = certifiedSide(bobId); // who has not seen the message yet
            const auto step = b.respond(initiator->message());
            values.insert(hexOf(decode(*step.send)->all<Dh>()[0]->value));
            values.insert(hexOf(decode(initiate(method.toStdString(), a)->message())->find<Dh>()->value));
        }
        QCOMPARE(values.size(), 10u);
    }

    // K3830-002, -061, -062, -063, -106, -113, K4650-010, -027: flips, cuts and shifts of both messages
    void everyOctet_data() { methodRows(); }
    void everyOctet()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.sdpProtocols = {"mikey"};
        const auto initiator = initiate(method.toStdString(), a, offer);
        const auto request = initiator->message();
        const auto answer = b.respond(request);
        b.state = {};
        for (std::size_t i = 0; i < request.size(); ++i) {
            for (const int flip : {0x01, 0x80}) {
                auto forged = request;
                forged[i] = static_cast<std::uint8_t>(forged[i] ^ flip);
                const auto step = b.respond(forged);
                QVERIFY(!step.agreement && step.error && !step.error->reason.empty());
            }
            QVERIFY(!b.respond(ByteView(request).first(i)).agreement);
        }
        QCOMPARE(b.state.replays.size(), 0u);
        for (std::size_t i = 0; i < answer.send->size(); ++i) {
            for (const int flip : {0x01, 0x10, 0x80}) {
                auto forged = *answer.send;
                forged[i] = static_cast<std::uint8_t>(forged[i] ^ flip);
                const auto step = initiator->receive(forged, noon());
                QVERIFY(!step.agreement && !step.send && step.error);
            }
            QVERIFY(!initiator->receive(ByteView(*answer.send).first(i), noon()).agreement);
        }
        const auto finished = initiator->receive(*answer.send, noon());
        QVERIFY(finished.agreement && sameKeys(*finished.agreement, *answer.agreement));
    }

    /// DH values at the edges, by someone with the right keys: K3830-061 says the proof comes first.
    void valuesAtTheEdges_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("group");
        for (const QByteArray method : {"dh", "dh-hmac"}) {
            for (const int group : {0, 1, 2})
                QTest::addRow("%s, group %d", method.data(), group) << method << group;
        }
    }
    void valuesAtTheEdges()
    {
        QFETCH(const QByteArray, method);
        QFETCH(const int, group);
        auto a = certifiedSide(aliceId);
        a.endpoint.accept.weakGroups = true;
        auto offer = offerToBob();
        offer.group = static_cast<DhGroup>(group);
        const auto size = valueOctets(offer.group);
        const auto prime = primeOf(offer.group);
        QCOMPARE(prime.size(), size);
        const std::map<std::string, std::pair<Bytes, bool>> values{
            {"0", {numberOf(size, 0), false}},       {"1", {numberOf(size, 1), false}},
            {"2", {numberOf(size, 2), true}},        {"p-2", {minus(prime, 2), true}},
            {"p-1", {minus(prime, 1), false}},       {"p", {prime, false}},
            {"all ones", {Bytes(size, 0xff), false}}};
        for (const auto &[name, value] : values) {
            auto b = certifiedSide(bobId);
            b.endpoint.accept.weakGroups = true;
            const auto initiator = initiate(method.toStdString(), a, offer);
            const auto set = [&octets = value.first](Draft &draft) { draft.the<Dh>().value = octets; };
            const auto step = b.respond(rewritten(initiator->message(), aliceId, set));
            QVERIFY2(step.agreement.has_value() == value.second, name.c_str());
            if (!value.second)
                QCOMPARE(number(step.error), std::optional(6));

            auto other = certifiedSide(bobId);
            other.endpoint.accept.weakGroups = true;
            const auto answer = other.respond(initiator->message());
            const auto finished = initiator->receive(rewritten(*answer.send, bobId, set, initiator->message()), noon());
            QVERIFY2(finished.agreement.has_value() == value.second, name.c_str());
            if (!value.second)
                QCOMPARE(number(finished.error), std::optional(6));
            else // the answer was not what Bob agreed on
                QVERIFY(!sameKeys(*finished.agreement, *answer.agreement));
        }
    }

    // K4650-034: weak groups only by the user's leave
    void weakGroups_data() { methodRows(); }
    void weakGroups()
    {
        QFETCH(const QByteArray, method);
        for (const auto group :
             {DhGroup::Oakley1, DhGroup::Oakley2, static_cast<DhGroup>(3), static_cast<DhGroup>(9)}) {
            auto a = certifiedSide(aliceId);
            auto b = certifiedSide(bobId);
            auto offer = offerToBob();
            offer.group = group;
            const auto refused = mikey::method(method.toStdString())->initiate(a.context(), offer, noon());
            QVERIFY(!refused && !refused.error().number);
            if (!isKnown(group))
                continue;
            a.endpoint.accept.weakGroups = true;
            const auto initiator = initiate(method.toStdString(), a, offer);
            const auto step = b.respond(initiator->message());
            QCOMPARE(number(step.error), std::optional(6));
            QVERIFY(step.send && !step.agreement);
        }
    }

    // RFC 4650 4.2 as printed: NULL is 2 and HMAC-SHA-1 is 0 (P-10)
    void numbersOfRfc4650_data()
    {
        QTest::addColumn<int>("encryption");
        QTest::addColumn<int>("mac");
        QTest::addColumn<int>("error");
        QTest::newRow("registry") << 0 << 1 << none;
        QTest::newRow("printed") << 2 << 0 << none;
        QTest::newRow("encryption printed") << 2 << 1 << none;
        QTest::newRow("MAC printed") << 0 << 0 << none;
        QTest::newRow("AES-CM") << 1 << 1 << 4;
        QTest::newRow("SHA-256") << 0 << 2 << 12; // its MAC has 32 octets, and 20 are there
    }
    void numbersOfRfc4650()
    {
        QFETCH(const int, encryption);
        QFETCH(const int, mac);
        QFETCH(const int, error);
        const auto literal = [&](ByteView message, ByteView request) {
            auto changed = octets(message.first(message.size() - 20));
            changed[changed.size() - 4] = static_cast<std::uint8_t>(encryption);
            changed[changed.size() - 1] = static_cast<std::uint8_t>(mac);
            const auto key = messageKey(Prf::Mikey1, sharedKey(), KeyUse::MessageAuth, labelOf(*decode(request)), 20);
            append(changed, kemacMac(key.view(), changed));
            return changed;
        };
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate("dh-hmac", a);
        const auto step = b.respond(literal(initiator->message(), initiator->message()));
        QCOMPARE(number(step.error).value_or(none), error);
        if (error != none)
            return;
        const auto finished = initiator->receive(literal(*step.send, initiator->message()), noon());
        QVERIFY(finished.agreement && sameKeys(*finished.agreement, *step.agreement));
    }

    // K3830-011, K4650-035: who lacks what the method needs says so; no method of two makes a group's keys
    void endpointsThatCannot()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        b.endpoint.x509.own.clear();
        QCOMPARE(number(b.respond(initiate("dh", a)->message()).error), std::optional(11));
        QVERIFY(mikey::method("dh")->obstacle(b.endpoint, std::string(aliceId)));
        b.endpoint.methods[std::string(aliceId)] = {"psk"};
        const auto refused = b.respond(initiate("dh-hmac", a)->message());
        QCOMPARE(number(refused.error), std::optional(11));
        a.endpoint.psk.clear();
        QVERIFY(mikey::method("dh-hmac")->obstacle(a.endpoint, std::string(bobId)));
        QVERIFY(!mikey::method("dh-hmac")->initiate(a.context(), offerToBob(), noon()));
        for (const auto *name : {"dh", "dh-hmac"})
            QVERIFY(!mikey::method(name)->group && mikey::method(name)->forwardSecrecy);
    }

    void keysAreNotThereBeforeTheAnswer_data() { methodRows(); }
    void keysAreNotThereBeforeTheAnswer()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        const auto initiator = initiate(method.toStdString(), a);
        const auto early = initiator->provisional();
        QVERIFY(!early && !early.error().number);
    }
};

QTEST_GUILESS_MAIN(DhTest)
#include "dh_test.moc"
