// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "crypto/openssl.h"
#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/reply.h"
#include "wire/text.h"

#include <QTest>

#include <openssl/rsa.h>

#include <set>

using namespace mikey;
using namespace mikey::test;

namespace {

constexpr int none = 99; ///< no error

const Bytes key128 = octets("00112233445566778899aabbccddeeff");
const Bytes salt112 = octets("a0a1a2a3a4a5a6a7a8a9aaabacad");

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

/// A genuine message of Alice's, and one signed by her after a change of draft and envelope.
struct Forge
{
    Side a = certifiedSide(aliceId);
    Bytes genuine = initiate("pk", a)->message();

    Bytes with(const LooseEnvelope &envelope, const Rewrite &change = nullptr,
               const OwnCertificate &signer = certificateOf(aliceId)) const
    {
        SealedLoosely sealed;
        return resigned(genuine, signer, [&](Draft &draft) {
            sealed = seal(draft, envelope, labelOf(*decode(genuine)));
            if (change)
                change(draft);
        });
    }
    static LooseEnvelope envelope()
    {
        LooseEnvelope envelope;
        envelope.keys = {keyData(KeyDataType::Tgk, key128)};
        return envelope;
    }
};

/// RSA of a block as it is: what a Bleichenbacher attacker has the responder decrypt.
Bytes rawRsa(ByteView block)
{
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, rsaKey(KeyOf::Bob).native(), nullptr));
    Bytes out(block.size());
    auto size = out.size();
    if (EVP_PKEY_encrypt_init(context.get()) <= 0 || EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) <= 0 ||
        EVP_PKEY_encrypt(context.get(), out.data(), &size, block.data(), block.size()) <= 0)
        throw std::logic_error("RSA");
    return out;
}

using Change = std::function<void(LooseEnvelope &, Draft &)>;

} // namespace

/// What the public key method refuses, and what its refusals do not tell.
class PkRefusalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K3830-061, -062, -063, -088, -106, -113: no forgery passes, none leaves a trace
    void everyOctetOfTheIMessage()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.sdpProtocols = {"mikey"};
        const auto genuine = initiate("pk", a, offer)->message();
        const auto attack = [&](const Bytes &forged) {
            const auto step = b.respond(forged);
            QVERIFY(!step.agreement && !step.plain);
            QVERIFY(step.error && !step.error->reason.empty());
            QCOMPARE(b.state.replays.size(), 0u);
            const auto answer = step.send ? decode(*step.send) : Result<Message, DecodeFault>(DecodeFault{});
            QVERIFY(!step.send || (answer && !answer->find<Verification>()));
        };
        for (std::size_t i = 0; i < genuine.size(); ++i) {
            for (const int flip : {0x01, 0x80}) {
                auto forged = genuine;
                forged[i] = static_cast<std::uint8_t>(forged[i] ^ flip);
                attack(forged);
            }
            if (i % 3 != 0)
                continue;
            auto shorter = genuine;
            shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
            attack(shorter);
            attack(Bytes(genuine.begin(), genuine.begin() + static_cast<std::ptrdiff_t>(i)));
        }
        auto longer = genuine;
        longer.push_back(0);
        attack(longer);
        QVERIFY(b.respond(genuine).agreement);
    }

    void everyOctetOfTheRMessage()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate("pk", a);
        const auto genuine = *b.respond(initiator->message()).send;
        for (std::size_t i = 0; i < genuine.size(); ++i) {
            for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
                auto forged = genuine;
                forged[i] = static_cast<std::uint8_t>(forged[i] ^ flip);
                const auto step = initiator->receive(forged, noon());
                QVERIFY(!step.agreement && !step.send && step.error);
            }
            QVERIFY(!initiator->receive(ByteView(genuine).first(i), noon()).agreement);
        }
        QVERIFY(initiator->receive(genuine, noon()).agreement);
    }

    /// One change of a message that Alice signs, and the error number it has to give. V ends the answer only if the
    /// envelope was opened.
    void refusals_data()
    {
        QTest::addColumn<int>("error");
        QTest::addColumn<bool>("verified");
        const auto row = [this](const char *name, int error, bool verified, Change change) {
            QTest::newRow(name) << error << verified;
            m_changes[name] = std::move(change);
        };
        row("nothing", none, true, [](LooseEnvelope &, Draft &) {});
        row("PRF-HMAC-SHA-256", 2, false, [](LooseEnvelope &, Draft &d) { d.header.prf = Prf::HmacSha256; });
        row("COUNTER", 1, false, [](LooseEnvelope &, Draft &d) {
            auto &t = d.the<Timestamp>();
            t = {TimestampType::Counter, t.value.first(4)};
        });
        row("NULL MAC with AES-CM", 3, false, [](LooseEnvelope &e, Draft &) { e.mac = MacAlgorithm::Null; });
        row("MAC 2", 3, false, [](LooseEnvelope &e, Draft &) { e.mac = static_cast<MacAlgorithm>(2); });
        row("NULL encryption", 4, false, [](LooseEnvelope &e, Draft &) { e.encryption = Encryption::Null; });
        row("encryption 200", 4, false, [](LooseEnvelope &e, Draft &) { e.encryption = static_cast<Encryption>(200); });
        row("cache type 3", 12, false, [](LooseEnvelope &, Draft &d) { d.the<Pke>().cache = 3; });
        row("no RAND, no bundle", 12, false, [](LooseEnvelope &, Draft &d) { d.drop<Rand>(); });
        row("no PKE", 12, false, [](LooseEnvelope &, Draft &d) { d.drop<Pke>(); });
        row("no KEMAC", 12, false, [](LooseEnvelope &, Draft &d) { d.drop<Kemac>(); });
        row("ID type 2", 7, false, [](LooseEnvelope &, Draft &d) { d.the<Id>().type = static_cast<IdType>(2); });
        row("K3830-006 envelope of Carol", 0, false,
            [](LooseEnvelope &e, Draft &) { e.sender = std::string(carolId); });
        row("envelope without a sender", 0, false, [](LooseEnvelope &e, Draft &) { e.sender.clear(); });
        row("for Carol", 7, false, [](LooseEnvelope &, Draft &d) { d.the<Id>(1) = idPayload(carolId); });
        row("no key", 12, true, [](LooseEnvelope &e, Draft &) { e.keys.clear(); });
        row("short TGK", 12, false,
            [](LooseEnvelope &e, Draft &) { e.keys = {keyData(KeyDataType::Tgk, ByteView(key128).first(15))}; });
        row("two keys without MKI", 12, false, [](LooseEnvelope &e, Draft &) { e.keys.push_back(e.keys.front()); });
        row("TEK of another length", 10, true, [](LooseEnvelope &e, Draft &) {
            static const Bytes tek(32, 7);
            e.keys = {keyData(KeyDataType::TekSalt, tek, salt112)};
        });
        row("TESLA", 9, true,
            [](LooseEnvelope &, Draft &d) { d.the<SecurityPolicy>().protocol = static_cast<ProtocolType>(1); });
        row("K3830-095 policy number twice", 10, true,
            [](LooseEnvelope &, Draft &d) { d.payloads.insert(d.payloads.begin() + 5, SecurityPolicy{}); });
        row("policy that is not there", 10, true, [](LooseEnvelope &, Draft &d) { d.header.map[0].policyNo = 9; });
        row("K3830-052 prefix", 10, true, [](LooseEnvelope &, Draft &d) {
            static const Bytes four{4};
            d.the<SecurityPolicy>().parameters = {{SrtpParameter::SrtpPrefixLength, four}};
        });
    }
    void refusals()
    {
        QFETCH(const int, error);
        QFETCH(const bool, verified);
        Forge forge;
        auto envelope = Forge::envelope();
        SealedLoosely sealed;
        const auto message = resigned(forge.genuine, certificateOf(aliceId), [&](Draft &draft) {
            auto scratch = draft;
            m_changes.at(QTest::currentDataTag())(envelope, scratch); // what it wants of the envelope
            sealed = seal(draft, envelope, labelOf(*decode(forge.genuine)));
            m_changes.at(QTest::currentDataTag())(envelope, draft);
        });
        auto b = certifiedSide(bobId);
        const auto step = b.respond(message);
        QVERIFY2(number(step.error).value_or(none) == error,
                 step.error ? (step.error->name + ": " + step.error->reason).c_str() : "no error");
        QCOMPARE(step.agreement.has_value(), error == none);
        QVERIFY(step.send);
        const auto answer = decode(*step.send);
        QVERIFY(answer);
        QCOMPARE(answer->header.dataType == DataType::Error, error != none);
        QCOMPARE(answer->find<Verification>() != nullptr, verified);
        if (verified) {
            const auto auth = messageKey(Prf::Mikey1, envelope.key, KeyUse::MessageAuth, labelOf(*decode(message)), 20);
            QVERIFY(verifies(*answer, *answer->find<Verification>(), decode(message)->find<Timestamp>()->value,
                             {auth.view(), octetsOf(aliceId), octetsOf(bobId)}));
        }
        if (error == 10)
            QCOMPARE(answer->all<SecurityPolicy>().size(), b.endpoint.preferredSuites().size());
    }

    // K3830-031, no oracle: padding, MAC, key wrap and the length of the key give the same answer and the same words
    void oneAnswerToEveryFaultOfTheEnvelope()
    {
        Forge forge;
        const auto good = Forge::envelope();
        std::vector<Bytes> messages;
        const std::size_t octetsOfRsa = 256;
        const auto block = [&](std::uint8_t first, std::uint8_t second, std::size_t zeroAt, const Bytes &tail) {
            Bytes padded(octetsOfRsa, 0x5a);
            padded[0] = first;
            padded[1] = second;
            if (zeroAt != 0)
                padded[zeroAt] = 0;
            std::copy(tail.begin(), tail.end(), padded.end() - static_cast<std::ptrdiff_t>(tail.size()));
            return padded;
        };
        const auto add = [&](const Bytes &padded) {
            auto envelope = good;
            envelope.encryptedKey = rawRsa(padded);
            messages.push_back(forge.with(envelope));
        };
        const auto end = octetsOfRsa - good.key.size();
        add(block(0, 1, end - 1, good.key));
        add(block(0, 0, end - 1, good.key));
        add(block(0, 2, 0, {}));                                            // no zero at all
        add(block(0, 2, 2, good.key));                                      // no padding
        add(block(0, 2, 9, good.key));                                      // seven octets of padding
        add(block(0, 2, end, Bytes(good.key.begin() + 1, good.key.end()))); // key of 15 octets
        add(block(0, 2, end - 2, good.key));                                // of 17 octets
        add(block(0, 2, octetsOfRsa - 1, {}));                              // an empty key
        add(block(0, 2, octetsOfRsa - 65, Bytes(64, 7)));                   // a long one
        for (std::size_t zeroAt = 10; zeroAt < octetsOfRsa; zeroAt += 16)
            add(block(0, 2, zeroAt, {}));
        for (const std::size_t size : {0u, 1u, 255u, 257u}) { // no block of the key's length
            auto envelope = good;
            envelope.encryptedKey = Bytes(size, 1);
            messages.push_back(forge.with(envelope));
        }
        auto beyond = good; // not below the modulus
        beyond.encryptedKey = Bytes(octetsOfRsa, 0xff);
        messages.push_back(forge.with(beyond));
        auto toCarol = good;
        toCarol.recipient = carolId;
        messages.push_back(forge.with(toCarol));
        static const Bytes wrongMac(20, 1); // right padding, wrong MAC
        messages.push_back(forge.with(good, [](Draft &d) { d.the<Kemac>().mac = wrongMac; }));
        for (const auto mac : {MacAlgorithm::Null, MacAlgorithm::HmacSha1_160}) { // right padding, wrong key wrap
            auto wrapped = good;
            wrapped.encryption = Encryption::AesKw128;
            wrapped.mac = mac;
            static const Bytes noise(40, 3);
            messages.push_back(forge.with(wrapped, [](Draft &d) { d.the<Kemac>().encrData = noise; }));
            wrapped.encryptedKey = rawRsa(block(0, 1, end - 1, good.key)); // and wrong padding with key wrap
            messages.push_back(forge.with(wrapped));
            messages.push_back(forge.with(wrapped, [](Draft &d) { d.the<Kemac>().encrData = ByteView(); }));
        }
        std::set<QByteArray> answers;
        std::set<std::string> reasons;
        for (const auto &message : messages) {
            auto b = certifiedSide(bobId);
            const auto step = b.respond(message);
            QVERIFY(!step.agreement && step.error && step.send);
            QCOMPARE(number(step.error), std::optional(0));
            answers.insert(hexOf(*step.send));
            reasons.insert(step.error->reason);
            QCOMPARE(b.state.envelopes.size(), 0u);
        }
        QVERIFY(messages.size() > 30);
        QCOMPARE(answers.size(), 1u); // CSB ID and T are the same for all
        QCOMPARE(reasons.size(), 1u);
        QVERIFY(certifiedSide(bobId).respond(forge.with(good)).agreement); // it was not something else
    }

    // The user lets NULL MACs pass, and there is still nothing to learn of the padding.
    void noOracleWithWeakAlgorithms()
    {
        Forge forge;
        auto envelope = Forge::envelope();
        envelope.mac = MacAlgorithm::Null;
        std::set<QByteArray> answers;
        for (const std::uint8_t second : {0, 1, 3, 4, 5}) {
            Bytes padded(256, 0x5a);
            padded[0] = 0;
            padded[1] = second;
            envelope.encryptedKey = rawRsa(padded);
            auto b = certifiedSide(bobId);
            b.endpoint.accept.nullAuthentication = true;
            const auto step = b.respond(forge.with(envelope));
            QVERIFY(!step.agreement);
            answers.insert(hexOf(*step.send));
        }
        QCOMPARE(answers.size(), 1u);
    }

    // K3830-060
    void replays()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto first = initiate("pk", a)->message();
        const auto second = initiate("pk", a)->message();
        QVERIFY(b.respond(second).agreement && b.respond(first).agreement); // two bundles, in any order
        for (const auto &message : {first, second}) {
            const auto again = b.respond(message, noon().plusSeconds(10));
            QCOMPARE(number(again.error), std::optional(-1));
            QVERIFY(!again.agreement && !again.send);
        }
        QCOMPARE(b.state.replays.size(), 2u);
    }

    // K3830-059, P-17: ERR 1 only to who is authentic
    void clocksApart()
    {
        Forge forge;
        for (const int seconds : {-86400, -301, 301, 86400}) {
            auto b = certifiedSide(bobId);
            const auto step = b.respond(forge.genuine, noon().plusSeconds(seconds));
            QCOMPARE(number(step.error), std::optional(1));
            QVERIFY(step.send && !step.agreement);
            QCOMPARE(b.state.replays.size(), 0u);
            const auto forged = forge.with(Forge::envelope(), nullptr, certificateOf(carolId));
            const auto silent = b.respond(forged, noon().plusSeconds(seconds));
            QCOMPARE(number(silent.error), std::optional(-1));
            QVERIFY(!silent.send);
        }
    }

    void endpointsWithoutCertificates()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        b.endpoint.x509.own.clear();
        QCOMPARE(number(b.respond(initiate("pk", a)->message()).error), std::optional(11));
        const auto &pk = *method("pk");
        QVERIFY(!pk.obstacle(a.endpoint, std::string(bobId)));
        QVERIFY(pk.obstacle(b.endpoint, std::string(aliceId)));
        a.endpoint.x509.peers.clear();
        QVERIFY(pk.obstacle(a.endpoint, std::string(bobId)));
        const auto made = pk.initiate(a.context(), offerToBob(), noon());
        QVERIFY(!made && !made.error().number);
    }

    // Neither a message of our own nor the answer to it begins or ends an exchange.
    void reflections()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate("pk", a);
        const auto answer = b.respond(initiator->message());
        QVERIFY(!a.respond(initiator->message()).agreement);
        QCOMPARE(number(a.respond(*answer.send).error), std::optional(11));
        QCOMPARE(number(b.respond(*answer.send).error), std::optional(11));
        QCOMPARE(number(initiator->receive(initiator->message(), noon()).error), std::optional(11));
        QVERIFY(initiator->receive(*answer.send, noon()).agreement);
    }

    void payloadsOfAnotherExchange()
    {
        auto a = certifiedSide(aliceId);
        const auto first = initiate("pk", a)->message();
        const auto other = initiate("pk", a)->message();
        const auto donor = decode(other);
        const auto swapped = [&](const Rewrite &change) {
            return certifiedSide(bobId).respond(resigned(first, certificateOf(aliceId), change));
        };
        // What hangs on the envelope key fails with the MAC although Alice signed it.
        QCOMPARE(number(swapped([&](Draft &d) { d.the<Kemac>() = *donor->find<Kemac>(); }).error), std::optional(0));
        QCOMPARE(number(swapped([&](Draft &d) { d.the<Pke>() = *donor->find<Pke>(); }).error), std::optional(0));
        QCOMPARE(number(swapped([&](Draft &d) { d.the<Rand>() = *donor->find<Rand>(); }).error), std::optional(0));
        QCOMPARE(number(swapped([&](Draft &d) { d.header.csbId = donor->header.csbId; }).error), std::optional(0));
        QVERIFY(swapped([](Draft &) {}).agreement);
    }

    // K3830-006: Mallory takes Alice's envelope into a message that he signs himself
    void envelopeSignedAnew()
    {
        Forge forge;
        const auto taken = resigned(forge.genuine, certificateOf(carolId), [](Draft &d) {
            d.the<Id>() = idPayload(carolId);
            static const auto der = octets(certificateOf(carolId).chain.front().der());
            d.the<Cert>().data = der;
        });
        auto b = certifiedSide(bobId);
        const auto step = b.respond(taken);
        QCOMPARE(number(step.error), std::optional(0));
        QVERIFY(!step.agreement);
        QVERIFY(!decode(*step.send)->find<Verification>()); // that would tell whose envelope it is
    }

    void answersOfOtherExchanges()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto first = initiate("pk", a);
        const auto second = initiate("pk", a);
        const auto answer = b.respond(second->message());
        QCOMPARE(number(first->receive(*answer.send, noon()).error), std::optional(-1));
        // An answer of the right exchange, but of another key: Carol cannot answer for Bob.
        auto carol = certifiedSide(carolId);
        const auto forged = answerTo(first->message(), DataType::PkResponse,
                                     {*decode(first->message())->find<Timestamp>(), idPayload(bobId)}, sharedKey());
        QCOMPARE(number(first->receive(forged, noon()).error), std::optional(0));
        QCOMPARE(number(carol.respond(first->message()).error), std::optional(8)); // not for a certificate of hers
    }

    // A right answer in all but one thing.
    void answersThatDoNotFit()
    {
        auto a = certifiedSide(aliceId);
        const auto initiator = initiate("pk", a);
        const auto request = decode(initiator->message());
        SystemRandom random;
        const auto key = rsaDecryptEnvelopeKey(rsaKey(KeyOf::Bob), request->find<Pke>()->data, random);
        const auto &timestamp = *request->find<Timestamp>();
        auto map = request->header.map;
        map[1].ssrc = 77;
        const auto receive = [&](std::optional<std::vector<SrtpId>> told, std::string_view id = bobId,
                                 DataType type = DataType::PkResponse) {
            return initiator->receive(
                answerTo(initiator->message(), type, {timestamp, idPayload(id)}, key.view(), std::move(told), id),
                noon());
        };
        QVERIFY(receive(map).agreement);
        QCOMPARE(number(receive(map, carolId).error), std::optional(0)); // P-04: its MAC covers another identity
        QCOMPARE(number(receive(map, bobId, DataType::PskResponse).error), std::optional(11));
        auto other = map;
        other[0].ssrc ^= 1;
        QCOMPARE(number(receive(other).error), std::optional(12));
        other = map;
        other[1].ssrc = map[0].ssrc; // a two-time pad if both had one TEK
        QCOMPARE(number(receive(other).error), std::optional(12));
        other = map;
        other[1].policyNo = 3;
        QCOMPARE(number(receive(other).error), std::optional(12));
        other = map;
        other.pop_back();
        QCOMPARE(number(receive(other).error), std::optional(12));
    }

private:
    std::map<QByteArray, Change> m_changes;
};

QTEST_GUILESS_MAIN(PkRefusalTest)
#include "pk_refusal_test.moc"
