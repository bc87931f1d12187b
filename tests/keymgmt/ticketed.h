// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "certified.h"
#include "kms/ticket.h"
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

} // namespace mikey::test
