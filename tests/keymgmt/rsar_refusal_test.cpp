// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "methods/identity.h"

#include <QTest>

#include <set>

using namespace mikey;
using namespace mikey::test;

namespace {

constexpr int none = 99; ///< no error

const Bytes key128 = octets("00112233445566778899aabbccddeeff");

GroupKeys groupKeys()
{
    GroupKeys group;
    group.csbId = 0x0badcafe;
    group.rand = octets("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    group.map = {{0, 0x11111111, 0}, {0, 0x22222222, 0}};
    group.suite = &defaultSrtpSuite();
    group.tgk = Secret(ByteView(key128));
    return group;
}

const Bytes groupId = octets("0badcafe");

Draft &insert(Draft &draft, std::size_t at, Payload payload)
{
    draft.payloads.insert(draft.payloads.begin() + static_cast<std::ptrdiff_t>(at), std::move(payload));
    return draft;
}

} // namespace

/// What RSA in reverse mode refuses, and what the initiator discards in silence.
class RsaRRefusalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K4738-001, K3830-061, -062, -106, -113: no forgery passes, none leaves a trace
    void everyOctetOfTheIMessage()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.sdpProtocols = {"mikey"};
        const auto genuine = initiate("rsa-r", a, offer)->message();
        for (std::size_t i = 0; i < genuine.size(); ++i) {
            for (const int flip : {0x01, 0x80}) {
                auto forged = genuine;
                forged[i] = static_cast<std::uint8_t>(forged[i] ^ flip);
                const auto step = b.respond(forged);
                QVERIFY(!step.agreement && !step.plain && step.error);
            }
            QVERIFY(!b.respond(ByteView(genuine).first(i)).agreement);
        }
        QCOMPARE(b.state.replays.size(), 0u);
        QVERIFY(b.respond(genuine).agreement);
    }

    void everyOctetOfTheRMessage_data()
    {
        QTest::addColumn<bool>("join");
        QTest::newRow("unicast") << false;
        QTest::newRow("group") << true;
    }
    void everyOctetOfTheRMessage()
    {
        QFETCH(const bool, join);
        const auto keys = groupKeys();
        Arrival arrival;
        arrival.group = join ? &keys : nullptr;
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.join = join;
        const auto initiator = initiate("rsa-r", a, offer);
        const auto answer = b.respond(initiator->message(), noon(), arrival);
        for (std::size_t i = 0; i < answer.send->size(); ++i) {
            for (const int flip : {0x01, 0x80}) {
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

    // K4738-021, -054: what cannot be parsed is told by its own number; other numbers stay
    void unparseable()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto genuine = initiate("rsa-r", a)->message();
        int told = 0;
        for (std::size_t size = 40; size < genuine.size(); ++size) { // header, map and T are there
            const auto step = b.respond(ByteView(genuine).first(size));
            QCOMPARE(number(step.error), std::optional(13));
            QVERIFY(step.send);
            const auto message = decode(*step.send);
            QCOMPARE(static_cast<int>(message->find<ErrorPayload>()->number), 13);
            QVERIFY(!message->find<Sign>());
            ++told;
        }
        QVERIFY(told > 500);
        const auto misplaced = resigned(genuine, certificateOf(aliceId), [](Draft &d) {
            insert(d, 1, Pke{std::uint8_t{0}, key128});
        });
        QCOMPARE(number(b.respond(misplaced).error), std::optional(13));
        auto other = genuine; // the same fault in a message of another method
        other[1] = static_cast<std::uint8_t>(DataType::PkInit);
        QCOMPARE(number(b.respond(ByteView(other).first(genuine.size() - 1)).error), std::optional(12));
        auto versioned = genuine;
        versioned[0] = 2;
        QVERIFY(!b.respond(versioned).agreement);
    }

    void requests_data()
    {
        QTest::addColumn<int>("error");
        QTest::addColumn<bool>("group");
        const auto row = [this](const char *name, int error, Rewrite change, bool group = false) {
            QTest::newRow(name) << error << group;
            m_changes[name] = std::move(change);
        };
        row("nothing", none, [](Draft &) {});
        row("K4738-008 V is 0", none, [](Draft &d) { d.header.v = false; });
        row("PRF-HMAC-SHA-256", 2, [](Draft &d) { d.header.prf = Prf::HmacSha256; });
        row("COUNTER", 1, [](Draft &d) {
            auto &t = d.the<Timestamp>();
            t = {TimestampType::Counter, t.value.first(4)};
        });
        row("for Carol", 7, [](Draft &d) { d.the<Id>(1) = idPayload(carolId); });
        row("of Carol", 8, [](Draft &d) { d.the<Id>(0) = idPayload(carolId); });
        row("TESLA", 9, [](Draft &d) {
            const auto policy = SecurityPolicy{0, static_cast<ProtocolType>(1), {}};
            d.drop<SecurityPolicy>();
            insert(d, 4, policy);
        });
        row("K4738-020 nothing that is spoken here", 10, [](Draft &d) {
            static const Bytes f8{2};
            d.drop<SecurityPolicy>();
            insert(d, 4, SecurityPolicy{0, ProtocolType::Srtp, {{SrtpParameter::EncryptionAlgorithm, f8}}});
        });
        row("policy number twice", 10, [](Draft &d) { d.the<SecurityPolicy>(1).policyNo = 0; });
        row("no policies: SRTP's defaults", none, [](Draft &d) { d.drop<SecurityPolicy>(); });
        row("RFC 4563 5: SP with an Empty map", 12, [](Draft &d) {
            d.header.mapType = CsIdMapType::Empty;
            d.header.map.clear();
            d.header.csCount = 0;
        });
        row(
            "K4738-003 policies in a request of a group's keys", 10, [](Draft &) {}, true);
        row(
            "group", none, [](Draft &d) { d.drop<SecurityPolicy>(); }, true);
        row("unknown extension", none, [](Draft &d) {
            insert(d, 1, GeneralExtension{static_cast<ExtensionType>(200), {}});
        });
    }
    void requests()
    {
        QFETCH(const int, error);
        QFETCH(const bool, group);
        const auto keys = groupKeys();
        Arrival arrival;
        arrival.group = group ? &keys : nullptr;
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto message =
            resigned(initiate("rsa-r", a)->message(), certificateOf(aliceId), m_changes.at(QTest::currentDataTag()));
        const auto step = b.respond(message, noon(), arrival);
        QVERIFY2(number(step.error).value_or(none) == error,
                 step.error ? (step.error->name + ": " + step.error->reason).c_str() : "no error");
        QCOMPARE(step.agreement.has_value(), error == none);
        QVERIFY(step.send); // K4738-054
        QVERIFY(error != 10 || decode(*step.send)->find<SecurityPolicy>());
    }

    /// What a responder with the right key gets wrong; -1: discarded in silence.
    void answers_data()
    {
        QTest::addColumn<int>("error");
        QTest::addColumn<bool>("join");
        const auto row = [this](const char *name, int error, Rewrite change, bool join = false) {
            QTest::newRow(name) << error << join;
            m_changes[name] = std::move(change);
        };
        row("nothing", none, [](Draft &) {});
        row(
            "nothing, group", none, [](Draft &) {}, true);
        row("K4738-044 RAND of both", -1, [](Draft &d) { insert(d, 1, Rand{key128}); });
        row("K4738-033 CSB ID in unicast", -1, [](Draft &d) {
            insert(d, 0, GeneralExtension{ExtensionType::CsbId, groupId});
        });
        row(
            "K4738-004 no CSB ID in a group", -1, [](Draft &d) { d.drop<GeneralExtension>(); }, true);
        row(
            "K4738-004 no RAND in a group", -1, [](Draft &d) { d.drop<Rand>(); }, true);
        row(
            "K4738-004 no SP in a group", -1, [](Draft &d) { d.drop<SecurityPolicy>(); }, true);
        row(
            "CSB ID of three octets", -1, [](Draft &d) { d.the<GeneralExtension>().data = ByteView(groupId).first(3); },
            true);
        row(
            "K4738-031 another group's CSB ID", 0,
            [](Draft &d) { d.the<GeneralExtension>().data = ByteView(key128).first(4); }, true);
        row(
            "K4738-026 another RAND", 0, [](Draft &d) { d.the<Rand>().rand = key128; }, true);
        row("K4738-046 a policy that was not offered", -1, [](Draft &d) {
            static const Bytes zero{0};
            d.the<SecurityPolicy>().parameters = {{SrtpParameter::EncryptionAlgorithm, zero}};
        });
        row("K4738-039 no policy where some were offered", -1, [](Draft &d) { d.drop<SecurityPolicy>(); });
        row("two policies", -1, [](Draft &d) {
            auto second = d.the<SecurityPolicy>();
            second.policyNo = 9;
            insert(d, 3, second);
        });
        row("no KEMAC", 12, [](Draft &d) { d.drop<Kemac>(); });
        row("cache type 3", 12, [](Draft &d) { d.the<Pke>().cache = 3; });
        row("no PKE", 12, [](Draft &d) { d.drop<Pke>(); });
        row("no streams", 12, [](Draft &d) {
            d.header.map.clear();
            d.header.csCount = 0;
        });
        row("another stream of ours", 12, [](Draft &d) { d.header.map[0].ssrc ^= 1; });
        row("one SSRC for both", 12, [](Draft &d) { d.header.map[1].ssrc = d.header.map[0].ssrc; });
        row("policy that is not there", 10, [](Draft &d) { d.header.map[0].policyNo = 77; });
        row("K4738-051 somebody else's identity", 7, [](Draft &d) { d.the<Id>() = idPayload(carolId); });
        row("identity left out", none, [](Draft &d) { d.drop<Id>(); });
        row("certificate left out of one who is known", none, [](Draft &d) { d.drop<Cert>(); });
        row("K4738-038 certificate of another key", 8, [](Draft &d) {
            static const auto der = octets(certificateOf(carolId).chain.front().der());
            d.the<Cert>().data = der;
        });
        row("another PRF", 2, [](Draft &d) { d.header.prf = Prf::HmacSha256; });
        row("another CSB ID", -1, [](Draft &d) { d.header.csbId ^= 1; });
        row("another timestamp", -1, [](Draft &d) {
            static const Bytes time(8, 1);
            d.the<Timestamp>().value = time;
        });
        row("another method's answer", 11, [](Draft &d) {
            d.header.dataType = DataType::DhResponse;
            d.drop<Kemac>();
            d.drop<Pke>();
            d.drop<SecurityPolicy>();
        });
    }
    void answers()
    {
        QFETCH(const int, error);
        QFETCH(const bool, join);
        const auto keys = groupKeys();
        Arrival arrival;
        arrival.group = join ? &keys : nullptr;
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.join = join;
        const auto initiator = initiate("rsa-r", a, offer);
        const auto answer = b.respond(initiator->message(), noon(), arrival);
        const auto changed = resigned(*answer.send, certificateOf(bobId), m_changes.at(QTest::currentDataTag()));
        const auto step = initiator->receive(changed, noon());
        QVERIFY2(number(step.error).value_or(none) == error,
                 step.error ? (step.error->name + ": " + step.error->reason).c_str() : "no error");
        QCOMPARE(step.agreement.has_value(), error == none);
        QVERIFY(!step.send);
        QVERIFY(initiator->receive(*answer.send, noon()).agreement); // a forgery does not spoil the exchange
    }

    // K4738-041, K3830-006: the identity inside, and every fault of the envelope in the same words
    void envelopesInTheAnswer()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate("rsa-r", a);
        const auto answer = b.respond(initiator->message());
        const auto with = [&](const Rewrite &change, std::string_view sender = bobId, bool keys = true) {
            LooseEnvelope envelope;
            envelope.sender = sender;
            envelope.recipient = aliceId;
            if (keys)
                envelope.keys = {keyData(KeyDataType::Tgk, key128)};
            SealedLoosely sealed;
            const auto message = resigned(*answer.send, certificateOf(bobId), [&](Draft &draft) {
                sealed = seal(draft, envelope, labelOf(*decode(initiator->message())));
                change(draft);
            });
            return initiator->receive(message, noon());
        };
        QVERIFY(with([](Draft &) {}).agreement);
        QCOMPARE(number(with([](Draft &) {}, carolId).error), std::optional(0));
        QCOMPARE(number(with([](Draft &) {}, aliceId).error), std::optional(0));
        QCOMPARE(number(with([](Draft &) {}, bobId, false).error), std::optional(12));
        QCOMPARE(number(with([](Draft &d) { d.the<Kemac>().encryption = Encryption::Null; }).error), std::optional(0));
        QCOMPARE(number(with([](Draft &d) {
                            d.the<Kemac>().macAlgorithm = MacAlgorithm::Null;
                            d.the<Kemac>().mac = {};
                        }).error),
                 std::optional(3));
        std::set<std::string> reasons;
        for (const std::uint8_t octet : {0, 1, 2, 3, 0xff}) {
            const Bytes pke(256, octet);
            const auto step = with([&](Draft &d) { d.the<Pke>().data = pke; });
            QCOMPARE(number(step.error), std::optional(0));
            reasons.insert(step.error->reason);
        }
        static const Bytes mac(20, 1);
        reasons.insert(with([](Draft &d) { d.the<Kemac>().mac = mac; }).error->reason);
        QCOMPARE(reasons.size(), 1u);
    }

    // A member that asked for a group's keys takes no other ones, and the reverse.
    void groupOrNot()
    {
        const auto keys = groupKeys();
        Arrival arrival;
        arrival.group = &keys;
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        auto offer = offerToBob();
        offer.join = true;
        const auto joining = initiate("rsa-r", a, offer);
        QCOMPARE(number(joining->receive(*b.respond(joining->message()).send, noon()).error), std::optional(-1));
        const auto request = resigned(initiate("rsa-r", a)->message(), certificateOf(aliceId),
                                      [](Draft &d) { d.drop<SecurityPolicy>(); });
        const auto answered = b.respond(request, noon(), arrival);
        QVERIFY(answered.agreement);
        const auto alone = initiate("rsa-r", a);
        const auto changed = resigned(*answered.send, certificateOf(bobId), [&](Draft &d) {
            d.header.csbId = decode(alone->message())->header.csbId;
            d.the<Timestamp>() = *decode(alone->message())->find<Timestamp>();
        });
        QCOMPARE(number(alone->receive(changed, noon()).error), std::optional(-1));
    }

    // K3830-059, -060, P-17
    void replaysAndClocks()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto message = initiate("rsa-r", a)->message();
        for (const int seconds : {-301, 301}) {
            const auto late = b.respond(message, noon().plusSeconds(seconds));
            QCOMPARE(number(late.error), std::optional(1));
            QVERIFY(late.send);
            auto forged = message;
            forged.back() ^= 1;
            const auto silent = b.respond(forged, noon().plusSeconds(seconds));
            QVERIFY(number(silent.error) == -1 && !silent.send);
        }
        QVERIFY(b.respond(message).agreement);
        const auto again = b.respond(message);
        QVERIFY(number(again.error) == -1 && !again.send && !again.agreement);
    }

    void reflections()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate("rsa-r", a);
        const auto answer = b.respond(initiator->message());
        QVERIFY(!a.respond(initiator->message()).agreement);
        QCOMPARE(number(a.respond(*answer.send).error), std::optional(11));
        QCOMPARE(number(initiator->receive(initiator->message(), noon()).error), std::optional(11));
        const auto second = initiate("rsa-r", a);
        QCOMPARE(number(second->receive(*answer.send, noon()).error), std::optional(-1));
        // Keys of another exchange in an answer that fits otherwise: MAC and IV hang on CSB ID, RAND and T.
        const auto other = b.respond(second->message());
        const auto donor = decode(*other.send);
        const auto swapped = resigned(*answer.send, certificateOf(bobId), [&](Draft &d) {
            d.the<Kemac>() = *donor->find<Kemac>();
            d.the<Pke>() = *donor->find<Pke>();
        });
        QCOMPARE(number(initiator->receive(swapped, noon()).error), std::optional(0));
        // Carol, who is known and certified, answers in Bob's place.
        auto carol = certifiedSide(carolId);
        carol.endpoint.identity = bobId;
        const auto posing = carol.respond(initiator->message());
        QCOMPARE(number(initiator->receive(*posing.send, noon()).error), std::optional(8));
    }

    void endpointsWithoutCertificates()
    {
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto request = initiate("rsa-r", a)->message();
        b.endpoint.x509.own.clear();
        const auto step = b.respond(request);
        QCOMPARE(number(step.error), std::optional(11));
        QVERIFY(step.send);
        QVERIFY(method("rsa-r")->obstacle(b.endpoint, std::string(aliceId)));
        QVERIFY(!method("rsa-r")->initiate(b.context(), offerToBob(), noon()));
        const auto early = initiate("rsa-r", a)->provisional();
        QVERIFY(!early && !early.error().number);
    }

private:
    std::map<QByteArray, Rewrite> m_changes;
};

QTEST_GUILESS_MAIN(RsaRRefusalTest)
#include "rsar_refusal_test.moc"
