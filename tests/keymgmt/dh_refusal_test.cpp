// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "methods/identity.h"
#include "methods/kemac.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

constexpr int none = 99; ///< no error

} // namespace

/// What the two Diffie-Hellman methods refuse.
class DhRefusalTest : public QObject
{
    Q_OBJECT

    static void methodRows()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::newRow("dh") << QByteArray("dh");
        QTest::newRow("dh-hmac") << QByteArray("dh-hmac");
    }

private Q_SLOTS:
    /// What a holder of the right key gets wrong.
    void refusals_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("error");
        const auto row = [this](const char *name, int error, Rewrite change, const char *only = nullptr) {
            for (const QByteArray method : {"dh", "dh-hmac"}) {
                if (only && method != only)
                    continue;
                const auto tag = method + ": " + name;
                QTest::newRow(tag.data()) << method << error;
                m_changes[tag] = change;
            }
        };
        row("nothing", none, [](Draft &) {});
        row("K3830-070 V is 0", none, [](Draft &d) { d.header.v = false; });
        row("PRF-HMAC-SHA-256", 2, [](Draft &d) { d.header.prf = Prf::HmacSha256; });
        row("COUNTER", 1, [](Draft &d) {
            auto &t = d.the<Timestamp>();
            t = {TimestampType::Counter, t.value.first(4)};
        });
        row("no DH", 12, [](Draft &d) { d.drop<Dh>(); });
        row("no RAND", 12, [](Draft &d) { d.drop<Rand>(); });
        row("unknown group", 6, [](Draft &d) { d.the<Dh>().group = 200; });
        row(
            "no identity", 7, [](Draft &d) { d.drop<Id>(); }, "dh-hmac");
        row("for Carol", 7, [](Draft &d) { d.the<Id>(1) = idPayload(carolId); });
        row("ID type 2", 7, [](Draft &d) { d.the<Id>().type = static_cast<IdType>(2); });
        row("TESLA", 9, [](Draft &d) { d.the<SecurityPolicy>().protocol = static_cast<ProtocolType>(1); });
        row("K3830-052 tag of 4 octets", 10, [](Draft &d) {
            static const Bytes one{1};
            d.the<SecurityPolicy>().parameters = {{SrtpParameter::SrtpPrefixLength, one}};
        });
        row("policy that is not there", 10, [](Draft &d) { d.header.map[0].policyNo = 9; });
        row("interval of 4 octets", 12, [](Draft &d) {
            static const Bytes four(4);
            d.the<Dh>().validity = {KeyValidityType::Interval, {}, four, four};
        });
        row("interval", none, [](Draft &d) {
            static const Bytes from(6), to(6, 1);
            d.the<Dh>().validity = {KeyValidityType::Interval, {}, from, to};
        });
        row("no MKI", none, [](Draft &d) { d.the<Dh>().validity = {}; });
        row("unknown extension", none, [](Draft &d) {
            d.payloads.insert(d.payloads.begin() + 1, GeneralExtension{static_cast<ExtensionType>(200), {}});
        });
        row(
            "K4650-017, -025 a certificate", 12,
            [](Draft &d) {
                d.payloads.insert(d.payloads.begin() + 1, Cert{CertType::X509, {}});
            },
            "dh-hmac");
        row(
            "K4650-017 an envelope key", 12, [](Draft &d) { d.payloads.insert(d.payloads.begin() + 1, Pke{}); },
            "dh-hmac");
    }
    void refusals()
    {
        QFETCH(const QByteArray, method);
        QFETCH(const int, error);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto message =
            rewritten(initiate(method.toStdString(), a)->message(), aliceId, m_changes.at(QTest::currentDataTag()));
        const auto step = b.respond(message);
        QVERIFY2(number(step.error).value_or(none) == error,
                 step.error ? (step.error->name + ": " + step.error->reason).c_str() : "no error");
        QCOMPARE(step.agreement.has_value(), error == none);
        QVERIFY(step.send);
    }

    /// What a responder with the right key gets wrong.
    void answers_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("error");
        const auto row = [this](const char *name, int error, Rewrite change) {
            for (const QByteArray method : {"dh", "dh-hmac"}) {
                const auto tag = method + ": " + name;
                QTest::newRow(tag.data()) << method << error;
                m_changes[tag] = change;
            }
        };
        row("nothing", none, [](Draft &) {});
        row("K3830-013 no DHi", 12, [](Draft &d) { d.payloads.pop_back(); });
        row("K3830-013 no DH", 12, [](Draft &d) { d.drop<Dh>(); });
        row("K4650-037 another DHi", 0, [](Draft &d) { d.the<Dh>(1).value = d.the<Dh>(0).value; });
        row("DHi twice", 0, [](Draft &d) { d.the<Dh>(0).value = d.the<Dh>(1).value; });
        row("in the wrong order", 0, [](Draft &d) { std::swap(d.the<Dh>(0), d.the<Dh>(1)); });
        row("K4650-006 another group", 6, [](Draft &d) {
            d.the<Dh>(0).group = 2;
            d.the<Dh>(0).value = d.the<Dh>(0).value.first(128);
        });
        row("another validity of DHi", 0, [](Draft &d) { d.the<Dh>(1).validity = {}; });
        row("no identities", 12, [](Draft &d) { d.drop<Id>(); });
        row("IDr left out", none, [](Draft &d) {
            const auto initiator = d.the<Id>(1);
            d.drop<Id>();
            d.payloads.insert(d.payloads.begin() + 1, initiator);
        });
        row("for Carol", 7, [](Draft &d) { d.the<Id>(1) = idPayload(carolId); });
        row("of Carol", 7, [](Draft &d) { d.the<Id>(0) = idPayload(carolId); });
        row("another PRF", 2, [](Draft &d) { d.header.prf = Prf::HmacSha256; });
        row("another stream", 12, [](Draft &d) { d.header.map[0].ssrc ^= 1; });
        row("a stream less", 12, [](Draft &d) {
            d.header.map.pop_back();
            --d.header.csCount;
        });
        row("one SSRC twice", 12, [](Draft &d) { d.header.map[1].ssrc = d.header.map[0].ssrc; });
        row("another exchange's CSB ID", -1, [](Draft &d) { d.header.csbId ^= 1; });
    }
    void answers()
    {
        QFETCH(const QByteArray, method);
        QFETCH(const int, error);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate(method.toStdString(), a);
        const auto answer = b.respond(initiator->message());
        const auto changed =
            rewritten(*answer.send, bobId, m_changes.at(QTest::currentDataTag()), initiator->message());
        const auto step = initiator->receive(changed, noon());
        QVERIFY2(number(step.error).value_or(none) == error,
                 step.error ? (step.error->name + ": " + step.error->reason).c_str() : "no error");
        QCOMPARE(step.agreement.has_value(), error == none);
        QVERIFY(initiator->receive(*answer.send, noon()).agreement); // a forgery does not spoil the exchange
    }

    // K4650-018, -019, -021, -024: the KEMAC of DH-HMAC holds a MAC and nothing else
    void kemacsOfDhHmac()
    {
        auto a = certifiedSide(aliceId);
        const auto genuine = initiate("dh-hmac", a)->message();
        const auto with = [&](const Kemac &kemac, bool maced) {
            const auto whole = decode(genuine);
            std::vector<Payload> payloads;
            for (const auto &placed : whole->payloads)
                payloads.push_back(placed.payload);
            payloads.back() = kemac;
            auto message = *encode(whole->header, payloads);
            const auto key = messageKey(Prf::Mikey1, sharedKey(), KeyUse::MessageAuth, labelOf(*decode(genuine)), 20);
            if (maced)
                append(message, kemacMac(key.view(), message));
            return certifiedSide(bobId).respond(message);
        };
        static const Bytes data(16, 1);
        QVERIFY(with({Encryption::Null, {}, MacAlgorithm::HmacSha1_160, {}}, true).agreement);
        QCOMPARE(number(with({Encryption::Null, data, MacAlgorithm::HmacSha1_160, {}}, true).error), std::optional(12));
        QCOMPARE(number(with({Encryption::AesKw128, data, MacAlgorithm::HmacSha1_160, {}}, true).error),
                 std::optional(12));
        QCOMPARE(number(with({Encryption::Null, {}, MacAlgorithm::Null, {}}, false).error), std::optional(3));
        auto lax = certifiedSide(bobId);
        lax.endpoint.accept.nullAuthentication = true; // not for this method, which would prove nothing
        const auto wrong = with({Encryption::Null, {}, MacAlgorithm::HmacSha1_160, data}, false);
        QVERIFY(!wrong.agreement);
    }

    // K4650-029: other keys, other people
    void strangers_data() { methodRows(); }
    void strangers()
    {
        QFETCH(const QByteArray, method);
        const bool hmac = method == "dh-hmac";
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate(method.toStdString(), a);
        const auto answer = b.respond(initiator->message());
        const auto forgedRequest =
            hmac ? remaced(
                       initiator->message(), labelOf(*decode(initiator->message())), [](Draft &) {}, Bytes(16, 9))
                 : resigned(initiator->message(), certificateOf(carolId), [](Draft &) {});
        const auto forgedAnswer =
            hmac ? remaced(
                       *answer.send, labelOf(*decode(initiator->message())), [](Draft &) {}, Bytes(16, 9))
                 : resigned(*answer.send, certificateOf(carolId), [](Draft &) {});
        auto fresh = certifiedSide(bobId);
        const auto step = fresh.respond(forgedRequest);
        QCOMPARE(number(step.error), std::optional(0));
        QVERIFY(!step.agreement && fresh.state.replays.size() == 0);
        QVERIFY(step.send && !decode(*step.send)->find<Sign>() && !decode(*step.send)->find<Kemac>());
        QCOMPARE(number(initiator->receive(forgedAnswer, noon()).error), std::optional(0));

        // K4650-030, K3830-061: the proof is checked before the half key is looked at
        static const Bytes zero(192);
        const auto both = [](Draft &draft) { draft.the<Dh>().value = zero; };
        const auto worse =
            hmac ? remaced(initiator->message(), labelOf(*decode(initiator->message())), both, Bytes(16, 9))
                 : resigned(initiator->message(), certificateOf(carolId), both);
        QCOMPARE(number(fresh.respond(worse).error), std::optional(0));

        fresh.endpoint.psk.clear();
        fresh.endpoint.x509.peers.clear();
        fresh.endpoint.x509.trust.clear();
        QCOMPARE(number(fresh.respond(initiator->message()).error), std::optional(hmac ? 7 : 8));
    }

    // K3830-059, -060, -120, K4650-033, P-17
    void replaysAndClocks_data() { methodRows(); }
    void replaysAndClocks()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto message = initiate(method.toStdString(), a)->message();
        for (const int seconds : {-301, 301, 86400}) {
            const auto late = b.respond(message, noon().plusSeconds(seconds));
            QCOMPARE(number(late.error), std::optional(1));
            QVERIFY(late.send);
            auto forged = message;
            forged.back() ^= 1;
            const auto silent = b.respond(forged, noon().plusSeconds(seconds));
            QCOMPARE(number(silent.error), std::optional(-1));
            QVERIFY(!silent.send);
        }
        QVERIFY(b.respond(message).agreement);
        const auto again = b.respond(message);
        QCOMPARE(number(again.error), std::optional(-1));
        QVERIFY(!again.send && !again.agreement);
    }

    // Role confusion: a message cannot stand for another kind of message, and not for the peer's.
    void reflections_data() { methodRows(); }
    void reflections()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto initiator = initiate(method.toStdString(), a);
        const auto answer = b.respond(initiator->message());
        QVERIFY(!a.respond(initiator->message()).agreement);
        QCOMPARE(number(a.respond(*answer.send).error), std::optional(11));
        QCOMPARE(number(initiator->receive(initiator->message(), noon()).error), std::optional(11));
        const auto second = initiate(method.toStdString(), a);
        QCOMPARE(number(second->receive(*answer.send, noon()).error), std::optional(-1));
        // Bob's answer made into a message to Alice that begins an exchange
        const auto turned = rewritten(
            *answer.send, bobId,
            [&](Draft &d) {
                d.header.dataType = method == "dh" ? DataType::DhInit : DataType::DhHmacInit;
                d.payloads.pop_back();
            },
            initiator->message());
        QVERIFY(!a.respond(turned).agreement);
        QVERIFY(initiator->receive(*answer.send, noon()).agreement);
    }

    void halfKeysOfAnotherExchange_data() { methodRows(); }
    void halfKeysOfAnotherExchange()
    {
        QFETCH(const QByteArray, method);
        auto a = certifiedSide(aliceId);
        auto b = certifiedSide(bobId);
        const auto first = initiate(method.toStdString(), a);
        const auto second = initiate(method.toStdString(), a);
        const auto answer = b.respond(first->message());
        const auto other = b.respond(second->message());
        const auto donor = decode(*other.send);
        // Both halves of the other exchange in the answer of this one, properly proven
        const auto swapped = rewritten(
            *answer.send, bobId,
            [&](Draft &d) {
                d.the<Dh>(0) = *donor->all<Dh>()[0];
                d.the<Dh>(1) = *donor->all<Dh>()[1];
            },
            first->message());
        QCOMPARE(number(first->receive(swapped, noon()).error), std::optional(0));
    }

private:
    std::map<QByteArray, Rewrite> m_changes;
};

QTEST_GUILESS_MAIN(DhRefusalTest)
#include "dh_refusal_test.moc"
