// SPDX-License-Identifier: Apache-2.0
// What ticket policies say of times, applications and renewal, and what both sides do about it.
#include "loose_transfer.h"

#include "methods/csb.h"
#include "methods/ticket.h"
#include "wire/pack.h"
#include "wire/text.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

int numberOf(const std::optional<Error> &error)
{
    return error && error->number ? static_cast<int>(*error->number) : -1;
}

NtpTime inYear(int year)
{
    constexpr std::int64_t yearSeconds = 31556952;
    return NtpTime::fromUnixMicroseconds((year - 1970) * yearSeconds * 1000000);
}

/// Both sides of a call that Alice makes.
struct Called
{
    Agreement alice, bob;
};

std::optional<Called> called(TicketWorld &world, NtpTime now = noon())
{
    const auto initiator = world.call(now);
    auto step = world.respond(world.bob, initiator->message(), now);
    if (!step.agreement || !step.send)
        return std::nullopt;
    auto ours = initiator->receive(*step.send, now);
    if (!ours.agreement)
        return std::nullopt;
    return Called{std::move(*ours.agreement), std::move(*step.agreement)};
}

/// The rules of the ticket that was resolved last.
TicketRules granted(const TicketKms &kms)
{
    return readRules(decode(kms.question)->find<Ticket>()->terms)->rules;
}

} // namespace

class TicketPolicyTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6043-119, -126, -127: validity in the range 1968 to 2104, and unbounded where it is absent
    void validity_data()
    {
        QTest::addColumn<int>("start"); ///< year; 0: none
        QTest::addColumn<int>("end");
        QTest::addColumn<bool>("valid"); ///< in 2025
        QTest::newRow("no bounds") << 0 << 0 << true;
        QTest::newRow("this decade") << 2020 << 2030 << true;
        QTest::newRow("over the end of the era") << 2020 << 2040 << true;
        QTest::newRow("more than 68 years from now") << 1970 << 2100 << true;
        QTest::newRow("ended long ago") << 1968 << 1969 << false;
        QTest::newRow("ended") << 0 << 2024 << false;
        QTest::newRow("begins later") << 2027 << 0 << false;
        QTest::newRow("begins in the next era") << 2099 << 2103 << false;
    }
    void validity()
    {
        QFETCH(const int, start);
        QFETCH(const int, end);
        QFETCH(const bool, valid);
        LooseTransfer made;
        if (start != 0)
            made.rules.start = inYear(start);
        if (end != 0)
            made.rules.end = inYear(end);
        const auto step = keeper().respond(made.octetsOf());
        QVERIFY2(step.agreement.has_value() == valid, step.error ? step.error->reason.c_str() : "");
        if (!valid)
            QCOMPARE(numberOf(step.error), static_cast<int>(ErrorNumber::InvalidTicketPolicy));
    }

    // The clock of who set the beginning may be some minutes ahead of ours
    void clocksThatDiffer()
    {
        LooseTransfer made;
        made.rules.start = noon().plusSeconds(120);
        QVERIFY(keeper().respond(made.octetsOf()).agreement);
        made.rules.start = noon().plusSeconds(600);
        QVERIFY(!keeper().respond(made.octetsOf()).agreement);
        made.rules.start.reset();
        made.rules.end = noon().plusSeconds(-1);
        QVERIFY(!keeper().respond(made.octetsOf()).agreement);
    }

    // The service shortens a wish that goes into the next era, rather than take it for the past
    void longWish()
    {
        TicketWorld world;
        world.alice.endpoint.ticket.lifetimeSeconds = std::int64_t{74} * 366 * 24 * 3600;
        world.alice.endpoint.ticket.reuse = true;
        QVERIFY(called(world));
        const auto latest = noon().plusSeconds(world.kms.domain.longestLifetimeSeconds);
        QVERIFY(!world.alice.state.tickets.back().until.isAfter(latest));
    }

    // K6043-120: a T of whole seconds, padded with zeros where 64 bits are needed
    void wholeSeconds()
    {
        LooseTransfer made;
        made.timestampType = TimestampType::NtpUtc32;
        made.rules.flags.f = true;
        SystemRandom random;
        made.supplied = *drawKeys(std::nullopt, *ticketAlgorithms(made.rules.flags.prf), random);
        const auto step = keeper().respond(made.octetsOf());
        QVERIFY2(step.agreement && step.send, step.error ? step.error->reason.c_str() : "");
        QCOMPARE(step.agreement->timestamp.units(), noon().units() >> 32 << 32);
        QCOMPARE(step.agreement->tgks.size(), std::size_t{2});
        QCOMPARE(decode(*step.send)->find<Timestamp>()->type, TimestampType::NtpUtc); // the answer has its own
        made.timestampType = TimestampType::Counter;
        QVERIFY(!keeper().respond(made.octetsOf()).agreement);
    }

    // K6043-128: both sides are told how often new keys are due, and an update does not forget it
    void rekeyingInterval()
    {
        TicketWorld world;
        world.kms.domain.rekeySeconds = 600;
        const auto both = called(world);
        QVERIFY(both);
        QCOMPARE(granted(world.kms).rekeySeconds, std::uint32_t{600});
        for (const auto *agreement : {&both->alice, &both->bob})
            QCOMPARE(Csb::load(agreement->csb->save().view())->ticket.rekeySeconds, std::uint32_t{600});
        const auto now = noon().plusSeconds(500);
        const auto update = mikey::update(world.alice.context(), *both->alice.csb, Renewal(), now);
        QVERIFY(update);
        Arrival arrival;
        arrival.bundles = {both->bob.csb.get()};
        const auto step = world.bob.respond((*update)->message(), now, arrival);
        QVERIFY(step.agreement);
        QCOMPARE(step.agreement->csb->ticket.rekeySeconds, std::uint32_t{600});
    }

    // What was kept before there were such intervals is still read
    void bundlesOfBefore()
    {
        TicketWorld world;
        const auto both = called(world);
        QVERIFY(both);
        const auto saved = both->alice.csb->save();
        Unpacker from(saved.view());
        std::vector<Bytes> fields;
        while (from.hasMore()) {
            const auto field = from.field();
            fields.emplace_back(field.begin(), field.end());
        }
        Packer before;
        for (std::size_t i = 0; i + 2 < fields.size(); ++i)
            before.add(ByteView(fields[i]));
        const auto csb = Csb::load(before.take().view());
        QVERIFY(csb);
        QCOMPARE(csb->ticket.rekeySeconds, std::uint32_t{0});
        QVERIFY(sameOctets(csb->ticket.mpk.view(), both->alice.csb->ticket.mpk.view()));
        Packer broken;
        for (std::size_t i = 0; i + 1 < fields.size(); ++i)
            broken.add(ByteView(fields[i]));
        QVERIFY(!Csb::load(broken.take().view()));
    }

    // A peer that uses up all numbers of policies gets an error
    void allPolicyNumbersTaken()
    {
        LooseTransfer made;
        made.streams.assign(2, {0, 0x11111111, 0});
        made.streams[1].ssrc = 0x22222222;
        made.rules.flags.f = true;
        auto bob = keeper();
        const auto first = bob.respond(made.octetsOf());
        QVERIFY(first.agreement);
        auto &csb = *first.agreement->csb;
        csb.map.resize(256, csb.map.front());
        csb.suites.resize(256, csb.suites.front());
        for (std::size_t i = 0; i < csb.map.size(); ++i)
            csb.map[i].policyNo = static_cast<std::uint8_t>(i);
        const auto octetsOfMessage = made.octetsOf();
        auto message = *decode(octetsOfMessage);
        for (auto &entry : message.header.genericMap)
            entry.policies.clear();
        const auto streams = offeredStreams(message, bob.endpoint, LeftOpen::ToAnswer, &csb);
        QVERIFY(!streams && streams.error().number == ErrorNumber::InvalidSpParameters);
    }

    // The Responder is told by the ticket alone where no service is between them
    void wishedInterval()
    {
        LooseTransfer made;
        made.rules.rekeySeconds = 77;
        const auto step = keeper().respond(made.octetsOf());
        QVERIFY(step.agreement);
        QCOMPARE(step.agreement->csb->ticket.rekeySeconds, std::uint32_t{77});
    }

    // A policy that forbids its Initiator new keys of his own: they come of a new ticket
    void renewedByNewExchange()
    {
        TicketWorld world;
        const auto both = called(world);
        QVERIFY(both);
        auto csb = both->alice.csb->clone();
        csb.ticket.initiatorKeys = false;
        const auto now = noon().plusSeconds(20);
        auto made = update(world.alice.context(), csb, Renewal(), now);
        QVERIFY(made && (*made)->kmsRequest());
        QVERIFY(!(*made)->kmsAnswered(world.kms.ask(*(*made)->kmsRequest(), now), now).error);
        Arrival arrival;
        arrival.bundles = {both->bob.csb.get()};
        const auto step = world.respond(world.bob, (*made)->message(), now, arrival);
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        const auto ours = (*made)->receive(*step.send, now);
        QVERIFY(ours.agreement && sameKeys(*ours.agreement, *step.agreement));
        QVERIFY(ours.agreement->csbId != csb.csbId);
        QCOMPARE(ours.agreement->sessions[0].ssrc, both->alice.sessions[0].ssrc); // the streams go on
        Renewal adds;
        adds.addedStreams = 1;
        QVERIFY(!update(world.alice.context(), csb, adds, now));
    }

    // RFC 6043 6.10: a ticket may be for some applications only
    void applications_data()
    {
        QTest::addColumn<QStringList>("applications");
        QTest::addColumn<bool>("taken");
        QTest::newRow("all") << QStringList() << true;
        QTest::newRow("others") << QStringList{QStringLiteral("video"), QStringLiteral("files")} << false;
        QTest::newRow("others and ours") << QStringList{QStringLiteral("video"), QStringLiteral("latchkey")} << true;
    }
    void applications()
    {
        QFETCH(const QStringList, applications);
        QFETCH(const bool, taken);
        LooseTransfer made;
        for (const auto &application : applications)
            made.rules.applications.push_back(application.toStdString());
        auto terms = made.rules.flags;
        const auto policy = policyData(made.rules);
        terms.policy = *policy;
        const auto read = readRules(terms);
        QVERIFY(read && read->rules.applications == made.rules.applications); // as it passes through the service
        const auto step = keeper().respond(made.octetsOf());
        QCOMPARE(step.agreement.has_value(), taken);
        if (!taken)
            QCOMPARE(numberOf(step.error), static_cast<int>(ErrorNumber::InvalidTicketPolicy));
    }

    // S-4: what a ticket was resolved to before is forgotten when media do not authenticate, and the service is asked
    void resolvedAnew()
    {
        TicketWorld world;
        world.alice.endpoint.ticket.reuse = true;
        const auto first = called(world);
        QVERIFY(first && first->bob.csb->ticket.remembered.empty()); // the service was asked
        const auto second = called(world, noon().plusSeconds(10));
        QVERIFY(second && !second->bob.csb->ticket.remembered.empty());
        QCOMPARE(world.kms.asked, 2);
        ticket::forgetResolved(world.bob.state, *first->bob.csb); // nothing was remembered for that one
        QCOMPARE(world.bob.state.resolved.size(), std::size_t{1});
        ticket::forgetResolved(world.bob.state, *Csb::load(second->bob.csb->save().view()));
        QVERIFY(world.bob.state.resolved.empty());
        world.kms.revoked.insert(std::string(aliceId)); // what only the service can know
        const auto now = noon().plusSeconds(20);
        const auto third = world.call(now);
        QVERIFY(!world.respond(world.bob, third->message(), now).agreement);
        QCOMPARE(world.kms.asked, 3);
    }

    // A ticket with a GTGK serves once, also where the service lets the group answer: who is in it may change
    void groupTicketsAreNotHeld()
    {
        TicketWorld world;
        world.alice.endpoint.ticket.reuse = true;
        auto offer = world.offer();
        offer.groupKey = true;
        auto made = world.initiate(offer);
        QVERIFY(made);
        const auto step = world.respond(world.bob, (*made)->message());
        QVERIFY(step.send && (*made)->receive(*step.send, noon()).agreement);
        QVERIFY(world.alice.state.tickets.empty());
    }
};

QTEST_GUILESS_MAIN(TicketPolicyTest)
#include "ticket_policy_test.moc"
