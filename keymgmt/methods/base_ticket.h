// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/ticket_guard.h"
#include "methods/ticket_policy.h"

/// The MIKEY base ticket (RFC 6043 A): made by the KMS or the Initiator, resolved by the KMS or the Responder.
namespace mikey {

/// A ticket protection key, shared by who makes tickets and who resolves them.
struct Tpk
{
    std::string id; ///< IDRpsk of the tickets; empty: none is told
    Secret key;

    Tpk clone() const { return {id, key.clone()}; }
};

/// What a ticket holds: MPKi, MPKr, and the session keys, not forked.
struct TicketContents
{
    Secret initiatorMpk;
    Secret responderMpk;
    std::vector<TransportedKey> keys;
    NtpTime issued; ///< T of the ticket, as who made it says
};

struct MadeTicket
{
    OwnedTicket ticket;
    TicketContents contents;
};

/// A ticket under the TPK with these rules and keys, issued at `now`. None if it becomes too long.
std::optional<MadeTicket> makeBaseTicket(const TicketRules &rules, std::span<const TransportedKey> keys, const Tpk &tpk,
                                         NtpTime now, Random &random);

/// IDRpsk of a ticket: which TPK it is under; empty if it does not tell.
std::string tpkIdOf(const Ticket &ticket);

/// Checks a ticket's MAC and opens it. `payload`: all octets of the TICKET payload. Errors are number 0.
Outcome<TicketContents> openBaseTicket(ByteView payload, const Ticket &ticket, ByteView tpk);

/// The keys that a policy's wish asks for, drawn: one TGK where it asks for none in particular. None where it asks for
/// what cannot be made. Each gets an SPI.
std::optional<std::vector<TransportedKey>> drawKeys(const std::optional<std::vector<WishedKey>> &wished,
                                                    const TicketAlgorithms &algorithms, Random &random);

} // namespace mikey
