// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/generic_map.h"
#include "methods/ticket_guard.h"
#include "methods/ticket_policy.h"
#include "methods/ticket_question.h"

/// The messages of Ticket Transfer, as both sides make and check them (RFC 6043 4.2.2, 5.2, 5.5).
namespace mikey {

/// Identity_i and Identity_r in the MAC: the data of the IDR payloads, or who they would name.
struct TransferIds
{
    std::string initiator;
    std::string responder;
};

/// A TRANSFER_INIT that makes a bundle: its MAC leaves the Initiator Data out, and with key forking `responderMpk`
/// (MPKr) authenticates them to the service; empty: no forking. `payloads` are those before TICKET, `behind` those
/// after it. None if it becomes too long.
struct TransferInit
{
    const Header &header;
    std::vector<Payload> payloads;
    const OwnedTicket &ticket;
    std::vector<Payload> behind;
    const TicketGuard &guard;
    ByteView responderMpk;
    TransferIds ids;
};
std::optional<Bytes> encodeTransferInit(TransferInit parts);

/// Whether the MAC of a TRANSFER_INIT is right, with or without a TICKET.
bool isGuardedTransfer(const Message &message, const TicketGuard &guard, const TransferIds &ids);

/// Whether the Vi of the Initiator Data is the V of the message (RFC 6043 4.2.3.6).
bool hasOwnInitiatorData(const Message &message);
/// Whether their Vr was made with MPKr; `ticket` has Initiator Data.
bool isGuardedInitiatorData(const Ticket &ticket, ByteView responderMpk);

/// The key that protects messages with this tag.
TicketGuard transferGuard(const TicketAlgorithms &algorithms, ByteView mpk, std::uint32_t csbId, TicketTag tag,
                          const TicketRands &rands);

/// The label of session keys: RANDRi and RANDRr as the flags H and G say (RFC 6043 5.1.3). An error where one that is
/// used is shorter than a key it meets (RFC 6043 12.1, decision D-13).
Outcome<Bytes> sessionLabel(const TicketTerms &flags, const TicketRands &rands, std::span<const TransportedKey> keys);

/// What a transfer agreed on.
struct TransferTerms
{
    const Message &request;
    Parties parties; ///< who sent the request, and who answers it
    bool weInitiate;
    const Csb *updated;
    Bytes label; ///< of session keys; with `updated` that of the bundle is used
    MapStreams streams;
    std::vector<TransportedKey> keys;
    bool answered;
};
Outcome<Agreement> transferAgreement(TransferTerms terms);

/// New keys of a party in a KEMAC of its own, behind the ticket's (RFC 6043 4.2.2.1); `allowed`: the flag L or M.
Outcome<std::vector<TransportedKey>> withSuppliedKeys(std::vector<TransportedKey> keys, const Message &message,
                                                      const TicketGuard &guard, bool allowed);

} // namespace mikey
