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
    tell(output::ReinviteReceived{m_id, request.body()});
}

/// Such an offer has its answer. There is no ACK, so that counts as having come.
void InviteUsage::settleOffer(Response response, Time now)
{
    const auto transaction = *std::exchange(m_offered, std::nullopt);
    m_offeredEnd.reset();
    const bool changed = response.status < 300 && m_state != State::Incoming;
    m_context.transactions.respond(transaction, response, now);
    if (changed)
        tell(output::Acknowledged{m_id, {}});
    goOn(now);
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
