// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/ticket_guard.h"
#include "methods/ticket_policy.h"

/// What a user and his key management service have in common in the Ticket Request and Ticket Resolve exchanges
/// (RFC 6043 4.2.1 and 4.2.3), and the user's side.
namespace mikey {

/// The two exchanges differ in who asks, and in what.
struct TicketExchange
{
    IdRole user;
    RandRole rand;
    DataType withPsk;
    DataType withPk;
    DataType response;

    TicketRands rands(ByteView rand) const;
};
extern const TicketExchange ticketRequest; ///< for a TP
extern const TicketExchange ticketResolve; ///< of a TICKET

/// A message that ends in V, whose MAC covers it and what is appended (RFC 6043 5.5). `payloads` come without V.
std::optional<Bytes> encodeGuarded(const Header &header, std::vector<Payload> payloads, const TicketGuard &guard,
                                   std::initializer_list<ByteView> appended);
/// Checks the V that ends a message.
bool isGuarded(const Message &message, const TicketGuard &guard, std::initializer_list<ByteView> appended);

/// What the service answered.
struct TicketReply
{
    std::optional<OwnedTicket> ticket; ///< of REQUEST_RESP
    TicketKeySet keys;
    std::optional<ForkModifier> modifier; ///< of RESOLVE_RESP
    Bytes responderId;                    ///< of RESOLVE_RESP: IDRr; empty: none
    Secret plain;
};

/// A question to the service that waits for its answer.
class TicketQuestion
{
public:
    /// `subject`: TP or TICKET. `pskId`: how the service finds the key shared with it, where that is not the user's
    /// own (IDRpsk); empty: it is.
    static Outcome<std::unique_ptr<TicketQuestion>> make(Context context, const TicketExchange &exchange, Prf prf,
                                                         const Payload &subject, NtpTime now, std::string pskId = {});

    KmsRequest request() const { return {m_kms, m_message}; }
    /// `forking`: the flag I of the ticket to resolve; a granted ticket tells its own. A refusal of the service is an
    /// Error with `fromPeer`.
    Outcome<TicketReply> open(ByteView answer, bool forking) const;

private:
    TicketQuestion(const TicketExchange &exchange, const TicketAlgorithms &algorithms, Secret key, std::string kms)
        : m_exchange(exchange), m_algorithms(algorithms), m_key(std::move(key)), m_kms(std::move(kms))
    {
    }

    std::optional<Error> build(Context context, const Payload &subject, NtpTime now);
    TicketGuard guard(TicketTag tag) const;

    const TicketExchange &m_exchange;
    const TicketAlgorithms &m_algorithms;
    Secret m_key; ///< shared with the service, or the envelope key
    std::string m_kms;
    std::string m_pskId;
    std::uint32_t m_csbId = 0;
    Bytes m_rand;
    Bytes m_message;
};

} // namespace mikey
