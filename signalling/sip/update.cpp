// SPDX-License-Identifier: Apache-2.0
// InviteUsage's part for UPDATE (RFC 3311), and for offers of the peer that come in no INVITE.
#include "sip/invite_usage.h"

namespace sip {

void InviteUsage::updateReceived(TransactionId transaction, const Request &request, Time now)
{
    const bool over = m_ended || m_state == State::Over;
    const auto refusal = over                      ? std::optional(makeResponse(request, 481, {}))
                         : request.content.empty() ? std::nullopt
                                                   : checkOffer(request);
    if (refusal) {
        m_context.transactions.respond(transaction, *refusal, now);
        return;
    }
    if (!request.content.empty()) {
        takeOffer(transaction, request, now);
        return;
    }
    dialogOf(request)->refreshTarget(request);
    auto response = makeResponse(request, 200, m_localTag);
    describe(response);
    m_context.transactions.respond(transaction, response, now);
}

/// Why an offer in an UPDATE cannot be taken now (section 5.2).
std::optional<Response> InviteUsage::checkOffer(const Request &request)
{
    if (m_offered)
        return tooEarly(request);
    if (m_state == State::Calling) { // ours in the INVITE, or in a PRACK, has to be answered first
        const auto *early = earlyDialog(request.from().tag());
        return early->answer.empty() || early->waits || early->offering ? std::optional(makeResponse(request, 491, {}))
                                                                        : std::nullopt;
    }
    if (m_state == State::Incoming)
        return !m_answeredEarly || m_unconfirmed ? std::optional(tooEarly(request)) : std::nullopt;
    return checkReinvite(request);
}

/// An offer that is answered in the final response of a request other than INVITE.
void InviteUsage::takeOffer(TransactionId transaction, const Request &request, Time now)
{
    m_offered = transaction;
    m_offeredEnd = now + 32 * m_context.config.timers.t1; // before the peer stops waiting
    tell(output::ReinviteReceived{m_id, transaction, request.body()});
}

/// Such an offer has its answer. There is no ACK, so that counts as having come.
void InviteUsage::settleOffer(const Response &response, Time now)
{
    respondToOffer(response, now);
    if (response.status < 300 && m_state != State::Incoming)
        tell(output::Acknowledged{m_id, {}});
    goOn(now);
}

void InviteUsage::respondToOffer(const Response &response, Time now)
{
    m_context.transactions.respond(*std::exchange(m_offered, std::nullopt), response, now);
    m_offeredEnd.reset();
}

/// A PRACK that matches gets 2xx whatever it offers (RFC 3262 section 3): one without a description, and the call is
/// refused for that (RFC 6337 section 2.3, pattern 5).
void InviteUsage::refuseOffer(const Refusal &refusal, int usualStatus, Time now)
{
    if (!offeredByPrack()) {
        settleOffer(refusalOf(*m_offered, refusal, usualStatus), now);
        return;
    }
    refuse(refusal, usualStatus, now);
    end({.by = Ending::By::Error,
         .status = refusal.status ? refusal.status : usualStatus,
         .reason = "What the caller offered before the call was answered could not be taken."});
}

/// The dialog ends before the peer's offer has its answer.
void InviteUsage::dropOffer(Time now)
{
    if (m_offered)
        respondToOffer(offeredByPrack() ? makeResponse(*m_context.transactions.requestOf(*m_offered), 200, m_localTag)
                                        : refusalOf(*m_offered, {}, 487),
                       now);
}

bool InviteUsage::offeredByPrack() const
{
    return m_context.transactions.requestOf(*m_offered)->method == "PRACK";
}

void InviteUsage::updateResponse(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (response.status < 200 || m_updating != transaction.id)
        return;
    m_updating.reset();
    if (response.status >= 300) {
        reinviteRefused(response, now);
        return;
    }
    m_dialog->refreshTarget(response);
    m_pendingOffer.reset();
    tell(output::ReinviteAnswered{m_id, response.body()});
}

} // namespace sip
