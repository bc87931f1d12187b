// SPDX-License-Identifier: Apache-2.0
// Two services that resolve their tickets for each other's users (RFC 6043 10).
#include "ticketed.h"

#include "methods/ticket_question.h"

#include <QTest>

using namespace mikey;
using namespace mikey::test;

namespace {

constexpr std::string_view partnerId = "kms.example.net", daveId = "sip:dave@example.net";

/// Alice has an account at one service, Dave at the other.
struct TwoServices
{
    TicketWorld world;
    TicketKms theirs;
    Side dave;
    bool reachable = true;
    Bytes asked; ///< the last question between the services

    TwoServices()
    {
        const auto key = world.kms.random.secret(32);
        theirs.domain.kms = partnerId;
        theirs.domain.tpks.front() = {"tpk-9", theirs.random.secret(32)};
        dave.endpoint.identity = daveId;
        theirs.enrol(dave);
        dave.endpoint.ticket.kms = partnerId;
        world.kms.domain.partners.push_back({std::string(partnerId), key.clone(), {}});
        theirs.domain.partners.push_back({std::string(kmsId), key.clone(), {}});
        theirs.domain.askPartner = [this](const KmsRequest &request) -> std::optional<Bytes> {
            asked = request.message;
            return reachable && request.kms == kmsId ? std::optional(world.kms.ask(request)) : std::nullopt;
        };
    }

    std::unique_ptr<Initiator> call(std::string_view peer = daveId)
    {
        Offer offer;
        offer.peer = peer;
        auto made = world.initiate(offer);
        if (!made)
            qFatal("%s", made.error().reason.c_str());
        return std::move(*made);
    }

    Step respond(Side &side, ByteView message)
    {
        auto step = side.respond(message);
        if (!step.asking)
            return step;
        const auto responder = step.asking;
        return responder->kmsAnswered(theirs.ask(*responder->kmsRequest()), noon());
    }

    /// The partner's own question for that user about the ticket of a call.
    std::optional<Error> refusalFor(std::string_view user, const Initiator &initiator, std::string pskId,
                                    const Secret &key)
    {
        Side partner;
        partner.endpoint.identity = user;
        partner.endpoint.ticket.kms = kmsId;
        partner.endpoint.ticket.psk = key.clone();
        const auto message = *decode(initiator.message());
        const auto question = TicketQuestion::make(partner.context(), ticketResolve, message.header.prf,
                                                   *message.find<Ticket>(), noon(), std::move(pskId));
        world.kms.ask((*question)->request());
        return std::move(world.kms.refused);
    }
};

} // namespace

class TicketPartnerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // K6043-139, -140: by way of his own service, with his IDRr and the ticket as it came
    void resolved()
    {
        TwoServices both;
        const auto initiator = both.call();
        const auto step = both.respond(both.dave, initiator->message());
        QVERIFY2(step.agreement, step.error ? step.error->reason.c_str() : "");
        const auto ours = initiator->receive(*step.send, noon());
        QVERIFY2(ours.agreement, ours.error ? ours.error->reason.c_str() : "");
        QVERIFY(sameKeys(*ours.agreement, *step.agreement));
        QCOMPARE(ours.agreement->responder, std::string(daveId));
        const auto between = *decode(both.asked), his = *decode(both.theirs.question),
                   call = *decode(initiator->message());
        QVERIFY(sameOctets(between.find<IdWithRole>(IdRole::Responder)->data,
                           his.find<IdWithRole>(IdRole::Responder)->data));
        QVERIFY(OwnedTicket::of(*between.find<Ticket>()).save() == OwnedTicket::of(*call.find<Ticket>()).save());
        QVERIFY(both.asked != both.theirs.question); // protected by the key between the services
    }

    void notReachable()
    {
        TwoServices both;
        both.reachable = false;
        QVERIFY(!both.respond(both.dave, both.call()->message()).agreement);
        QVERIFY(both.theirs.refused && both.theirs.refused->reason.find("cannot be reached") != std::string::npos);
    }

    void notAPartner()
    {
        TwoServices both;
        both.theirs.domain.partners.clear();
        QVERIFY(!both.respond(both.dave, both.call()->message()).agreement);
        QVERIFY(both.theirs.refused->reason.find("no partner") != std::string::npos);
    }

    // Another user of the partner's than the ticket is for
    void notHisTicket()
    {
        TwoServices both;
        const auto initiator = both.call(); // for Dave
        const auto &key = both.world.kms.domain.partners.front().psk;
        QVERIFY(!both.refusalFor(daveId, *initiator, std::string(partnerId), key)); // as the service may ask
        QVERIFY(both.refusalFor("sip:eve@example.net", *initiator, std::string(partnerId), key));
    }

    // A partner speaks for its own users only: else it would read the calls of ours
    void notItsUser()
    {
        TwoServices both;
        const auto initiator = both.call(bobId);
        const auto &key = both.world.kms.domain.partners.front().psk;
        auto refused = both.refusalFor(bobId, *initiator, std::string(partnerId), key);
        QVERIFY(refused && refused->number == ErrorNumber::InvalidId);
        both.world.kms.domain.partners.front().hosts = {"example.org"}; // nor if it is said to serve our host
        refused = both.refusalFor(bobId, *initiator, std::string(partnerId), key);
        QVERIFY(refused && refused->number == ErrorNumber::InvalidId);
        QVERIFY(!both.refusalFor(bobId, *initiator, {}, both.world.kms.keys.at(std::string(bobId)))); // he himself
    }

    void wrongKey()
    {
        TwoServices both;
        const auto other = both.world.kms.random.secret(32);
        const auto refused = both.refusalFor(daveId, *both.call(), std::string(partnerId), other);
        QVERIFY(refused && refused->number == ErrorNumber::AuthFailure);
    }

    // What a partner asks for is ours or nobody's: two services do not ask each other for ever
    void noLoop()
    {
        TwoServices both;
        both.world.kms.domain.askPartner = [](const KmsRequest &) -> std::optional<Bytes> {
            qFatal("asked in turn");
            return std::nullopt;
        };
        // A ticket of yet another service, which is a partner of ours too
        both.world.kms.domain.partners.push_back({"kms.example.com", both.world.kms.random.secret(32), {}});
        both.world.kms.domain.kms = both.world.alice.endpoint.ticket.kms = "kms.example.com";
        const auto initiator = both.call();
        both.world.kms.domain.kms = kmsId;
        const auto &key = both.world.kms.domain.partners.front().psk;
        QVERIFY(both.refusalFor(daveId, *initiator, std::string(partnerId), key));
    }
};

QTEST_GUILESS_MAIN(TicketPartnerTest)
#include "ticket_partner_test.moc"
