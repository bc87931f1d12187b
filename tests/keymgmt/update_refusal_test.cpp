// SPDX-License-Identifier: Apache-2.0
#include "certified.h"

#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/pk.h"
#include "methods/psk.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

constexpr int none = 99; ///< no error

const Bytes key128 = octets("00112233445566778899aabbccddeeff");

/// A bundle that Alice made with Bob, and her message to update it.
struct Begun
{
    Side a = certifiedSide(aliceId);
    Side b = certifiedSide(bobId);
    Both both;
    std::unique_ptr<Initiator> initiator;

    explicit Begun(const QByteArray &made, const Renewal &renewal = {})
    {
        const auto parts = made.split(' ');
        auto offer = offerToBob();
        if (parts.size() == 2)
            offer.cache = static_cast<EnvelopeCache>(parts[1].back() - '0');
        both = std::move(*exchange(parts[0].toStdString(), a, b, offer));
        initiator = std::move(*update(a.context(), *both.initiator.csb, renewal, noon().plusSeconds(1)));
    }
    BundleLabel label() const { return both.responder.csb->label(); }
    Step respond(ByteView message, const Csb *csb) { return respond(message, b, csb); }
    Step respond(ByteView message) { return respond(message, both.responder.csb.get()); }
    static Step respond(ByteView message, Side &side, const Csb *csb)
    {
        Arrival arrival;
        if (csb)
            arrival.bundles = {csb};
        return side.respond(message, noon().plusSeconds(1), arrival);
    }
    /// The update, changed by someone who holds Alice's keys.
    Bytes changed(const Rewrite &change) const { return proven(initiator->message(), change, aliceId); }
    Bytes proven(ByteView message, const Rewrite &change, std::string_view signer) const
    {
        const auto type = decode(message)->header.dataType;
        if (type == DataType::DhHmacInit || type == DataType::DhHmacResponse)
            return remaced(message, label(), change);
        if (type != DataType::PskInit)
            return resigned(message, certificateOf(signer), change);
        // The KEMAC of the pre-shared key method, with its keys as they are
        const auto &envelope = both.responder.csb->envelopeKey;
        const auto key = envelope.empty() ? sharedKey() : octets(envelope.view());
        const auto whole = decode(message);
        Draft draft{whole->header, {}};
        for (const auto &placed : whole->payloads)
            draft.payloads.push_back(placed.payload);
        draft.the<Kemac>().mac = {};
        change(draft);
        auto rewritten = *encode(draft.header, draft.payloads);
        append(rewritten, kemacMac(messageKey(Prf::Mikey1, key, KeyUse::MessageAuth, label(), 20).view(), rewritten));
        return rewritten;
    }
};

void bundleRows()
{
    QTest::addColumn<QByteArray>("made");
    for (const QByteArray made : {"psk", "pk C=0", "pk C=2", "dh", "dh-hmac", "rsa-r"})
        QTest::newRow(made.data()) << made;
}

} // namespace

/// What updates of bundles may not do (RFC 3830 4.5).
class UpdateRefusalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void refusals_data()
    {
        QTest::addColumn<QByteArray>("made");
        QTest::addColumn<int>("error");
        const auto row = [this](const char *name, int error, const Rewrite &change) {
            for (const QByteArray made : {"psk", "pk C=0", "pk C=2", "dh", "dh-hmac", "rsa-r"}) {
                const auto tag = made + ": " + name;
                QTest::newRow(tag.data()) << made << error;
                m_changes[tag] = change;
            }
        };
        row("nothing", none, [](Draft &) {});
        row("K3830-040 another CSB ID", 12, [](Draft &d) { d.header.csbId ^= 1; });
        row("a stream less", 12, [](Draft &d) {
            d.header.map.pop_back();
            --d.header.csCount;
        });
        row("another SSRC", 12, [](Draft &d) { d.header.map[0].ssrc ^= 1; });
        row("another policy", 12, [](Draft &d) { d.header.map[0].policyNo = 1; });
        row("SSRC taken back", 12, [](Draft &d) { d.header.map[1].ssrc = 0; });
        row("map left out", none, [](Draft &d) {
            d.header.map.clear();
            d.header.csCount = 0;
        });
        row("Empty map", none, [](Draft &d) {
            d.header.map.clear();
            d.header.csCount = 0;
            d.header.mapType = CsIdMapType::Empty;
        });
        row("ROC told", none, [](Draft &d) { d.header.map[0].roc = 3; });
        row("identities left out", none, [](Draft &d) {
            if (d.header.dataType == DataType::DhHmacInit) // K4650-003: IDr is always there
                d.payloads.erase(d.payloads.begin() + 1);
            else
                d.drop<Id>();
        });
        row("K3830-041 timestamp of the first message", -1, [](Draft &d) {
            static const auto time = noon().octets();
            d.the<Timestamp>().value = time;
        });
        row("of Carol", 7, [](Draft &d) { d.the<Id>(0) = idPayload(carolId); });
        row("of Bob himself", 7, [](Draft &d) { d.the<Id>(0) = idPayload(bobId); });
        row("for Carol", 7, [](Draft &d) { d.the<Id>(1) = idPayload(carolId); });
    }
    void refusals()
    {
        QFETCH(const QByteArray, made);
        QFETCH(const int, error);
        Begun begun(made);
        const auto tag = QByteArray(QTest::currentDataTag());
        const auto step = begun.respond(begun.changed(m_changes.at(tag)));
        QVERIFY2(number(step.error).value_or(none) == error,
                 step.error ? (step.error->name + ": " + step.error->reason).c_str() : "no error");
        QCOMPARE(step.agreement.has_value(), error == none);
        if (error == -1)
            QVERIFY(!step.send);
    }

    // K3830-042: a message for a bundle that stands, with a RAND, is none
    void randInAnUpdate_data() { bundleRows(); }
    void randInAnUpdate()
    {
        QFETCH(const QByteArray, made);
        const auto name = made.split(' ').front().toStdString();
        Begun begun(made);
        // A new exchange under the CSB ID that stands
        auto offer = offerToBob();
        auto reused = std::move(*method(name)->initiate(begun.a.context(), offer, noon().plusSeconds(1)));
        auto csb = begun.both.responder.csb->clone();
        csb.csbId = decode(reused->message())->header.csbId;
        auto step = Begun::respond(reused->message(), begun.b, &csb);
        QCOMPARE(number(step.error), std::optional(12));
        QVERIFY(!step.agreement);
        // Somebody else's bundle of that ID is no hindrance.
        csb.parties.initiator.data = carolId;
        reused = std::move(*method(name)->initiate(begun.a.context(), offer, noon().plusSeconds(1)));
        csb.csbId = decode(reused->message())->header.csbId;
        QVERIFY(Begun::respond(reused->message(), begun.b, &csb).agreement);
        if (name != "dh" && made != "pk C=0")
            return;
        step = begun.respond(begun.changed([](Draft &d) { d.payloads.insert(d.payloads.begin() + 1, Rand{key128}); }));
        QVERIFY(step.error && !step.agreement);
    }

    void noBundle_data() { bundleRows(); }
    void noBundle()
    {
        QFETCH(const QByteArray, made);
        Begun begun(made);
        QCOMPARE(number(begun.respond(begun.initiator->message(), nullptr).error), std::optional(12));
        Begun other(made);
        QCOMPARE(number(begun.respond(begun.initiator->message(), other.both.responder.csb.get()).error),
                 std::optional(12));
        QVERIFY(begun.respond(begun.initiator->message()).agreement);
    }

    // K3830-072: a CSB ID is of a pair. Carol's bundle of the same ID is no hindrance to Alice's, whichever comes
    // first.
    void twoBundlesOfOneId_data() { bundleRows(); }
    void twoBundlesOfOneId()
    {
        QFETCH(const QByteArray, made);
        for (const bool first : {true, false}) {
            Begun begun(made);
            auto carols = begun.both.responder.csb->clone();
            carols.parties.initiator.data = carolId;
            const auto *alices = begun.both.responder.csb.get();
            Arrival arrival;
            arrival.bundles =
                first ? std::vector<const Csb *>{&carols, alices} : std::vector<const Csb *>{alices, &carols};
            const auto step = begun.b.respond(begun.initiator->message(), noon().plusSeconds(1), arrival);
            QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        }
    }

    // K3830-060, -041: an update is taken once, and not before what came after it
    void replayedUpdates_data() { bundleRows(); }
    void replayedUpdates()
    {
        QFETCH(const QByteArray, made);
        Begun begun(made);
        const auto first = begun.respond(begun.initiator->message());
        QVERIFY(first.agreement);
        const auto *standing = first.agreement->csb.get();
        const auto again = begun.respond(begun.initiator->message(), standing);
        QVERIFY(number(again.error) == -1 && !again.send);
        begun.b.state.replays = ReplayCache(); // after a restart the bundle itself remembers
        QCOMPARE(number(begun.respond(begun.initiator->message(), standing).error), std::optional(-1));
        QCOMPARE(number(begun.respond(begun.initiator->message()).error), std::nullopt); // which is why
    }

    void everyOctet_data() { bundleRows(); }
    void everyOctet()
    {
        QFETCH(const QByteArray, made);
        Begun begun(made);
        const auto genuine = begun.initiator->message();
        const auto answer = begun.respond(genuine);
        QVERIFY(answer.agreement);
        begun.b.state.replays = ReplayCache();
        for (std::size_t i = 0; i < genuine.size(); ++i) {
            auto forged = genuine;
            forged[i] ^= 0x01;
            const auto step = begun.respond(forged);
            QVERIFY(!step.agreement && step.error);
        }
        for (std::size_t i = 0; i < answer.send->size(); ++i) {
            auto forged = *answer.send;
            forged[i] ^= 0x01;
            QVERIFY(!begun.initiator->receive(forged, noon().plusSeconds(1)).agreement);
        }
        const auto finished = begun.initiator->receive(*answer.send, noon().plusSeconds(1));
        QVERIFY(finished.agreement && sameKeys(*finished.agreement, *answer.agreement));
    }

    // Carol has a certificate and keys of her own, and learnt the CSB ID: the bundle is not hers.
    void updatesByCarol_data() { bundleRows(); }
    void updatesByCarol()
    {
        QFETCH(const QByteArray, made);
        Begun begun(made);
        auto carol = certifiedSide(carolId);
        auto stolen = begun.both.initiator.csb->clone();
        stolen.parties.initiator.data = carolId;
        const auto hers = update(carol.context(), stolen, {}, noon().plusSeconds(1));
        QVERIFY(hers);
        const auto step = begun.respond((*hers)->message());
        QCOMPARE(number(step.error), std::optional(7));
        QVERIFY(!step.agreement);
        // In Alice's name, but with her own keys
        carol.endpoint.identity = aliceId;
        for (auto &[peer, key] : carol.endpoint.psk)
            key = Secret(ByteView(key128));
        stolen = begun.both.initiator.csb->clone();
        if (!stolen.envelopeKey.empty())
            stolen.envelopeKey = Secret(ByteView(key128));
        const auto posing = update(carol.context(), stolen, {}, noon().plusSeconds(1));
        const auto refused = begun.respond((*posing)->message());
        QVERIFY(refused.error && !refused.agreement);
        QVERIFY(number(refused.error) == 0 || number(refused.error) == 8);
        QCOMPARE(number(begun.respond(begun.initiator->message()).error), std::nullopt);
    }

    // K3830-043, P-26: with the envelope key cached an update is a pre-shared key message, and no other
    void publicKeyWhereTheEnvelopeKeyIsCached()
    {
        for (const QByteArray made : {"pk C=1", "pk C=2"}) {
            Begun begun(made);
            const auto update = pk::update(begun.a.context(), *begun.both.initiator.csb, {}, noon().plusSeconds(2));
            QVERIFY(update);
            const auto step = begun.respond((*update)->message());
            QCOMPARE(number(step.error), std::optional(12));
            QVERIFY(!step.agreement);
        }
    }

    // K3830-084, -086: under an envelope key that was not to be kept, or is for another bundle
    void envelopeKeysThatMayNotServe()
    {
        Begun uncached("pk C=0");
        Begun cached("pk C=2");
        auto csb = uncached.both.initiator.csb->clone();
        csb.envelopeKey = cached.both.initiator.csb->envelopeKey.clone(); // whatever key: Bob keeps none
        const auto under = psk::update(uncached.a.context(), csb, {}, noon().plusSeconds(2));
        const auto step = uncached.respond((*under)->message());
        QCOMPARE(number(step.error), std::optional(7));
        QVERIFY(!step.agreement);

        Begun other("pk C=2");
        csb = other.both.initiator.csb->clone();
        csb.envelopeKey = cached.both.initiator.csb->envelopeKey.clone();
        const auto swapped = psk::update(other.a.context(), csb, {}, noon().plusSeconds(2));
        QCOMPARE(number(other.respond((*swapped)->message()).error), std::optional(0));
    }

    // The method of a bundle is not to be bid down or changed.
    void otherMethods()
    {
        for (const QByteArray made : {"psk", "pk C=0", "pk C=2", "dh", "dh-hmac", "rsa-r"}) {
            for (const auto &row : methods()) {
                const auto own = made.split(' ').front();
                if (!row.available() || QByteArray(row.name.data()) == own)
                    continue;
                Begun begun(made);
                auto csb = begun.both.initiator.csb->clone();
                csb.envelopeKey = {};
                const auto update = row.update(begun.a.context(), csb, {}, noon().plusSeconds(2));
                if (!update) // RSA-R has no form of its own
                    continue;
                const auto step = begun.respond((*update)->message());
                QVERIFY2(step.error && !step.agreement, (made + " by " + row.name.data()).data());
            }
        }
        Begun group("rsa-r");
        auto csb = group.both.initiator.csb->clone();
        csb.envelopeKey = {}; // as in groups
        const auto made = update(group.a.context(), csb, {}, noon().plusSeconds(2));
        QVERIFY(!made && !made.error().number);
    }

    // K3830-048, K4650-036: halves that were not asked for, or half of them
    void halvesInTheAnswer()
    {
        for (const QByteArray made : {"dh", "dh-hmac"}) {
            Renewal same;
            same.keys = Renewal::Keys::Same;
            Begun begun(made, same);
            Begun renewed(made);
            const auto answer = begun.respond(begun.initiator->message());
            const auto other = renewed.respond(renewed.initiator->message());
            const auto donor = decode(*other.send);
            const auto insert = [&](std::size_t halves) {
                return begun.proven(
                    *answer.send,
                    [&](Draft &d) {
                        for (std::size_t i = 0; i < halves; ++i)
                            d.payloads.emplace_back(*donor->all<Dh>()[i]);
                    },
                    bobId);
            };
            for (const std::size_t halves : {1u, 2u})
                QCOMPARE(number(begun.initiator->receive(insert(halves), noon().plusSeconds(1)).error),
                         std::optional(12));
            QVERIFY(begun.initiator->receive(insert(0), noon().plusSeconds(1)).agreement);
            const auto none = renewed.proven(
                *other.send, [](Draft &d) { d.drop<Dh>(); }, bobId);
            QCOMPARE(number(renewed.initiator->receive(none, noon().plusSeconds(1)).error), std::optional(12));
            QVERIFY(renewed.initiator->receive(*other.send, noon().plusSeconds(1)).agreement);
        }
    }

    // A refused or unanswered update leaves the bundle as it was.
    void theBundleStays_data() { bundleRows(); }
    void theBundleStays()
    {
        QFETCH(const QByteArray, made);
        Begun begun(made);
        const auto before = octets(begun.both.responder.csb->save().view());
        auto forged = begun.initiator->message();
        forged.back() ^= 1;
        QVERIFY(!begun.respond(forged).agreement);
        QVERIFY(begun.respond(begun.initiator->message()).agreement);
        QCOMPARE(octets(begun.both.responder.csb->save().view()), before);
    }

private:
    std::map<QByteArray, Rewrite> m_changes;
};

QTEST_GUILESS_MAIN(UpdateRefusalTest)
#include "update_refusal_test.moc"
