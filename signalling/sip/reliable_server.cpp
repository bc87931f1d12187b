// SPDX-License-Identifier: Apache-2.0
// InviteUsage's part that sends provisional responses reliably (RFC 3262 section 3).
#include "sip/invite_usage.h"

#include "sip/method.h"

namespace sip {

void InviteUsage::progress(int status, const Body &answer, Time now)
{
    const bool early = m_state == State::Incoming && m_server && m_serverOffers && !m_answeredEarly && !m_unconfirmed;
    if (!early || !m_info.takesReliable)
        return;
    m_answeredEarly = true;
    sendReliably(status, answer, now);
}

void InviteUsage::sendReliably(int status, const Body &answer, Time now)
{
    constexpr std::uint32_t mostAtFirst = 0x7fffffff; // section 3
    const auto &request = *m_context.transactions.requestOf(*m_server);
    m_rseq = m_rseq ? m_rseq + 1 : std::uint32_t(1 + m_context.config.random() % mostAtFirst);
    auto response = makeResponse(request, status, m_localTag);
    describe(response);
    response.headers.add("Require", reliableResponses);
    response.headers.add("RSeq", std::to_string(m_rseq));
    response.setBody(answer);
    const auto t1 = m_context.config.timers.t1;
    m_unconfirmed = Unconfirmed{
        .rack = {m_rseq, request.cseq()}, .interval = t1, .retransmitAt = now + t1, .giveUpAt = now + 64 * t1};
    m_context.transactions.respond(*m_server, response, now);
}

/// Until the PRACK comes nothing else goes out, so the latest response is the one to send again.
void InviteUsage::expireUnconfirmed(Time now)
{
    auto &waiting = *m_unconfirmed;
    if (waiting.giveUpAt <= now) {
        refuse({}, 504, now);
        end({.by = Ending::By::Error,
             .status = 504,
             .reason = "The caller never confirmed that it was told how the call goes on."});
    } else if (waiting.retransmitAt <= now) {
        waiting.interval *= 2; // without an upper limit
        waiting.retransmitAt = now + waiting.interval;
        m_context.transactions.respondAgain(*m_server, now);
    }
}

void InviteUsage::prackReceived(TransactionId transaction, const Request &request, Time now)
{
    const auto *value = request.headers.find("RAck");
    const auto rack = value ? RAck::parse(*value) : std::nullopt;
    if (!rack || !m_unconfirmed || *rack != m_unconfirmed->rack) {
        m_context.transactions.respond(transaction, makeResponse(request, rack ? 481 : 400, m_localTag), now);
        return;
    }
    m_unconfirmed.reset();
    if (request.content.empty()) {
        m_context.transactions.respond(transaction, makeResponse(request, 200, m_localTag), now);
        tell(output::ProgressConfirmed{m_id});
        goOn(now);
    } else if (!m_answeredEarly) { // the offer of the INVITE has no answer yet
        m_offered = transaction;
        refuseOffer({}, 500, now);
    } else {
        takeOffer(transaction, request, now);
    }
}

/// Section 3 has it answered with 2xx all the same. What it may offer ends with the dialog.
bool InviteUsage::isOvertaken(const Request &prack) const
{
    const auto *value = prack.method == "PRACK" ? prack.headers.find("RAck") : nullptr;
    return value && m_overtaken && RAck::parse(*value) == m_overtaken;
}

/// What had to wait for a PRACK, or for our answer to what it offered.
void InviteUsage::goOn(Time now)
{
    if (m_state != State::Incoming)
        sendPendingOffer(now);
    else if (const auto answer = std::exchange(m_heldAnswer, std::nullopt))
        accept(*answer, now);
    else if (std::exchange(m_ringWanted, false))
        ring(now);
}

} // namespace sip
