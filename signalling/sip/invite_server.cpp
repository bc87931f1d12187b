// SPDX-License-Identifier: Apache-2.0
// InviteUsage's part that receives a call (RFC 3261 sections 9.2, 13.3 and 15.1.2).
#include "sip/invite_usage.h"

#include "sip/method.h"
#include "sip/sentence.h"
#include "sip/text.h"

#include <algorithm>
#include <utility>

namespace sip {

namespace {

constexpr auto ringInterval = std::chrono::minutes(1); // section 13.3.1.1

/// How long the caller's invitation holds, where it says so.
std::optional<Duration> expiryOf(const Request &invite)
{
    const auto *value = invite.headers.find("Expires");
    const auto seconds = value ? text::parseNumber(*value, 0xffffffff) : std::nullopt;
    return seconds ? std::optional<Duration>(std::chrono::seconds(*seconds)) : std::nullopt;
}

} // namespace

InviteUsage InviteUsage::receive(UsageContext context, SessionId id, TransactionId transaction, const Request &invite,
                                 const Flow &source, Time now)
{
    InviteUsage usage(context, id, source);
    const auto from = invite.from();
    usage.m_info.incoming = true;
    usage.m_info.remoteIdentity = from.uri;
    usage.m_info.remoteDisplayName = from.displayName;
    usage.m_info.requestUri = invite.uri;
    usage.m_info.callId = invite.callId();
    usage.m_info.offer = invite.body();
    usage.m_state = State::Incoming;
    usage.m_dialog = Dialog::ofServer(invite, usage.m_localTag);
    usage.m_server = transaction;
    usage.m_serverOffers = !invite.content.empty();
    usage.m_reliableOnly = invite.headers.lists("Require", reliableResponses);
    usage.m_info.takesReliable = usage.m_reliableOnly || invite.headers.lists("Supported", reliableResponses);
    usage.m_peerTakesUpdate = invite.headers.lists("Allow", "UPDATE");
    const auto ringing = context.config.timers.ringing;
    const auto expiry = expiryOf(invite).value_or(ringing);
    usage.m_expires = expiry < ringing;
    usage.m_waitEnd = now + std::min(expiry, ringing);
    return usage;
}

void InviteUsage::ring(Time now)
{
    if (m_state != State::Incoming || !m_server)
        return;
    if (m_reliableOnly && !m_serverOffers)
        return; // it would have to make the offer (RFC 3262 section 5), which our 2xx does
    m_ringWanted = m_unconfirmed || m_offered; // each in its turn
    if (m_ringWanted)
        return;
    m_ringAgain = now + ringInterval;
    if (m_reliableOnly) {
        sendReliably(180, {}, now);
        return;
    }
    auto response = makeResponse(*m_context.transactions.requestOf(*m_server), 180, m_localTag);
    describe(response);
    m_context.transactions.respond(*m_server, response, now);
}

/// Keeps proxies from giving the call up.
void InviteUsage::ringAgain(Time now)
{
    m_ringAgain = now + ringInterval;
    if (m_rseq != 0) // what was confirmed must not be sent again
        ring(now);
    else
        m_context.transactions.respondAgain(*m_server, now);
}

void InviteUsage::accept(const Body &answer, Time now)
{
    if (m_state != State::Incoming || !m_server)
        return;
    if (m_unconfirmed || m_offered) { // RFC 3262 section 3; it also keeps the offers apart
        m_heldAnswer = answer;
        return;
    }
    m_state = State::Accepted;
    m_waitEnd.reset();
    sendOk(answer, now);
}

/// The 2xx to the INVITE or re-INVITE that waits.
void InviteUsage::sendOk(const Body &answer, Time now)
{
    const auto &request = *m_context.transactions.requestOf(*m_server);
    auto response = makeResponse(request, 200, m_localTag);
    describe(response);
    response.headers.add("Server", m_context.config.product);
    response.setBody(answer);
    const auto &timers = m_context.config.timers;
    m_unacknowledged = Unacknowledged{.transaction = *m_server,
                                      .cseq = request.cseq().number,
                                      .offers = !m_serverOffers,
                                      .interval = timers.t1,
                                      .retransmitAt = now + timers.t1,
                                      .giveUpAt = now + 64 * timers.t1};
    m_context.transactions.respond(*m_server, response, now);
    m_server.reset();
    m_ringAgain.reset();
}

void InviteUsage::reject(const Refusal &refusal, Time now)
{
    if (m_state != State::Incoming)
        return;
    refuse(refusal, 603, now);
    end({.by = Ending::By::Local,
         .status = refusal.status ? refusal.status : 603,
         .reason = "The call was not taken."});
}

Response InviteUsage::refusalOf(TransactionId transaction, const Refusal &refusal, int usualStatus) const
{
    const int status = refusal.status >= 300 && refusal.status <= 699 ? refusal.status : usualStatus;
    auto response = makeResponse(*m_context.transactions.requestOf(transaction), status, m_localTag);
    if (!refusal.reason.empty())
        response.reason = refusal.reason;
    if (refusal.warningCode != 0)
        response.headers.add(
            "Warning", Warning{refusal.warningCode, hostPort(m_flow.localHost, 0), refusal.warningText}.toString());
    response.headers.add("Server", m_context.config.product);
    response.setBody(refusal.body);
    return response;
}

/// The final response to the INVITE or re-INVITE that waits.
void InviteUsage::refuse(const Refusal &refusal, int usualStatus, Time now)
{
    if (m_state == State::Incoming)
        endProgress(now);
    m_context.transactions.respond(*m_server, refusalOf(*m_server, refusal, usualStatus), now);
    m_server.reset();
    m_ringAgain.reset();
    m_waitEnd.reset();
}

/// The call will not be: what of provisional responses and offers is under way ends before the INVITE has its refusal.
void InviteUsage::endProgress(Time now)
{
    m_state = State::Over;
    if (const auto waiting = std::exchange(m_unconfirmed, std::nullopt))
        m_overtaken = waiting->rack;
    m_heldAnswer.reset();
    dropOffer(now);
}

void InviteUsage::ackReceived(const Request &ack, Time now)
{
    if (!m_unacknowledged || ack.cseq().number != m_unacknowledged->cseq)
        return;
    m_unacknowledged.reset();
    if (m_state == State::Accepted)
        m_state = State::Confirmed;
    tell(output::Acknowledged{m_id, ack.body()});
    if (const auto why = std::exchange(m_byeWanted, std::nullopt))
        sendBye(*why, now);
    else
        sendPendingOffer(now);
}

void InviteUsage::cancelReceived(TransactionId invite, Time now)
{
    if (m_server != invite)
        return; // answered already: CANCEL has no effect
    const bool initial = m_state == State::Incoming;
    refuse({}, 487, now);
    if (initial)
        end({.by = Ending::By::Peer, .status = 487, .reason = "The caller hung up before the call was answered."});
    else
        sendPendingOffer(now);
}

void InviteUsage::byeReceived(const Request &bye, Time now)
{
    Ending ending{.by = Ending::By::Peer, .answered = m_state == State::Accepted || m_state == State::Confirmed};
    if (m_server)
        refuse({}, 487, now); // section 15.1.2
    m_state = State::Over;
    dropOffer(now);
    ending.reason = "The other side hung up.";
    if (const auto *value = bye.headers.find("Reason"); value) {
        const auto reason = Reason::parse(*value);
        if (reason && text::equalsIgnoringCase(reason->protocol, "SIP")) {
            ending.status = reason->cause;
            ending.phrase = reason->text;
        }
    }
    m_unacknowledged.reset();
    m_byeWanted.reset();
    end(std::move(ending));
}

void InviteUsage::expireUnacknowledged(Time now)
{
    auto &waiting = *m_unacknowledged;
    if (waiting.giveUpAt <= now) {
        m_unacknowledged.reset();
        sendBye(std::exchange(m_byeWanted, std::nullopt).value_or(Refusal()), now); // section 13.3.1.4
        end({.by = Ending::By::Error,
             .answered = true,
             .status = 408,
             .reason = "The other side never confirmed that the call was answered."});
    } else if (waiting.retransmitAt <= now) {
        waiting.interval = std::min(2 * waiting.interval, m_context.config.timers.t2);
        waiting.retransmitAt = now + waiting.interval;
        m_context.transactions.respondAgain(waiting.transaction, now);
    }
}

} // namespace sip
