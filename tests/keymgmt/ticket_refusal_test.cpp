// SPDX-License-Identifier: Apache-2.0
#include "loose_transfer.h"

#include "methods/ticket.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

int numberOf(const std::optional<Error> &error)
{
    return error && error->number ? static_cast<int>(*error->number) : -1;
}

Bytes flipped(ByteView octets, std::size_t at)
{
    Bytes changed(octets.begin(), octets.end());
    changed[at] ^= 0x01;
    return changed;
}

} // namespace

class TicketRefusalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6043-013, -030, -040, -053, -056, -066, -072 to -074, -098, -104 to -106, -152, -155: every octet counts
    void flippedQuestions()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const auto question = world.kms.question;
        for (std::size_t at = 0; at < question.size(); ++at) {
            TicketKms &kms = world.kms;
            kms::Memory fresh;
            const auto changed =
                kms::answerTicketQuestion(kms.domain, fresh, flipped(question, at), noon(), kms.random);
            QVERIFY2(changed.error, qPrintable(QString::number(at)));
            const auto answer = changed.message ? decode(*changed.message)->header.dataType : DataType::Error;
            QCOMPARE(answer, DataType::Error);
        }
    }

    void flippedTicketAnswer()
    {
        TicketWorld world;
        auto made = method("ticket")->initiate(world.alice.context(), world.offer(), noon());
        QVERIFY(made);
        const auto answer = world.kms.ask(*(*made)->kmsRequest());
        for (std::size_t at = 0; at < answer.size(); ++at) {
            EndpointState state;
            SystemRandom random;
            auto question = TicketQuestion::make({world.alice.endpoint, state, random}, ticketRequest, Prf::Mikey1,
                                                 TicketPolicy{}, noon());
            QVERIFY(question);
            QVERIFY(!(*question)->open(flipped(answer, at), true)); // nor is it that question's
        }
        const auto step = (*made)->kmsAnswered(flipped(answer, answer.size() - 40), noon());
        QVERIFY(step.error && !step.agreement);
    }

    void flippedTransfer()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const Bytes message = initiator->message();
        for (std::size_t at = 0; at < message.size(); ++at) {
            Side bob;
            bob.endpoint.identity = bobId;
            bob.endpoint.ticket.kms = kmsId;
            bob.endpoint.ticket.psk = world.bob.endpoint.ticket.psk.clone();
            const auto step = world.respond(bob, flipped(message, at));
            QVERIFY2(step.error && !step.agreement, qPrintable(QString::number(at)));
        }
        QVERIFY(world.respond(world.bob, message).agreement);
    }

    void flippedAnswer()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const auto step = world.respond(world.bob, initiator->message());
        QVERIFY(step.send);
        for (std::size_t at = 0; at < step.send->size(); ++at) {
            const auto taken = initiator->receive(flipped(*step.send, at), noon());
            QVERIFY2(taken.error && !taken.agreement, qPrintable(QString::number(at)));
        }
        QVERIFY(initiator->receive(*step.send, noon()).agreement);
    }

    void truncated()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const Bytes message = initiator->message();
        for (std::size_t size = 0; size < message.size(); ++size) {
            const auto step = world.bob.respond(ByteView(message).first(size));
            QVERIFY(step.error && !step.agreement && !step.asking);
        }
    }

    // RFC 3830 5.4: replays
    void replay()
    {
        TicketWorld world;
        const auto initiator = world.call();
        QVERIFY(world.respond(world.bob, initiator->message()).agreement);
        const auto again = world.respond(world.bob, initiator->message());
        QVERIFY(again.error && !again.send && !again.agreement);
    }

    // S-8: a question that comes again gets the first answer; one that was changed gets none
    void repeatedQuestion()
    {
        TicketWorld world;
        auto made = method("ticket")->initiate(world.alice.context(), world.offer(), noon());
        const auto request = *(*made)->kmsRequest();
        const auto first = world.kms.ask(request);
        QVERIFY(!first.empty());
        QCOMPARE(world.kms.ask(request, noon().plusSeconds(7)), first);
        QCOMPARE(world.kms.ask(request, noon().plusSeconds(290)), first);
        // Forgotten, it is a replay.
        world.kms.state.answered.clear();
        world.kms.ask(request, noon().plusSeconds(8));
        QVERIFY(world.kms.refused && world.kms.answer.empty());
    }

    // K6043-018, -127, -132, D-12: whom the service refuses, and by which number
    void refusedByTheService_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<int>("number");
        QTest::newRow("unknown user") << "unknown" << 7;
        QTest::newRow("wrong key") << "wrong key" << 0;
        QTest::newRow("revoked") << "revoked" << 0;
        QTest::newRow("may not call") << "may not call" << 0;
        QTest::newRow("old") << "old" << 1;
        QTest::newRow("other service") << "other service" << 7;
    }
    void refusedByTheService()
    {
        QFETCH(const QString, what);
        QFETCH(const int, number);
        TicketWorld world;
        NtpTime sent = noon();
        if (what == QLatin1String("unknown"))
            world.alice.endpoint.identity = "sip:mallory@example.org";
        if (what == QLatin1String("wrong key"))
            world.alice.endpoint.ticket.psk = world.kms.random.secret(32);
        if (what == QLatin1String("revoked"))
            world.kms.revoked.insert(std::string(aliceId));
        if (what == QLatin1String("may not call"))
            world.kms.domain.mayCall = [](const auto &, const auto &) { return false; };
        if (what == QLatin1String("old"))
            sent = noon().plusSeconds(-1000);
        if (what == QLatin1String("other service"))
            world.alice.endpoint.ticket.kms = "kms.other.org";
        auto made = method("ticket")->initiate(world.alice.context(), world.offer(), sent);
        QVERIFY(made);
        const auto step = (*made)->kmsAnswered(world.kms.ask(*(*made)->kmsRequest()), sent);
        QCOMPARE(numberOf(world.kms.refused), number);
        QVERIFY(step.error && step.error->fromPeer);
        QCOMPARE(numberOf(step.error), number);
        QVERIFY(!(*made)->kmsRequest() && (*made)->message().empty());
    }

    // K6043-132, -163: an outsider cannot resolve; Bob does not take what was meant for Carol
    void outsider()
    {
        TicketWorld world;
        Side carol;
        carol.endpoint.identity = carolId;
        world.kms.enrol(carol);
        const auto initiator = world.call();
        const auto message = *decode(initiator->message());
        auto question =
            TicketQuestion::make(carol.context(), ticketResolve, message.header.prf, *message.find<Ticket>(), noon());
        QVERIFY(question);
        QVERIFY(!(*question)->open(world.kms.ask((*question)->request()), true));
        QCOMPARE(numberOf(world.kms.refused), 0);
        QVERIFY(world.respond(carol, initiator->message()).error);
    }

    // K6043-041, -042, -149: policies are refused before the service hears of it
    void earlyRejection()
    {
        TicketWorld world;
        auto offer = world.offer();
        world.alice.endpoint.accept.nullEncryption = true;
        offer.suites = {srtpSuite("NULL_HMAC_SHA1_80")};
        auto made = world.initiate(offer);
        QVERIFY(made);
        const auto asked = world.kms.asked;
        const auto step = world.respond(world.bob, (*made)->message());
        QCOMPARE(numberOf(step.error), 10);
        QCOMPARE(world.kms.asked, asked);
        const auto error = *decode(*step.send);
        QCOMPARE(error.header.mapType, CsIdMapType::GenericId); // K6043-107
        QVERIFY(error.find<SecurityPolicy>());                  // K6043-103
        QVERIFY(!sameOctets(error.find<Timestamp>()->value,
                            decode((*made)->message())->find<Timestamp>()->value)); // K6043-101
        QCOMPARE(numberOf((*made)->receive(*step.send, noon()).error), 10);
    }

    // K6043-122: flags that contradict each other
    void flags_data()
    {
        QTest::addColumn<QString>("flags");
        for (const auto *flags : {"!l", "g!f", "!g!h", "i!e", "k", "m!f"})
            QTest::newRow(flags) << QString::fromLatin1(flags);
    }
    void flags()
    {
        QFETCH(const QString, flags);
        LooseTransfer loose; // D = 0, so the rule of K is broken by K alone
        auto &f = loose.rules.flags;
        f.l = flags != QLatin1String("!l");
        f.g = flags == QLatin1String("g!f");
        f.h = flags != QLatin1String("!g!h");
        f.i = flags == QLatin1String("i!e");
        f.k = flags == QLatin1String("k");
        f.m = flags == QLatin1String("m!f");
        auto bob = keeper();
        QCOMPARE(numberOf(bob.respond(loose.octetsOf()).error), 15);
    }

    // The loose message is good as it stands; each change alone makes it bad
    void broken_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<int>("number");
        const auto row = [](const char *what, int number) {
            QTest::newRow(what) << QString::fromLatin1(what) << number;
        };
        row("good", -1);
        row("ended", 15); // K6043-127, D-12
        row("not begun", 15);
        row("unknown type", 14); // K6043-125
        row("N = 0", 14);
        row("short RAND", 12); // K6043-143, D-13
        row("short key", 12);  // K6043-142
        row("no policy", 12);  // D-11
        row("two policies", 12);
        row("no session data", 12);
        row("unknown SPI", 12);    // K6043-115
        row("unknown policy", 10); // K6043-112
        row("SRTP-ID map", 12);    // K6043-107
        row("wrong TPK", 0);
        row("256 bits under 128", 12); // K6043-146
    }
    void broken()
    {
        QFETCH(const QString, what);
        QFETCH(const int, number);
        LooseTransfer loose;
        auto bob = keeper();
        const auto is = [&what](const char *name) { return what == QLatin1String(name); };
        if (is("ended"))
            loose.rules.end = noon().plusSeconds(-1);
        if (is("not begun"))
            loose.rules.start = noon().plusSeconds(600); // further than clocks may differ
        if (is("unknown type"))
            loose.rules.flags.type = TicketType::ThirdGenerationBase;
        if (is("N = 0"))
            loose.rules.flags.n = false;
        if (is("short RAND"))
            loose.randOctets = 15;
        if (is("no policy"))
            loose.policies = {};
        if (is("two policies"))
            loose.policies = {0, 0};
        if (is("no session data"))
            loose.streams[1].ssrc = 0;
        if (is("unknown SPI"))
            loose.spi = {9, 9, 9, 9};
        if (is("unknown policy"))
            loose.policies = {7};
        if (is("wrong TPK"))
            bob.endpoint.ticket.tpk = secretOf("00000000000000000000000000000000");
        auto message = loose.octetsOf();
        if (is("SRTP-ID map")) {
            Header header;
            header.dataType = DataType::TransferInit;
            const auto decoded = *decode(message);
            std::vector<Payload> payloads;
            for (const auto &placed : decoded.payloads)
                payloads.push_back(placed.payload);
            message = *encode(header, payloads);
        }
        if (is("short key") || is("256 bits under 128")) {
            TransportedKey key;
            key.key = Secret(is("short key") ? 8 : 32);
            key.mki = {1, 1, 1, 1};
            loose.supplied.push_back(std::move(key));
            message = loose.octetsOf();
        }
        const auto step = bob.respond(message);
        QCOMPARE(step.agreement.has_value(), number < 0);
        if (number >= 0)
            QCOMPARE(numberOf(step.error), number);
    }

    // RFC 6043 12.1, K6043-145, -146: no AES-256 for the media under algorithms of 128 bits
    void strongMediaUnderWeakAlgorithms_data()
    {
        QTest::addColumn<bool>("weakPrf");
        QTest::newRow("128 bits") << true;
        QTest::newRow("256 bits") << false;
    }
    void strongMediaUnderWeakAlgorithms()
    {
        QFETCH(const bool, weakPrf);
        LooseTransfer loose;
        loose.suite = srtpSuite("AEAD_AES_256_GCM");
        loose.rules.flags.prf = weakPrf ? Prf::Mikey1 : Prf::HmacSha256;
        auto bob = keeper();
        const auto step = bob.respond(loose.octetsOf());
        QCOMPARE(step.agreement.has_value(), !weakPrf);
        if (weakPrf)
            QCOMPARE(numberOf(step.error), 10);
    }

    // K6043-038, -165: keys of the Initiator only by leave
    void suppliedKeys()
    {
        LooseTransfer loose;
        TransportedKey key;
        key.key = Secret(octets("101112131415161718191a1b1c1d1e1f"));
        key.mki = {1, 1, 1, 1};
        loose.supplied.push_back(std::move(key));
        auto bob = keeper();
        QVERIFY(bob.respond(loose.octetsOf()).agreement);
        loose.rules.flags.d = true; // else L has to be set
        loose.rules.flags.l = false;
        auto other = keeper();
        QCOMPARE(numberOf(other.respond(loose.octetsOf()).error), 12);
    }

    // S-5: M only with G or I
    void keysOfTheResponder()
    {
        TicketWorld world;
        TicketRules wish = ticket::wishFor(world.alice.endpoint, world.offer(), noon());
        wish.flags.i = wish.flags.g = false;
        TicketPolicy policy{wish.flags};
        const auto data = *policyData(wish);
        policy.terms.policy = data;
        auto question = TicketQuestion::make(world.alice.context(), ticketRequest, Prf::Mikey1, policy, noon());
        QVERIFY(question);
        const auto reply = (*question)->open(world.kms.ask((*question)->request()), false);
        QVERIFY(reply && reply->ticket);
        QVERIFY(!reply->ticket->terms.m && reply->ticket->terms.k);
    }

    // S-6: what we sent does not come back as the peer's
    void reflected()
    {
        TicketWorld world;
        const auto initiator = world.call();
        const auto step = world.respond(world.bob, initiator->message());
        const auto ours = initiator->receive(*step.send, noon());
        QVERIFY(ours.agreement);
        QVERIFY(world.respond(world.alice, initiator->message()).error);
        const auto now = noon().plusSeconds(5);
        const auto renewal = update(world.alice.context(), *ours.agreement->csb, Renewal(), now);
        QVERIFY(renewal);
        Arrival arrival;
        arrival.bundles = {ours.agreement->csb.get()};
        const auto back = world.alice.respond((*renewal)->message(), now, arrival);
        QVERIFY(back.error && !back.agreement && !back.send);
        QVERIFY((*renewal)->receive((*renewal)->message(), now).error);
        QVERIFY((*renewal)->receive(*step.send, now).error); // nor does an older answer serve
    }

    // S-7: a ticket without forking has no Initiator Data
    void strayInitiatorData()
    {
        LooseTransfer loose;
        const auto message = loose.octetsOf();
        const auto decoded = *decode(message);
        std::vector<Payload> payloads;
        const Bytes stray{9, 0, 0, 0, 0};
        for (const auto &placed : decoded.payloads) {
            payloads.push_back(placed.payload);
            if (auto *ticket = std::get_if<Ticket>(&payloads.back()))
                ticket->initiatorData = stray; // no MAC of the message covers it
        }
        auto header = decoded.header;
        auto bob = keeper();
        QVERIFY(bob.respond(message).agreement);
        auto other = keeper();
        QCOMPARE(numberOf(other.respond(*encode(header, payloads)).error), 15);
    }

    // S-4: a forked ticket that names several is resolved each time
    void severalAreResolvedAgain()
    {
        TicketWorld world;
        world.alice.endpoint.ticket.reuse = true;
        Side carol;
        carol.endpoint.identity = carolId;
        world.kms.enrol(carol);
        auto offer = world.offer();
        offer.ticketResponders = {std::string(bobId), std::string(carolId)};
        auto made = world.initiate(offer);
        QVERIFY(made && world.respond(world.bob, (*made)->message()).agreement);
        QVERIFY(world.bob.state.resolved.empty());
    }

    // RFC 6043 4.2.3, 9: the caller is who the ticket was issued to, forked keys or not
    void anothersTicket_data()
    {
        QTest::addColumn<bool>("forked");
        QTest::newRow("forked") << true;
        QTest::newRow("not forked") << false;
    }
    void anothersTicket()
    {
        QFETCH(bool, forked);
        TicketWorld world;
        Side mallory;
        mallory.endpoint.identity = carolId;
        world.kms.enrol(mallory);
        auto offer = world.offer();
        offer.v = forked;
        const auto made = method("ticket")->initiate(mallory.context(), offer, noon());
        QVERIFY(made);
        const auto granted = world.kms.ask(*(*made)->kmsRequest());
        mallory.endpoint.identity = aliceId; // she says from now on
        QVERIFY(!(*made)->kmsAnswered(granted, noon()).error);
        const auto step = world.respond(world.bob, (*made)->message());
        QVERIFY(!step.agreement && step.error);
        QCOMPARE(step.error->number, std::optional(ErrorNumber::AuthFailure));
    }

    // RFC 6043 4.1.1: in mode 4 the key proves the one it is shared with, and nobody else
    void anothersKey_data()
    {
        QTest::addColumn<QString>("peer");
        QTest::addColumn<bool>("taken");
        QTest::addColumn<bool>("weak");
        QTest::newRow("shared with her") << QStringLiteral("sip:alice@example.org") << true << false;
        QTest::newRow("shared with another one") << QStringLiteral("sip:carol@example.org") << false << false;
        QTest::newRow("not told with whom") << QString() << true << true;
    }
    void anothersKey()
    {
        QFETCH(QString, peer);
        QFETCH(bool, taken);
        QFETCH(bool, weak);
        TicketWorld world;
        for (auto *side : {&world.alice, &world.bob})
            side->endpoint.ticket.tpk = secretOf("a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf");
        world.alice.endpoint.ticket.mode = 4;
        world.alice.endpoint.ticket.tpkPeer = bobId;
        world.bob.endpoint.ticket.tpkPeer = peer.toStdString();
        const auto step = world.respond(world.bob, world.call()->message());
        QCOMPARE(step.agreement.has_value(), taken);
        if (taken)
            QCOMPARE(!step.agreement->weaknesses.empty(), weak);
        world.alice.endpoint.ticket.tpkPeer = carolId; // nor does she make tickets for Bob under a key that Carol has
        QVERIFY(!world.initiate(world.offer()));
    }

    // K6043-096, S-4: a ticket for a group is not kept, and is resolved each time, though it names one and may serve
    // again
    void groupsAreResolvedAgain()
    {
        TicketWorld world;
        world.alice.endpoint.ticket.reuse = true;
        const std::string team = "sip:team@example.org";
        world.kms.domain.isMember = [&](const std::string &group, const std::string &member) {
            return group == team && member == bobId;
        };
        Offer offer;
        offer.peer = team;
        for (int call = 0; call < 2; ++call) {
            const auto made = world.initiate(offer, noon().plusSeconds(call));
            QVERIFY(made);
            const auto step = world.respond(world.bob, (*made)->message(), noon().plusSeconds(call));
            QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
            QVERIFY((*made)->receive(*step.send, noon().plusSeconds(call)).agreement);
            QVERIFY(world.alice.state.tickets.empty() && world.bob.state.resolved.empty());
        }
        QCOMPARE(world.kms.asked, 4);
    }

    // RFC 6043 4.2.3: a ticket that the Initiator made himself (mode 3) meets the policies of the service too
    void madeByTheInitiator_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<int>("number");
        QTest::newRow("good") << "good" << -1;
        QTest::newRow("may not call") << "may not call" << 0;
        QTest::newRow("revoked") << "revoked" << 0;
        QTest::newRow("too long") << "too long" << 15;
    }
    void madeByTheInitiator()
    {
        QFETCH(const QString, what);
        QFETCH(const int, number);
        TicketWorld world;
        world.alice.endpoint.ticket.tpk = world.kms.random.secret(32);
        world.alice.endpoint.ticket.mode = 3;
        world.kms.tpks[std::string(aliceId)] = world.alice.endpoint.ticket.tpk.clone();
        if (what == QLatin1String("may not call"))
            world.kms.domain.mayCall = [](const auto &, const auto &) { return false; };
        if (what == QLatin1String("revoked"))
            world.kms.revoked.insert(std::string(aliceId));
        if (what == QLatin1String("too long"))
            world.alice.endpoint.ticket.lifetimeSeconds = world.kms.domain.longestLifetimeSeconds + 1;
        const auto step = world.respond(world.bob, world.call()->message());
        QCOMPARE(step.agreement.has_value(), number < 0);
        QCOMPARE(numberOf(world.kms.refused), number);
    }

    // RFC 6043 4.2.3: a ticket that was issued serves no more once who asked for it is revoked
    void revokedSinceTheIssue()
    {
        TicketWorld world;
        const auto message = world.call()->message();
        world.kms.revoked.insert(std::string(aliceId));
        QVERIFY(!world.respond(world.bob, message).agreement);
        QCOMPARE(numberOf(world.kms.refused), 0);
    }

    // RFC 6043 12.3: a message that is out of the clock window costs the service nothing
    void staleIsNotResolved()
    {
        TicketWorld world;
        const auto message = world.call()->message();
        const auto asked = world.kms.asked;
        const auto step = world.respond(world.bob, message, noon().plusSeconds(1000));
        QVERIFY(step.error && !step.send && !step.asking);
        QCOMPARE(world.kms.asked, asked);
    }

    // K6043-074: a ticket cut out of one message and put into another
    void movedTicket()
    {
        TicketWorld world;
        const auto first = world.call(), second = world.call(noon().plusSeconds(1));
        const auto from = *decode(first->message()), into = *decode(second->message());
        std::vector<Payload> payloads;
        for (const auto &placed : into.payloads)
            payloads.push_back(std::holds_alternative<Ticket>(placed.payload) ? Payload(*from.find<Ticket>())
                                                                              : placed.payload);
        const auto asked = world.kms.asked;
        const auto step = world.respond(world.bob, *encode(into.header, payloads), noon().plusSeconds(1));
        QCOMPARE(numberOf(step.error), 0);
        QCOMPARE(world.kms.asked, asked);
    }

    // K6043-020, -136, -160, -173: payloads that are not expected are ignored
    void unexpectedPayloads()
    {
        TicketWorld world;
        auto offer = world.offer();
        offer.sdpProtocols = {"mikey"};
        auto made = world.initiate(offer);
        QVERIFY(made);
        QVERIFY(world.respond(world.bob, (*made)->message()).agreement);
        TicketRules rules = ticket::wishFor(world.alice.endpoint, world.offer(), noon());
        auto data = *policyData(rules);
        auto chain = *decodeNumberedChain(data);
        std::vector<Payload> payloads;
        for (const auto &placed : chain)
            payloads.push_back(placed.payload);
        payloads.emplace_back(GeneralExtension{static_cast<ExtensionType>(200), data});
        const auto more = *encodeNumberedChain(payloads);
        rules.flags.policy = more;
        QVERIFY(readRules(rules.flags));
    }

    // K6043-169: TP Data that are none
    void garbagePolicy()
    {
        TicketTerms terms;
        terms.h = terms.l = terms.n = terms.o = true;
        const Bytes garbage{255, 1, 2, 3};
        terms.policy = garbage;
        const auto read = readRules(terms);
        QVERIFY(!read);
        QCOMPARE(static_cast<int>(*read.error().number), 15);
    }

    void withoutAccount()
    {
        TicketWorld world;
        const auto initiator = world.call();
        Side bob;
        bob.endpoint.identity = bobId;
        QCOMPARE(numberOf(bob.respond(initiator->message()).error), 11);
        QVERIFY(method("ticket")->obstacle(bob.endpoint, std::string(aliceId)));
        QVERIFY(!method("ticket")->initiate(bob.context(), world.offer(), noon()));
    }
};

QTEST_GUILESS_MAIN(TicketRefusalTest)
#include "ticket_refusal_test.moc"
