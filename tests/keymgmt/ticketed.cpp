// SPDX-License-Identifier: Apache-2.0
#include "ticketed.h"

#include <QtGlobal>

namespace mikey::test {

Secret secretOf(std::string_view hexDigits)
{
    return Secret(octets(hexDigits));
}

TicketKms::TicketKms()
{
    domain.kms = kmsId;
    domain.tpks.push_back({"tpk-1", secretOf("606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f")});
    domain.account = [this](const std::string &identity) -> std::optional<kms::TicketAccount> {
        if (!keys.contains(identity))
            return std::nullopt;
        kms::TicketAccount account;
        account.identity = identity;
        account.psk = keys.at(identity).clone();
        if (tpks.contains(identity))
            account.tpk.key = tpks.at(identity).clone();
        account.revoked = revoked.contains(identity);
        return account;
    };
}

void TicketKms::enrol(Side &side)
{
    auto key = random.secret(32);
    side.endpoint.ticket.kms = kmsId;
    side.endpoint.ticket.psk = key.clone();
    keys[side.endpoint.identity] = std::move(key);
}

Bytes TicketKms::ask(const KmsRequest &request, NtpTime now)
{
    ++asked;
    question = request.message;
    auto answered = kms::answerTicketQuestion(domain, state, request.message, now, random);
    refused = std::move(answered.error);
    answer = answered.message.value_or(Bytes());
    return answer;
}

TicketWorld::TicketWorld()
{
    alice.endpoint.identity = aliceId;
    bob.endpoint.identity = bobId;
    kms.enrol(alice);
    kms.enrol(bob);
}

Offer TicketWorld::offer() const
{
    Offer offer;
    offer.peer = bobId;
    return offer;
}

Outcome<std::unique_ptr<Initiator>> TicketWorld::initiate(const Offer &offer, NtpTime now)
{
    auto made = method("ticket")->initiate(alice.context(), offer, now);
    while (made && (*made)->kmsRequest()) {
        const auto step = (*made)->kmsAnswered(kms.ask(*(*made)->kmsRequest(), now), now);
        if (step.error)
            return *step.error;
    }
    return made;
}

std::unique_ptr<Initiator> TicketWorld::call(NtpTime now)
{
    auto made = initiate(offer(), now);
    if (!made)
        qFatal("%s", made.error().reason.c_str());
    return std::move(*made);
}

Step TicketWorld::respond(Side &side, ByteView message, NtpTime now, const Arrival &arrival)
{
    auto step = side.respond(message, now, arrival);
    while (step.asking) {
        const auto responder = step.asking;
        step = responder->kmsAnswered(kms.ask(*responder->kmsRequest(), now), now);
        if (responder->kmsRequest())
            step.asking = responder;
    }
    return step;
}

std::optional<Agreed> agreed(TicketWorld &world, Initiator &initiator, NtpTime now)
{
    auto step = world.respond(world.bob, initiator.message(), now);
    if (!step.agreement) {
        qWarning("%s", step.error ? step.error->reason.c_str() : "no error");
        return std::nullopt;
    }
    std::optional<Agreement> ours;
    if (initiator.answerDue() && step.send) {
        auto taken = initiator.receive(*step.send, now);
        if (taken.error)
            qWarning("%s", taken.error->reason.c_str());
        ours = std::move(taken.agreement);
    } else if (!initiator.answerDue() && !step.send) {
        if (auto own = initiator.provisional())
            ours = std::move(*own);
    }
    if (!ours || !sameKeys(*ours, *step.agreement))
        return std::nullopt;
    return Agreed{std::move(*ours), std::move(*step.agreement), step.send.value_or(Bytes())};
}

void giveCertificates(TicketWorld &world)
{
    for (auto *side : {&world.alice, &world.bob}) {
        auto certified = certifiedSide(side->endpoint.identity);
        side->endpoint.x509 = std::move(certified.endpoint.x509);
        side->endpoint.ticket.psk = Secret();
        side->endpoint.ticket.kmsCertificate = certificateOf(carolId).chain.front();
    }
    world.kms.domain.x509.own.push_back(certificateOf(carolId));
    world.kms.domain.x509.trust.push_back(authority().chain.front());
}

ByteView ticketPayload(const Message &message)
{
    for (const auto &placed : message.payloads) {
        if (std::holds_alternative<Ticket>(placed.payload))
            return message.octets.subspan(placed.offset, placed.length);
    }
    qFatal("the message has no ticket");
}

TicketContents ticketContents(const TicketKms &kms, const Message &message)
{
    return std::move(
        *openBaseTicket(ticketPayload(message), *message.find<Ticket>(), kms.domain.tpks.back().key.view()));
}

Bytes remadeQuestion(ByteView question, ByteView psk, const Rewrite &change)
{
    const auto message = *decode(question);
    const bool resolves = message.header.dataType == DataType::ResolveInitPsk;
    const auto &exchange = resolves ? ticketResolve : ticketRequest;
    auto draft = draftOf(message);
    change(draft);
    const TicketGuard guard(
        *ticketAlgorithms(message.header.prf), psk, message.header.csbId,
        ticketLabel(TicketTag::InitialMessage, exchange.rands(message.find<RandWithRole>(exchange.rand)->rand)));
    return *encodeGuarded(draft.header, std::move(draft.payloads), guard,
                          {message.find<IdWithRole>(exchange.user)->data, message.find<IdWithRole>(IdRole::Kms)->data});
}

Bytes otherGrant(TicketWorld &world, ByteView question, const std::function<void(TicketRules &)> &change)
{
    const auto asked = *decode(question);
    auto rules = readRules(asked.find<TicketPolicy>()->terms)->rules;
    change(rules);
    const auto &algorithms = *ticketAlgorithms(rules.flags.prf);
    auto &random = world.kms.random;
    const auto made = *makeBaseTicket(rules, *drawKeys(std::nullopt, algorithms, random), world.kms.domain.tpks.back(),
                                      noon(), random);
    std::vector<Secret> mpks;
    mpks.push_back(made.contents.initiatorMpk.clone());
    if (rules.flags.i)
        mpks.push_back(made.contents.responderMpk.clone());
    const auto rands = ticketRequest.rands(asked.find<RandWithRole>(RandRole::Initiator)->rand);
    const TicketGuard guard(*ticketAlgorithms(asked.header.prf), world.alice.endpoint.ticket.psk.view(),
                            asked.header.csbId, ticketLabel(TicketTag::ResponseMessage, rands));
    auto header = asked.header;
    header.dataType = DataType::RequestResponse;
    header.v = false;
    const auto sent = noon().next().octets();
    const Timestamp timestamp{TimestampType::NtpUtc, sent};
    const GuardedKeys keys(guard, encodeKeys(mpks, made.contents.keys).view(), timestamp);
    return *encodeGuarded(header,
                          {timestamp, *asked.find<IdWithRole>(IdRole::Kms), made.ticket.payload(), keys.payload()},
                          guard, {question});
}

Bytes remadeTransfer(ByteView octets, ByteView initiatorMpk, ByteView responderMpk, const Rewrite &change)
{
    const auto message = *decode(octets);
    auto draft = draftOf(message);
    change(draft);
    const auto guard =
        transferGuard(*ticketAlgorithms(message.header.prf), initiatorMpk, message.header.csbId,
                      TicketTag::InitialMessage, {message.find<RandWithRole>(RandRole::Initiator)->rand, {}});
    TransferIds ids{std::string(aliceId), std::string(bobId)};
    std::vector<Payload> before, behind;
    auto *to = &before;
    for (const auto &payload : draft.payloads) {
        const auto *id = std::get_if<IdWithRole>(&payload);
        if (id)
            (id->role == IdRole::Initiator ? ids.initiator : ids.responder) = textOf(id->data);
        if (std::holds_alternative<Ticket>(payload))
            to = &behind;
        else
            to->push_back(payload);
    }
    const auto ticket = OwnedTicket::of(draft.the<Ticket>());
    return *encodeTransferInit({draft.header, std::move(before), ticket, std::move(behind), guard, responderMpk, ids});
}

TicketGuard answerGuard(const Csb &csb)
{
    return {*ticketAlgorithms(csb.prf), csb.ticket.mpk.view(), csb.csbId, csb.ticket.label};
}

Bytes remadeAnswer(ByteView answer, const Csb &csb, ByteView request, const Rewrite &change)
{
    const auto message = *decode(answer);
    auto draft = draftOf(message);
    change(draft);
    return *encodeGuarded(draft.header, std::move(draft.payloads), answerGuard(csb), {request});
}

} // namespace mikey::test
