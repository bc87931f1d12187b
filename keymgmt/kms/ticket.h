// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms/mikey_answer.h"
#include "methods/base_ticket.h"

/// The key management service's side of TICKET: issue and resolution (RFC 6043 4.2.1 and 4.2.3).
namespace mikey::kms {

/// A user as the service knows him.
struct TicketAccount
{
    std::string identity; ///< canonical
    Secret psk;           ///< shared with him; empty: his certificate proves him
    /// Shared with him for tickets that he makes, or resolves without us (modes 3 and 2 of RFC 6043 4.1.1); empty:
    /// none.
    Tpk tpk;
    bool revoked = false;

    TicketAccount clone() const { return {identity, psk.clone(), tpk.clone(), revoked}; }
};

/// Another service that resolves its tickets for our users, as we do ours for its users (RFC 6043 10). The key that it
/// shares with us proves each to the other and hides the answers; the way to it is confidential besides.
struct TicketPartner
{
    std::string kms; ///< its identity, canonical
    Secret psk;
    std::vector<std::string> hosts; ///< whose users it may ask for, beside those that its name stands for

    TicketPartner clone() const { return {kms, psk.clone(), hosts}; }
};

/// What the service is and whom it serves. Functions that are null allow nothing beyond what is written there.
struct TicketDomain
{
    std::string kms;       ///< our identity, canonical
    std::vector<Tpk> tpks; ///< the last one is in force; tickets under the others are still resolved
    X509 x509;             ///< our own certificates and whom they trust, for those who come with certificates
    std::int64_t clockSkewSeconds = 300;
    std::int64_t longestLifetimeSeconds = 24 * 3600;
    std::uint32_t rekeySeconds = 0; ///< new keys are due at least so often in all calls (TRr); 0: as users wish
    std::function<std::optional<TicketAccount>(const std::string &identity)> account;
    /// Whether the group has that member now.
    std::function<bool(const std::string &group, const std::string &member)> isMember{};
    /// Whether the user may ask for a ticket for that responder; null: for all who have an account, and all groups.
    std::function<bool(const std::string &initiator, const std::string &responder)> mayCall{};
    std::vector<TicketPartner> partners{};
    /// Puts a question to a partner, and waits for its answer; none: it cannot be reached.
    std::function<std::optional<Bytes>(const KmsRequest &request)> askPartner{};
};

/// Answers REQUEST_INIT and RESOLVE_INIT, in both their forms.
MikeyAnswer answerTicketQuestion(const TicketDomain &domain, Memory &state, ByteView question, NtpTime now,
                                 Random &random);

} // namespace mikey::kms
