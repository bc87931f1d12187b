// SPDX-License-Identifier: Apache-2.0
#include "sip/invite_usage.h"

#include "sip/method.h"

#include <algorithm>

namespace sip {

namespace {

/// RFC 3326; a Warning is for responses only (RFC 3261 Table 3), so its text goes here.
Reason reasonOf(const Refusal &why)
{
    Reason reason{.cause = why.status, .text = why.reason};
    if (reason.text.empty())
        reason.text = why.warningText.empty() ? reasonPhrase(why.status) : why.warningText;
    return reason;
}

} // namespace

InviteUsage::InviteUsage(UsageContext context, SessionId id, const Flow &flow)
    : m_context(context), m_id(id), m_flow(flow), m_localTag(context.transactions.makeToken())
{
    m_info.localHost = flow.localHost;
    m_info.remoteHost = flow.remoteHost;
    m_info.remotePort = flow.remotePort;
}

void InviteUsage::tell(Output event)
{
    if (!m_ended)
        m_context.outputs.push_back(std::move(event));
}

void InviteUsage::end(Ending ending)
{
    tell(output::Ended{m_id, std::move(ending)});
    m_ended = true;
    m_info.offer = {}; // ended sessions that linger must be small
    m_pendingOffer.reset();
    m_offerAt.reset();
}

std::string InviteUsage::contact() const
{
    const auto &transactions = m_context.transactions;
    const bool tcp = m_flow.transport == Transport::Tcp && transactions.listens(Transport::Tcp);
    Uri uri;
    uri.user = m_context.config.identity.user;
    uri.host = m_flow.localHost;
    uri.port = transactions.listeningPort(tcp ? Transport::Tcp : Transport::Udp, m_flow.localHost);
    if (tcp)
        uri.parameters.push_back({"transport", "tcp"});
    return NameAddress{{}, uri, {}}.toString();
}

bool InviteUsage::isDialogOf(const Request &request) const
{
    if (m_dialog)
        return m_dialog->matchesRequest(request);
    // Section 15: a callee sends no BYE in an early dialog.
    return request.method == "UPDATE" && std::ranges::any_of(m_early, [&](const EarlyDialog &early) {
               return !early.ended && early.dialog.matchesRequest(request);
           });
}

/// Of a request that is in one.
Dialog *InviteUsage::dialogOf(const Request &request)
{
    return m_dialog ? &*m_dialog : &earlyDialog(request.from().tag())->dialog;
}

void InviteUsage::describe(Message &message) const
{
    message.headers.set("Contact", contact());
    message.headers.set("Allow", allowedMethods());
}

/// Does the call's TCP connection lead there? A Contact need not name the transport, and behind a NAT the connection is
/// the only way back to the caller.
bool InviteUsage::isOnConnection(const Uri &uri, const Flow &flow) const
{
    const bool sameHost = m_flow.transport == Transport::Tcp && flow.remoteHost == m_flow.remoteHost;
    const bool leadsThere = m_info.incoming ? m_flow.connection != 0 : flow.remotePort == m_flow.remotePort;
    return sameHost && leadsThere && uri.transport() != Transport::Udp;
}

void InviteUsage::connectionLost(std::uint64_t connection)
{
    if (m_flow.connection == connection)
        m_flow.connection = 0;
}

Flow InviteUsage::flowTo(const Uri &uri) const
{
    const bool udp = m_context.transactions.listens(Transport::Udp);
    const auto *maddr = findParameter(uri.parameters, "maddr");
    Flow flow = m_flow;
    flow.connection = 0;
    flow.transport = uri.transport().value_or(udp ? Transport::Udp : Transport::Tcp);
    flow.remoteHost = maddr && maddr->value ? *maddr->value : uri.host;
    flow.remotePort = uri.effectivePort();
    return isOnConnection(uri, flow) ? m_flow : flow;
}

Deadline InviteUsage::deadline() const
{
    Deadline result = earlier(m_ringAgain, earlier(m_waitEnd, m_offerAt));
    if (m_unacknowledged)
        result = earlier(result, std::min(m_unacknowledged->retransmitAt, m_unacknowledged->giveUpAt));
    if (m_unconfirmed)
        result = earlier(result, std::min(m_unconfirmed->retransmitAt, m_unconfirmed->giveUpAt));
    return earlier(result, m_offeredEnd);
}

void InviteUsage::expire(Time now)
{
    if (m_unacknowledged)
        expireUnacknowledged(now);
    if (m_unconfirmed)
        expireUnconfirmed(now);
    if (isDue(m_offeredEnd, now) && m_offered)
        refuseOffer({}, 504, now);
    if (isDue(m_waitEnd, now))
        expireWait(now);
    if (isDue(m_ringAgain, now))
        ringAgain(now);
    if (isDue(m_offerAt, now)) {
        m_offerAt.reset();
        sendPendingOffer(now);
    }
}

void InviteUsage::expireWait(Time now)
{
    m_waitEnd.reset();
    if (m_state == State::Incoming && m_expires) { // section 13.3.1
        refuse({}, 487, now);
        end({.by = Ending::By::Peer, .status = 487, .reason = "The invitation expired before the call was answered."});
    } else if (m_state == State::Incoming) {
        refuse({}, 480, now);
        end({.by = Ending::By::Error, .status = 480, .reason = "The call rang for long and was not answered."});
    } else if (m_server) { // a re-INVITE that our user never answered
        refuse({}, 480, now);
        sendPendingOffer(now);
    } else if (m_client && m_cancelWanted) { // the CANCEL had no effect, section 9.1
        m_context.transactions.abandon(*m_client);
        abandoned(now, {.by = Ending::By::Error, .status = 408, .reason = "The other side stopped answering."});
    } else if (m_client) {
        const bool alone = nobodyLeft();
        cancel(now);
        if (m_state == State::Calling && alone)
            end({.by = Ending::By::Error, .status = 487, .reason = "The other side stopped answering."});
        else if (m_state == State::Calling)
            end({.by = Ending::By::Error, .status = 408, .reason = "It rang for long and nobody answered."});
    }
}

// ---- the end

void InviteUsage::hangUp(const Refusal &why, Time now)
{
    if (m_ended)
        return;
    Ending ending{.by = Ending::By::Local, .status = why.status, .reason = "You hung up."};
    ending.answered = m_state == State::Accepted || m_state == State::Confirmed;
    if (m_state == State::Incoming) {
        refuse(why, 480, now);
    } else if (m_state == State::Calling && m_client) {
        cancel(now);
    } else if (m_state == State::Accepted) {
        m_byeWanted = why;
    } else if (m_state == State::Confirmed) {
        sendBye(why, now);
    }
    end(std::move(ending));
}

void InviteUsage::sendBye(const Refusal &why, Time now)
{
    m_unacknowledged.reset();
    m_state = State::Over;
    dropOffer(now);
    if (m_server) // section 15.1.1 allows it, and the peer's re-INVITE must not wait for ever
        refuse({}, 487, now);
    bye(*m_dialog, why, now);
}

void InviteUsage::bye(Dialog &dialog, const Refusal &why, Time now)
{
    auto request = dialog.makeRequest("BYE");
    if (why.status != 0)
        request.headers.add("Reason", reasonOf(why).toString());
    request.headers.add("User-Agent", m_context.config.product);
    m_context.transactions.request(std::move(request), flowTo(dialog.nextHop()), m_id, now);
}

} // namespace sip
