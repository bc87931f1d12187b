// SPDX-License-Identifier: Apache-2.0
// Ticket Transfer, rule by rule (RFC 6043 4.2.2, 5.1, 5.4, 6.1.1, 9.1).
#include "ticketed.h"

#include "methods/ticket.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

QByteArray hexOf(ByteView view)
{
    return QByteArray::fromStdString(hex(view));
}

/// Alice and Bob with a key for tickets that no service is needed for (mode 4).
struct Friends : TicketWorld
{
    Secret tpk = secretOf("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");

    Friends()
    {
        alice.endpoint.ticket.mode = 4;
        for (auto *side : {&alice, &bob})
            side->endpoint.ticket.tpk = tpk.clone();
    }
    TicketContents contentsOf(ByteView transfer) const
    {
        const auto message = *decode(transfer);
        return std::move(*openBaseTicket(ticketPayload(message), *message.find<Ticket>(), tpk.view()));
    }
    Bytes remade(ByteView transfer, const Rewrite &change) const
    {
        return remadeTransfer(transfer, contentsOf(transfer).initiatorMpk.view(), {}, change);
    }
    TicketGuard guardOf(ByteView transfer) const
    {
        const auto message = *decode(transfer);
        return transferGuard(*ticketAlgorithms(message.header.prf), contentsOf(transfer).initiatorMpk.view(),
                             message.header.csbId, TicketTag::InitialMessage,
                             {message.find<RandWithRole>(RandRole::Initiator)->rand, {}});
    }
};

/// A call that Bob has answered and Alice has not heard of yet.
struct Answered
{
    TicketWorld world;
    std::unique_ptr<Initiator> initiator;
    Bytes request, answer;
    Agreement bob;

    explicit Answered(const std::function<void(TicketRules &)> &rules = {}, const Offer *offer = nullptr)
    {
        initiator =
            std::move(*method("ticket")->initiate(world.alice.context(), offer ? *offer : world.offer(), noon()));
        const auto asked = *initiator->kmsRequest();
        const auto granted = rules ? otherGrant(world, asked.message, rules) : world.kms.ask(asked);
        if (const auto step = initiator->kmsAnswered(granted, noon()); step.error)
            qFatal("%s", step.error->reason.c_str());
        request = initiator->message();
        auto step = world.respond(world.bob, request);
        if (!step.agreement || !step.send)
            qFatal("%s", step.error ? step.error->reason.c_str() : "no answer");
        answer = *step.send;
        bob = std::move(*step.agreement);
    }
    Bytes remade(const Rewrite &change) const { return remadeAnswer(answer, *bob.csb, request, change); }
};

TransportedKey broughtKey()
{
    TransportedKey key;
    key.type = KeyDataType::TgkSalt;
    key.key = Secret(octets("101112131415161718191a1b1c1d1e1f"));
    key.salt = Secret(octets("202122232425262728292a2b2c2d"));
    key.mki = {1, 1, 1, 1};
    return key;
}

/// Puts a KEMAC with that key into a draft, to be used first. What its payload views lives in the result.
GuardedKeys bring(Draft &draft, const TicketGuard &guard, const TransportedKey &key)
{
    std::vector<TransportedKey> keys;
    keys.push_back(key.clone());
    GuardedKeys guarded(guard, encodeKeys({}, keys).view(), draft.the<Timestamp>());
    draft.payloads.emplace_back(guarded.payload());
    for (auto &entry : draft.header.genericMap)
        entry.spi = key.mki;
    return guarded;
}

} // namespace

class TicketConformanceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6043-029: MPKi protects TRANSFER_INIT, MPKr' what answers it
    void keysOfMessages()
    {
        Answered call;
        const auto init = *decode(call.request), resp = *decode(call.answer);
        const auto contents = ticketContents(call.world.kms, init);
        const auto &algorithms = *ticketAlgorithms(init.header.prf);
        const TransferIds ids{std::string(aliceId), std::string(bobId)};
        const TicketRands ours{init.find<RandWithRole>(RandRole::Initiator)->rand, {}},
            both{ours.initiator, resp.find<RandWithRole>(RandRole::Responder)->rand};
        const auto first = [&](const Secret &mpk) {
            return transferGuard(algorithms, mpk.view(), init.header.csbId, TicketTag::InitialMessage, ours);
        };
        QVERIFY(isGuardedTransfer(init, first(contents.initiatorMpk), ids));
        QVERIFY(!isGuardedTransfer(init, first(contents.responderMpk), ids));
        const ForkModifier modifier{octets(resp.find<IdWithRole>(IdRole::Responder)->data),
                                    octets(resp.find<RandWithRole>(RandRole::Kms)->rand)};
        const auto second = [&](const Secret &mpk) {
            const auto forked = forkedKey(init.header.prf, mpk.view(), KeyUse::ForkedMpk, modifier);
            return transferGuard(algorithms, forked.view(), init.header.csbId, TicketTag::ResponseMessage, both);
        };
        QVERIFY(isGuarded(resp, second(contents.responderMpk), {call.request}));
        QVERIFY(!isGuarded(resp, second(contents.initiatorMpk), {call.request}));
        const auto draft = draftOf(resp);
        const auto swapped =
            *encodeGuarded(draft.header, draft.payloads, second(contents.initiatorMpk), {call.request});
        QCOMPARE(number(call.initiator->receive(swapped, noon()).error), std::optional(0));
        QVERIFY(call.initiator->receive(call.answer, noon()).agreement);
    }

    // K6043-057, -162: policies of the Responder are checked, and what is not accepted is discarded
    void policiesOfTheResponder_data()
    {
        QTest::addColumn<QString>("what");
        QTest::newRow("one that was not suggested") << "new";
        QTest::newRow("weak ones under the number of ours") << "redefined";
        QTest::newRow("two to choose from") << "two";
        QTest::newRow("none") << "none";
    }
    void policiesOfTheResponder()
    {
        QFETCH(const QString, what);
        Answered call;
        const SuitePayload weak(*srtpSuite("NULL_HMAC_SHA1_80"), what == QLatin1String("redefined") ? 0 : 1);
        const auto changed = call.remade([&](Draft &d) {
            d.payloads.emplace_back(weak.payload());
            for (auto &entry : d.header.genericMap) {
                if (what == QLatin1String("new"))
                    entry.policies = {PolicyNo{1}};
                else if (what == QLatin1String("two"))
                    entry.policies = {PolicyNo{0}, PolicyNo{1}};
                else if (what == QLatin1String("none"))
                    entry.policies = {};
            }
        });
        const auto step = call.initiator->receive(changed, noon());
        QVERIFY(step.error && !step.agreement && !step.send);
        QVERIFY(number(step.error) == std::optional(10) || number(step.error) == std::optional(12));
        const auto taken = call.initiator->receive(call.answer, noon());
        QVERIFY(taken.agreement && sameKeys(*taken.agreement, call.bob));
    }

    // K6043-078: keys are forked with the PRF of the ticket, here by hand
    void prfOfForking()
    {
        TicketWorld world;
        auto offer = world.offer();
        offer.suites = {srtpSuite("AEAD_AES_256_GCM")};
        auto made = world.initiate(offer);
        QVERIFY(made);
        const auto init = *decode((*made)->message());
        QCOMPARE(init.find<Ticket>()->terms.prf, Prf::HmacSha256);
        const auto both = agreed(world, **made);
        QVERIFY(both);
        const auto resp = *decode(both->answer);
        const auto id = resp.find<IdWithRole>(IdRole::Responder)->data;
        const auto rand = resp.find<RandWithRole>(RandRole::Kms)->rand;
        auto label = octets("1512b54affffffffff00");
        append(label, Bytes{0, static_cast<std::uint8_t>(id.size())});
        append(label, id);
        label.push_back(static_cast<std::uint8_t>(rand.size()));
        append(label, rand);
        const auto tgk = std::move(ticketContents(world.kms, init).keys.front().key);
        const auto ours = hexOf(both->alice.tgks.front().view());
        QCOMPARE(ours, hexOf(prf(Prf::HmacSha256, tgk.view(), label, 32).view()));
        QVERIFY(ours != hexOf(prf(Prf::Mikey1, tgk.view(), label, 32).view()));
    }

    // K6043-083: a salt that comes with a key is used as it is
    void carriedSalt()
    {
        Friends world;
        const auto initiator = world.call();
        const auto key = broughtKey();
        const auto guard = world.guardOf(initiator->message());
        std::optional<GuardedKeys> brought;
        const auto changed = world.remade(initiator->message(), [&](Draft &d) { brought = bring(d, guard, key); });
        const auto step = world.bob.respond(changed);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(hexOf(step.agreement->tgks.front().view()), hexOf(key.key.view()));
        for (const auto &session : step.agreement->sessions)
            QCOMPARE(session.salt.size() == 14 && hexOf(session.salt.view()) == hexOf(key.salt.view()),
                     session.mki == key.mki);
    }

    // K6043-118: each key has an SPI
    void keysWithoutSpi()
    {
        const auto secret = octets("101112131415161718191a1b1c1d1e1f");
        KeyData data;
        data.key = secret;
        data.validity = {KeyValidityType::Spi, secret, {}, {}};
        const auto read = [&data] {
            return decodeKeys(encodeSubPayloads(std::vector<Payload>{data})->view(), 0, *ticketAlgorithms(Prf::Mikey1));
        };
        QVERIFY(read());
        data.validity = {};
        const auto none = read();
        QVERIFY(!none);
        QCOMPARE(number(none.error()), std::optional(12));
        data.validity = {KeyValidityType::Interval, {}, ByteView(secret).first(6), ByteView(secret).last(6)};
        QVERIFY(!read());
        Friends world;
        const auto initiator = world.call();
        auto key = broughtKey();
        key.mki.clear();
        const auto guard = world.guardOf(initiator->message());
        std::optional<GuardedKeys> brought;
        const auto changed = world.remade(initiator->message(), [&](Draft &d) { brought = bring(d, guard, key); });
        QCOMPARE(number(world.bob.respond(changed).error), std::optional(12));
        QVERIFY(agreed(world, *world.call(noon().plusSeconds(1)), noon().plusSeconds(1)));
    }

    // K6043-161: keys of the Responder are taken as those of an update: as they are, and only by leave
    void keysOfTheResponder_data()
    {
        QTest::addColumn<bool>("leave");
        QTest::addColumn<bool>("ownMac");
        QTest::newRow("by leave") << true << false;
        QTest::newRow("without leave") << false << false;
        QTest::newRow("with a MAC of its own") << true << true;
    }
    void keysOfTheResponder()
    {
        QFETCH(const bool, leave);
        QFETCH(const bool, ownMac);
        Answered call([leave](TicketRules &rules) { rules.flags.m = leave; });
        const auto key = broughtKey();
        std::optional<GuardedKeys> brought;
        const Bytes mac(20);
        const auto changed = call.remade([&](Draft &d) {
            brought = bring(d, answerGuard(*call.bob.csb), key);
            if (ownMac) {
                auto &kemac = d.the<Kemac>();
                kemac.macAlgorithm = MacAlgorithm::HmacSha1_160;
                kemac.mac = mac;
            }
        });
        const auto step = call.initiator->receive(changed, noon());
        QCOMPARE(step.agreement.has_value(), leave && !ownMac);
        if (!step.agreement)
            return;
        QCOMPARE(step.agreement->tgks.size(), std::size_t{2});
        QCOMPARE(hexOf(step.agreement->tgks.front().view()), hexOf(key.key.view()));
        QCOMPARE(step.agreement->sessions.front().mki, key.mki);
    }

    // K6043-110: where no policy is suggested the answer gives one
    void noPolicySuggested()
    {
        Friends world;
        const auto initiator = world.call();
        const auto changed = world.remade(initiator->message(), [](Draft &d) {
            d.drop<SecurityPolicy>();
            for (auto &entry : d.header.genericMap)
                entry.policies = {};
        });
        const auto step = world.bob.respond(changed);
        QVERIFY2(step.agreement && step.send, step.error ? step.error->reason.c_str() : "");
        const auto answer = *decode(*step.send);
        const auto policies = answer.all<SecurityPolicy>();
        QCOMPARE(policies.size(), std::size_t{1});
        const auto suite = suiteOf(*policies.front());
        QVERIFY(suite && *suite == step.agreement->sessions.front().suite);
        for (const auto &entry : answer.header.genericMap)
            QVERIFY(entry.policies.size() == 1 && entry.policies[0].number == policies.front()->policyNo);
    }

    // K6043-111: of several policies one is chosen
    void severalPoliciesSuggested()
    {
        auto offer = offerToBob();
        offer.suites = {srtpSuite("AEAD_AES_128_GCM"), srtpSuite("AES_CM_128_HMAC_SHA1_80")};
        TicketWorld world;
        world.bob.endpoint.suites = {offer.suites[1]};
        auto made = world.initiate(offer);
        QVERIFY(made);
        const auto init = *decode((*made)->message());
        const auto both = agreed(world, **made);
        QVERIFY(both);
        const auto resp = *decode(both->answer);
        QVERIFY(!resp.find<SecurityPolicy>());
        for (std::size_t i = 0; i < 2; ++i) {
            QCOMPARE(init.header.genericMap[i].policies.size(), std::size_t{2});
            QVERIFY(resp.header.genericMap[i].policies == std::vector<PolicyNo>{PolicyNo{1}});
            QCOMPARE(both->alice.sessions[i].suite, offer.suites[1]);
        }
    }

    // K6043-114: an SSRC that was given is that of the Crypto Session
    void givenSsrc()
    {
        auto offer = offerToBob();
        offer.ssrcs = {0x0badcafe};
        Answered call({}, &offer);
        QCOMPARE(call.bob.sessions[0].ssrc, std::uint32_t{0x0badcafe});
        const auto other = octets("0badcaff");
        const auto changed = call.remade([&other](Draft &d) { d.header.genericMap[0].sessionData = other; });
        QVERIFY(call.initiator->receive(changed, noon()).error);
        const auto filled = call.remade([&other](Draft &d) { d.header.genericMap[1].sessionData = other; });
        const auto taken = call.initiator->receive(filled, noon());
        QVERIFY2(taken.agreement, taken.error ? taken.error->reason.c_str() : "");
        QCOMPARE(taken.agreement->sessions[0].ssrc, std::uint32_t{0x0badcafe});
        QCOMPARE(taken.agreement->sessions[1].ssrc, std::uint32_t{0x0badcaff});
    }

    // K6043-121: ID payloads say nothing in these messages
    void idPayloads()
    {
        Friends world;
        const auto initiator = world.call();
        const auto changed = world.remade(initiator->message(), [](Draft &d) {
            for (auto &payload : d.payloads) {
                if (const auto *id = std::get_if<IdWithRole>(&payload))
                    payload = Id{id->type, id->data};
            }
        });
        QCOMPARE(number(world.bob.respond(changed).error), std::optional(7));
        const auto more = world.remade(initiator->message(), [](Draft &d) {
            d.payloads.emplace_back(Id{IdType::Uri, mikey::octetsOf(carolId)});
        });
        const auto step = world.bob.respond(more);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.agreement->initiator, std::string(aliceId));
    }

    // K6043-097, -099, -100, -102: errors of the Responder
    void errorsOfTheResponder_data()
    {
        QTest::addColumn<bool>("strong");
        QTest::newRow("MIKEY-1") << false;
        QTest::newRow("PRF-HMAC-SHA-256") << true;
    }
    void errorsOfTheResponder()
    {
        QFETCH(const bool, strong);
        Friends world;
        auto offer = world.offer();
        offer.sdpProtocols = {"mikey"};
        if (strong)
            offer.suites = {srtpSuite("AEAD_AES_256_GCM")};
        const auto made = std::move(*world.initiate(offer));
        const auto &init = made->message();
        const auto message = *decode(init);
        const auto sameHeader = [&message](ByteView octets) {
            const auto error = *decode(octets);
            return error.header.dataType == DataType::Error && !error.header.v &&
                   error.header.version == message.header.version && error.header.prf == message.header.prf &&
                   error.header.csbId == message.header.csbId;
        };
        const auto damaged = world.bob.respond(ByteView(init).first(init.size() - 1));
        QVERIFY(damaged.error && damaged.send && sameHeader(*damaged.send));
        QCOMPARE(decode(*damaged.send)->find<ErrorPayload>()->number, ErrorNumber::Unspecified);
        Arrival bidDown; // another list of protocols than the one that is protected
        bidDown.sdpProtocols = {"mikey", "sdes"};
        const auto refused = world.bob.respond(init, noon(), bidDown);
        QVERIFY(refused.error && refused.send && sameHeader(*refused.send));
        QVERIFY(isGuarded(*decode(*refused.send), world.guardOf(init), {}));
        const auto told = made->receive(*refused.send, noon());
        QVERIFY(told.error && told.error->fromPeer && !told.error->unauthenticated);
        const Bytes cut(refused.send->begin(), refused.send->end() - 1);
        for (const auto &error : {*refused.send, cut}) {
            const auto atBob = world.bob.respond(error);
            QVERIFY(atBob.error && !atBob.send);
            const auto atAlice = made->receive(error, noon());
            QVERIFY(atAlice.error && !atAlice.send);
        }
    }

    // K6043-138: with forked keys nobody but who asked for a ticket can call with it
    void ticketOfAnother()
    {
        TicketWorld world;
        Side carol;
        carol.endpoint.identity = carolId;
        world.kms.enrol(carol);
        auto offer = world.offer();
        offer.ticketResponders = {std::string(bobId), std::string(carolId)};
        auto made = world.initiate(offer);
        QVERIFY(made);
        const auto &init = (*made)->message();
        const auto message = *decode(init);
        const auto question = TicketQuestion::make(world.bob.context(), ticketResolve, message.header.prf,
                                                   *message.find<Ticket>(), noon());
        const auto bobs = (*question)->open(world.kms.ask((*question)->request()), true);
        QVERIFY(bobs && bobs->keys.mpks.size() == 2); // all that Bob may know
        const auto toCarol = [&](std::string_view from) {
            return remadeTransfer(init, bobs->keys.mpks[0].view(), bobs->keys.mpks[1].view(), [from](Draft &d) {
                d.the<IdWithRole>(0).data = mikey::octetsOf(from);
                d.the<IdWithRole>(1).data = mikey::octetsOf(carolId);
            });
        };
        const auto asked = world.kms.asked;
        QCOMPARE(number(world.respond(carol, toCarol(bobId)).error), std::optional(0));
        QCOMPARE(world.kms.asked, asked);
        const auto inHerName = world.respond(carol, toCarol(aliceId));
        QVERIFY(inHerName.error && !inHerName.agreement);
        QCOMPARE(world.kms.asked, asked + 1); // where it shows that MPKr is missing
        QCOMPARE(number(world.kms.refused), std::optional(0));
        QVERIFY(world.respond(carol, init).agreement); // hers is well
    }

    // RFC 6043 9: without forking one whom a ticket names can call another of them with it, each under his own name
    void calledByAnotherOfTheGroup()
    {
        Friends world;
        Side carol;
        carol.endpoint.identity = carolId;
        carol.endpoint.ticket.tpk = world.tpk.clone();
        auto offer = world.offer();
        offer.ticketResponders = {std::string(bobId), std::string(carolId)};
        const auto made = std::move(*world.initiate(offer));
        const auto from = [&](std::string_view sender) {
            return world.remade(made->message(), [sender](Draft &d) {
                d.the<IdWithRole>(0).data = mikey::octetsOf(sender);
                d.the<IdWithRole>(1).data = mikey::octetsOf(carolId);
            });
        };
        QCOMPARE(number(carol.respond(from("sip:dave@example.org")).error), std::optional(0));
        const auto step = carol.respond(from(bobId));
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.agreement->initiator, std::string(bobId));
        QCOMPARE(step.agreement->responder, std::string(carolId));
    }

    // RFC 6043 10: a ticket of another service is taken to ours, as it came
    void ticketOfAnotherService()
    {
        TicketWorld world;
        TicketKms other;
        other.domain.kms = "kms.example.net";
        other.domain.tpks.front().key = other.random.secret(32);
        other.enrol(world.alice);
        world.alice.endpoint.ticket.kms = other.domain.kms;
        const auto made = std::move(*method("ticket")->initiate(world.alice.context(), world.offer(), noon()));
        QVERIFY(!made->kmsAnswered(other.ask(*made->kmsRequest()), noon()).error);
        auto step = world.bob.respond(made->message());
        QVERIFY(step.asking);
        const auto bob = step.asking;
        const auto request = *bob->kmsRequest();
        QCOMPARE(request.kms, std::string(kmsId));
        const auto question = *decode(request.message), init = *decode(made->message());
        QCOMPARE(hexOf(ticketPayload(question).subspan(1)), hexOf(ticketPayload(init).subspan(1))); // but Next payload
        QCOMPARE(textOf(question.find<IdWithRole>(IdRole::Responder)->data), bobId);
        step = bob->kmsAnswered(world.kms.ask(request), noon());
        QVERIFY(step.error && !step.agreement && step.send);
        QCOMPARE(number(made->receive(*step.send, noon()).error), std::optional(0));
    }

    // K6043-137, RFC 6043 9: the RANDs are the same for all of a group, and so are the session keys
    void sessionKeysOfAGroup_data()
    {
        QTest::addColumn<bool>("answered");
        QTest::newRow("answered") << true;
        QTest::newRow("not answered") << false;
    }
    void sessionKeysOfAGroup()
    {
        QFETCH(const bool, answered);
        TicketWorld world;
        Side carol;
        carol.endpoint.identity = carolId;
        world.kms.enrol(carol);
        auto offer = world.offer();
        offer.ticketResponders = {std::string(bobId), std::string(carolId)};
        offer.groupKey = true;
        offer.v = answered;
        const auto made = std::move(*world.initiate(offer));
        const auto one = world.respond(world.bob, made->message()), two = world.respond(carol, made->message());
        QVERIFY(one.agreement && two.agreement);
        QCOMPARE(hexOf(two.agreement->tgks[0].view()), hexOf(one.agreement->tgks[0].view()));
        QCOMPARE(hexOf(two.agreement->sessions[0].tek.view()), hexOf(one.agreement->sessions[0].tek.view()));
        QCOMPARE(one.send.has_value(), answered);
        if (!answered)
            return;
        const auto ours = made->receive(*one.send, noon());
        QVERIFY2(ours.agreement, ours.error ? ours.error->reason.c_str() : "");
        QVERIFY(sameKeys(*ours.agreement, *one.agreement));
    }
};

QTEST_GUILESS_MAIN(TicketConformanceTest)
#include "ticket_conformance_test.moc"
