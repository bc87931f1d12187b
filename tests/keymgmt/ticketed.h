// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "certified.h"
#include "kms/ticket.h"
#include "methods/ticket_transfer.h"
#include "support.h"

#include <set>

/// What the tests of TICKET share: a service, and two of its users.
namespace mikey::test {

inline constexpr std::string_view kmsId = "kms.example.org";

Secret secretOf(std::string_view hexDigits);

struct TicketKms
{
    kms::TicketDomain domain;
    kms::Memory state;
    SystemRandom random;
    std::map<std::string, Secret> keys; ///< shared with users
    std::map<std::string, Secret> tpks; ///< of users
    std::set<std::string> revoked;
    int asked = 0;
    std::optional<Error> refused; ///< the last question
    Bytes question, answer;       ///< the last ones

    TicketKms();
    TicketKms(const TicketKms &) = delete;
    TicketKms &operator=(const TicketKms &) = delete;
    void enrol(Side &side);
    Bytes ask(const KmsRequest &request, NtpTime now = noon());
};

/// Alice and Bob, with accounts.
struct TicketWorld
{
    TicketKms kms;
    Side alice, bob;

    TicketWorld();
    Offer offer() const;
    Outcome<std::unique_ptr<Initiator>> initiate(const Offer &offer, NtpTime now = noon());
    std::unique_ptr<Initiator> call(NtpTime now = noon()); ///< fails the program if it cannot
    /// Plays the responder, and the service for him.
    Step respond(Side &side, ByteView message, NtpTime now = noon(), const Arrival &arrival = {});
};

/// Bob's answer taken by Alice, and that both have the same keys.
struct Agreed
{
    Agreement alice, bob;
    Bytes answer;
};
std::optional<Agreed> agreed(TicketWorld &world, Initiator &initiator, NtpTime now = noon());

/// In place of the keys that the users share with the service, which has Carol's key.
void giveCertificates(TicketWorld &world);

/// The octets of its TICKET payload.
ByteView ticketPayload(const Message &message);
/// What is in the ticket of a message, which is under the key of the service.
TicketContents ticketContents(const TicketKms &kms, const Message &message);

// Messages that are changed, with their MAC made anew:

/// A question to the service under that shared key.
Bytes remadeQuestion(ByteView question, ByteView psk, const Rewrite &change);
/// The answer to a REQUEST_INIT of Alice that grants other rules.
Bytes otherGrant(TicketWorld &world, ByteView question, const std::function<void(TicketRules &)> &change);
/// A TRANSFER_INIT that makes a bundle; `responderMpk` as in TransferInit.
Bytes remadeTransfer(ByteView octets, ByteView initiatorMpk, ByteView responderMpk, const Rewrite &change);
/// What guards the TRANSFER_RESP that made a bundle.
TicketGuard answerGuard(const Csb &csb);
/// A TRANSFER_RESP to `request`; `csb`: its maker's bundle.
Bytes remadeAnswer(ByteView answer, const Csb &csb, ByteView request, const Rewrite &change);

} // namespace mikey::test
