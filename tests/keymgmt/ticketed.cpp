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

} // namespace mikey::test
