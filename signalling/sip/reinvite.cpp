// SPDX-License-Identifier: Apache-2.0
// InviteUsage's part that changes a call which is up (RFC 3261 section 14).
#include "sip/invite_usage.h"

#include "sip/sentence.h"

#include <algorithm>

namespace sip {

namespace {

/// Section 14.1: the one who owns the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in units of 10 ms.
Duration glareWait(bool ownsCallId, std::uint64_t random)
{
    const auto shortest = ownsCallId ? 210 : 0;
    const auto choices = std::uint64_t(ownsCallId ? 191 : 201);
    return std::chrono::milliseconds(10) * (shortest + int(random % choices));
}

} // namespace

void InviteUsage::reinvite(const Body &offer, Time now)
{
    change(offer, false, now);
}

void InviteUsage::update(const Body &offer, Time now)
{
    change(offer, m_peerTakesUpdate, now);
}

void InviteUsage::change(const Body &offer, bool byUpdate, Time now)
{
    const bool up = m_state == State::Accepted || m_state == State::Confirmed;
    if (m_ended || !up)
        return;
    if (m_pendingOffer) {
        tell(output::ReinviteFailed{m_id,
                                    {.by = Ending::By::Local,
                                     .answered = true,
                                     .status = 491,
                                     .reason = "Another change of the call is under way."}});
        return;
    }
    m_pendingOffer = offer;
    m_byUpdate = byUpdate;
    sendPendingOffer(now);
}

void InviteUsage::withdrawReinvite()
{
    if (m_client || m_updating)
        return; // it is on its way, and its answer will come
    m_pendingOffer.reset();
    m_offerAt.reset();
}

/// Sends the offer when no other one is under way in either direction; else it waits for that to be over.
void InviteUsage::sendPendingOffer(Time now)
{
    if (!m_pendingOffer || m_state != State::Confirmed || isOffering() || m_server || m_offered || m_unacknowledged ||
        m_offerAt)
        return;
    auto request = m_dialog->makeRequest(m_byUpdate ? "UPDATE" : "INVITE");
    describe(request);
    request.headers.add("User-Agent", m_context.config.product);
    request.setBody(*m_pendingOffer);
    auto &transaction = m_byUpdate ? m_updating : m_client;
    transaction = m_context.transactions.request(std::move(request), flowTo(m_dialog->nextHop()), m_id, now);
    if (m_byUpdate)
        return;
    m_provisional = false;
    m_cancelWanted = false;
}

/// An offer of ours has no answer. That to the one in a PRACK may come after the 2xx.
bool InviteUsage::isOffering() const
{
    return m_client || m_updating || std::ranges::any_of(m_early, [this](const EarlyDialog &early) {
               return early.offering && early.dialog.remoteTag() == m_dialog->remoteTag();
           });
}

void InviteUsage::reinviteResponse(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (response.status < 200) {
        m_waitEnd = now + m_context.config.timers.ringing;
        m_provisional = true;
        return;
    }
    settle(transaction);
    if (response.status >= 300) {
        reinviteRefused(response, now);
        return;
    }
    if (acknowledgeAgain(response, now) || !m_dialog->matchesResponse(response))
        return;
    m_dialog->refreshTarget(response);
    acknowledge(*m_dialog, response, now);
    m_pendingOffer.reset();
    tell(output::ReinviteAnswered{m_id, response.body()});
}

void InviteUsage::reinviteRefused(const Response &response, Time now)
{
    if (m_state != State::Confirmed)
        return;
    if (response.status == 491) {
        m_offerAt = now + glareWait(!m_info.incoming, m_context.config.random());
        return;
    }
    m_pendingOffer.reset();
    auto why = endingOf(response);
    why.answered = true;
    if (response.status != 481 && response.status != 408) {
        tell(output::ReinviteFailed{m_id, std::move(why)});
        return;
    }
    // The peer knows the call no more (section 12.2.1.2).
    sendBye({}, now);
    why.reason = "The other side does not know this call any more.";
    end(std::move(why));
}

/// What is wrong with a re-INVITE that cannot be taken now.
std::optional<Response> InviteUsage::checkReinvite(const Request &request) const
{
    if (m_ended || m_state == State::Over)
        return makeResponse(request, 481, {});
    if (isOffering())
        return makeResponse(request, 491, {}); // section 14.2: glare
    // Section 14.2: an INVITE before ours to the last is final. One before the ACK of our 2xx shows that the 2xx came
    // through and the ACK was lost, which only matters when that ACK had to bring the answer.
    if (m_server || m_offered || (m_unacknowledged && m_unacknowledged->offers))
        return tooEarly(request);
    return std::nullopt;
}

/// An offer while another one of the peer has no answer (section 14.2, RFC 3311 section 5.2).
Response InviteUsage::tooEarly(const Request &request) const
{
    auto response = makeResponse(request, 500, {});
    response.headers.add("Retry-After", std::to_string(m_context.config.random() % 11));
    return response;
}

void InviteUsage::reinviteReceived(TransactionId transaction, const Request &request, Time now)
{
    if (const auto refusal = checkReinvite(request)) {
        m_context.transactions.respond(transaction, *refusal, now);
        return;
    }
    if (m_unacknowledged) {
        m_unacknowledged.reset();
        m_state = State::Confirmed;
        tell(output::Acknowledged{m_id, {}});
    }
    m_dialog->refreshTarget(request);
    m_server = transaction;
    m_serverOffers = !request.content.empty();
    m_waitEnd = now + m_context.config.timers.ringing;
    tell(output::ReinviteReceived{m_id, transaction, request.body()});
}

bool InviteUsage::awaitsAnswer(OfferId offer) const
{
    return !m_ended && (m_offered == offer || (m_state == State::Confirmed && m_server == offer));
}

void InviteUsage::answerReinvite(OfferId offer, const Body &answer, Time now)
{
    if (!awaitsAnswer(offer))
        return; // it was withdrawn, or nobody answered it in time
    if (m_offered == offer) {
        const auto &request = *m_context.transactions.requestOf(*m_offered);
        if (request.method == "UPDATE")
            dialogOf(request)->refreshTarget(request);
        auto response = makeResponse(request, 200, m_localTag);
        describe(response);
        response.setBody(answer);
        settleOffer(response, now);
        return;
    }
    m_waitEnd.reset();
    sendOk(answer, now);
}

void InviteUsage::rejectReinvite(OfferId offer, const Refusal &refusal, Time now)
{
    if (!awaitsAnswer(offer))
        return;
    if (m_offered == offer) {
        refuseOffer(refusal, 488, now);
        return;
    }
    refuse(refusal, 488, now);
    sendPendingOffer(now);
}

} // namespace sip
