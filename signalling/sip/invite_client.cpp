// SPDX-License-Identifier: Apache-2.0
// InviteUsage's part that makes a call (RFC 3261 sections 9.1 and 13.2).
#include "sip/invite_usage.h"

#include "sip/method.h"
#include "sip/sentence.h"

#include <algorithm>

namespace sip {

namespace {

constexpr std::size_t maxForks = 8;

Ending endingOf(const Fault &fault)
{
    return {.by = Ending::By::Error, .status = fault.status, .reason = fault.sentence};
}

} // namespace

InviteUsage InviteUsage::call(UsageContext context, SessionId id, const Uri &target, const Flow &flow,
                              const Body &offer, Time now)
{
    InviteUsage usage(context, id, flow);
    usage.m_info.remoteIdentity = target;
    usage.m_info.requestUri = target;
    usage.m_info.callId = context.transactions.makeToken() + context.transactions.makeToken();
    usage.m_info.offer = offer;

    Request invite;
    invite.method = "INVITE";
    invite.uri = target;
    invite.uri.headers.clear(); // not allowed in a Request-URI, section 19.1.1
    Uri to = target;            // how the address is reached is no part of who is called (section 19.1.1, Table 1)
    to.port = 0;
    to.headers.clear();
    to.parameters.clear();
    const auto &config = context.config;
    invite.headers.add("Max-Forwards", "70");
    invite.headers.add("From",
                       NameAddress{config.displayName, config.identity, {{"tag", usage.m_localTag}}}.toString());
    invite.headers.add("To", NameAddress{{}, to, {}}.toString());
    invite.headers.add("Call-ID", usage.m_info.callId);
    invite.headers.add("CSeq", CSeq{1, "INVITE"}.toString());
    usage.describe(invite);
    if (config.offersReliable)
        invite.headers.add("Supported", reliableResponses);
    invite.headers.add("User-Agent", config.product);
    invite.setBody(offer);
    usage.m_client = context.transactions.request(std::move(invite), flow, id, now);
    return usage;
}

void InviteUsage::responseReceived(const ClientTransaction &transaction, const Response &response, Time now)
{
    const auto &method = transaction.request.method;
    if (method == "UPDATE")
        updateResponse(transaction, response, now);
    else if (method == "PRACK" && response.status >= 200)
        prackDone(transaction, response.status < 300 ? std::nullopt : std::optional(endingOf(response)),
                  response.body(), now);
    if (method != "INVITE")
        return; // nothing depends on how CANCEL and BYE are answered
    if (transaction.request.to().tag().empty())
        initialResponse(transaction, response, now);
    else
        reinviteResponse(transaction, response, now);
}

void InviteUsage::initialResponse(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (response.status < 200) {
        provisionalResponse(transaction, response, now);
        return;
    }
    settle(transaction);
    if (response.status < 300) {
        accepted(transaction, response, now);
    } else if (m_state == State::Calling) {
        m_state = State::Over;
        end(endingOf(response));
    }
}

void InviteUsage::provisionalResponse(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (m_state != State::Calling || !m_client)
        return;
    const bool first = !m_provisional;
    m_provisional = true;
    if (m_cancelWanted) {
        if (first)
            cancel(now);
        return;
    }
    if (const auto *early = earlyDialog(response.to().tag()); early && early->ended)
        return; // nothing that he still says keeps the call up
    m_waitEnd = now + m_context.config.timers.ringing;
    if (response.status == 100)
        return; // it comes from the next hop, and is never reliable
    const auto *rseq = response.headers.find("RSeq");
    if (response.headers.lists("Require", reliableResponses) && rseq) // else it cannot be acknowledged
        reliableResponse(transaction, response, parseRSeq(*rseq).value_or(0), now);
    else
        ringsElsewhere(response);
}

void InviteUsage::ringsElsewhere(const Response &response)
{
    m_othersRing = m_othersRing || !earlyDialog(response.to().tag());
    tell(output::Ringing{m_id, response.status});
}

/// Sends CANCEL as soon as that is allowed: once there is a provisional response.
void InviteUsage::cancel(Time now)
{
    m_cancelWanted = true;
    if (!m_provisional)
        return;
    m_context.transactions.cancel(*m_client, now);
    m_waitEnd = now + 64 * m_context.config.timers.t1;
}

void InviteUsage::accepted(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (acknowledgeAgain(response, now))
        return;
    if (!Dialog::ofClient(transaction.request, response).nextHop().isReachable()) {
        if (m_state == State::Calling) {
            m_state = State::Over; // there is no way for an ACK or BYE: the peer will give up waiting
            end({.by = Ending::By::Error,
                 .answered = true,
                 .reason = "The other side answered, but it wants the call to go on over a transport, most likely TLS, "
                           "that is not supported."});
        }
        return;
    }
    if (m_state != State::Calling || m_ended) {
        endStray(transaction, response, now);
        return;
    }
    m_dialog = answeredDialog(transaction, response);
    m_state = State::Confirmed;
    m_peerTakesUpdate = response.headers.lists("Allow", "UPDATE");
    acknowledge(*m_dialog, response, now);
    const auto *early = earlyDialog(m_dialog->remoteTag());
    tell(output::Answered{m_id, response.content.empty() && early ? early->answer : response.body(),
                          m_dialog->remoteTag()});
}

/// A 2xx of another fork, or one that crossed our CANCEL: acknowledged and ended at once (section 13.2.2.4).
void InviteUsage::endStray(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (m_acks.size() >= maxForks)
        return;
    auto dialog = answeredDialog(transaction, response);
    acknowledge(dialog, response, now);
    bye(dialog, {}, now);
    if (m_state == State::Calling)
        m_state = State::Over;
}

bool InviteUsage::acknowledgeAgain(const Response &response, Time now)
{
    const auto tag = std::string(response.to().tag());
    const auto it = std::ranges::find_if(
        m_acks, [&](const SentAck &ack) { return ack.remoteTag == tag && ack.cseq == response.cseq().number; });
    if (it == m_acks.end())
        return false;
    m_context.transactions.sendAckAgain(it->octets, it->flow, m_id, now);
    return true;
}

void InviteUsage::acknowledge(const Dialog &dialog, const Response &response, Time now)
{
    const auto cseq = response.cseq().number;
    const auto flow = flowTo(dialog.nextHop());
    auto octets = m_context.transactions.sendAck(dialog.makeAck(cseq), flow, m_id, now);
    // Only 2xx of the latest INVITE come again: those of earlier ones were over before it could be sent.
    std::erase_if(m_acks, [&](const SentAck &ack) { return ack.cseq != cseq; });
    m_acks.push_back({std::string(response.to().tag()), cseq, flow, std::move(octets)});
}

void InviteUsage::requestFailed(const ClientTransaction &transaction, const Fault &fault, Time now)
{
    auto why = endingOf(fault);
    if (transaction.request.method == "PRACK")
        prackDone(transaction, why, {}, now);
    if (transaction.request.method != "INVITE" && transaction.request.method != "UPDATE")
        return;
    m_updating.reset();
    if (fault.status == 503 && m_state == State::Confirmed) { // the call may well go on without the change
        settle(transaction);
        m_pendingOffer.reset();
        why.answered = true;
        tell(output::ReinviteFailed{m_id, std::move(why)});
        return;
    }
    if (fault.status == 408)
        why.reason = "Nobody answers at " + hostPort(m_flow.remoteHost, m_flow.remotePort) + '.';
    abandoned(now, std::move(why));
}

/// An INVITE or re-INVITE has come to nothing; without answer to a re-INVITE the dialog ends too (section 12.2.1.2).
void InviteUsage::abandoned(Time now, Ending why)
{
    m_client.reset();
    m_waitEnd.reset();
    why.answered = m_state == State::Confirmed;
    if (m_state == State::Confirmed)
        sendBye({}, now);
    m_state = State::Over;
    end(std::move(why));
}

/// The INVITE or re-INVITE has its final response.
void InviteUsage::settle(const ClientTransaction &transaction)
{
    if (m_client != transaction.id)
        return;
    m_client.reset();
    m_waitEnd.reset();
}

} // namespace sip
