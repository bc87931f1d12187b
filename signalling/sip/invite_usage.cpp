// SPDX-License-Identifier: Apache-2.0
#include "sip/invite_usage.h"

#include "sip/method.h"
#include "sip/sentence.h"
#include "sip/text.h"

#include <algorithm>

namespace sip {

namespace {

constexpr std::size_t maxForks = 8;

Ending endingOf(const Response &response)
{
    return {.by = Ending::By::Peer,
            .status = response.status,
            .reason = sentenceFor(response),
            .phrase = response.reason,
            .warning = warningOf(response),
            .body = response.body()};
}

Ending endingOf(const Fault &fault)
{
    return {.by = Ending::By::Error, .status = fault.status, .reason = fault.sentence};
}

Duration expiryOf(const Request &invite, Duration longest)
{
    const auto *value = invite.headers.find("Expires");
    const auto seconds = value ? text::parseNumber(*value, 0xffffffff) : std::nullopt;
    return seconds && *seconds > 0 ? std::min<Duration>(std::chrono::seconds(*seconds), longest) : longest;
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

void InviteUsage::describe(Message &message) const
{
    message.headers.set("Contact", contact());
    message.headers.set("Allow", allowedMethods());
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
    return flow;
}

Deadline InviteUsage::deadline() const
{
    Deadline result = earlier(m_waitEnd, m_offerAt);
    if (m_unacknowledged)
        result = earlier(result, std::min(m_unacknowledged->retransmitAt, m_unacknowledged->giveUpAt));
    return result;
}

void InviteUsage::expire(Time now)
{
    if (m_unacknowledged)
        expireUnacknowledged(now);
    if (isDue(m_waitEnd, now))
        expireWait(now);
    if (isDue(m_offerAt, now)) {
        m_offerAt.reset();
        sendPendingOffer(now);
    }
}

void InviteUsage::expireWait(Time now)
{
    m_waitEnd.reset();
    if (m_state == State::Incoming) {
        refuse({}, 480, now);
        end({.by = Ending::By::Error, .status = 480, .reason = "The call rang for long and was not answered."});
    } else if (m_server) { // a re-INVITE that our user never answered
        refuse({}, 480, now);
    } else if (m_client && m_cancelWanted) { // the CANCEL had no effect, section 9.1
        m_context.transactions.abandon(*m_client);
        abandoned(now, {.by = Ending::By::Error, .status = 408, .reason = "The other side stopped answering."});
    } else if (m_client) {
        cancel(now);
        if (m_state == State::Calling)
            end({.by = Ending::By::Error, .status = 408, .reason = "It rang for long and nobody answered."});
    }
}

// ---- a call we make

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
    Uri to = target; // transport and port of the address dialled are no part of who is called (section 19.1.1)
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
    invite.headers.add("User-Agent", config.product);
    invite.setBody(offer);
    usage.m_client = context.transactions.request(std::move(invite), flow, id, now);
    return usage;
}

void InviteUsage::responseReceived(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (transaction.request.method != "INVITE")
        return; // nothing depends on how CANCEL and BYE are answered
    if (transaction.request.to().tag().empty())
        initialResponse(transaction, response, now);
    else
        reinviteResponse(transaction, response, now);
}

void InviteUsage::initialResponse(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (response.status < 200) {
        provisionalResponse(response, now);
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

void InviteUsage::provisionalResponse(const Response &response, Time now)
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
    m_waitEnd = now + m_context.config.timers.ringing;
    if (response.status > 100)
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
    if (acknowledgeAgain(response))
        return;
    if (m_state != State::Calling || m_ended) {
        endStray(transaction, response, now);
        return;
    }
    m_dialog = Dialog::ofClient(transaction.request, response);
    m_state = State::Confirmed;
    acknowledge(*m_dialog, response, now);
    tell(output::Answered{m_id, response.body()});
}

/// A 2xx of another fork, or one that crossed our CANCEL: acknowledged and ended at once (section 13.2.2.4).
void InviteUsage::endStray(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (m_acks.size() >= maxForks)
        return;
    auto dialog = Dialog::ofClient(transaction.request, response);
    acknowledge(dialog, response, now);
    bye(dialog, {}, now);
    if (m_state == State::Calling)
        m_state = State::Over;
}

bool InviteUsage::acknowledgeAgain(const Response &response)
{
    const auto tag = std::string(response.to().tag());
    const auto it = std::ranges::find_if(
        m_acks, [&](const SentAck &ack) { return ack.remoteTag == tag && ack.cseq == response.cseq().number; });
    if (it == m_acks.end())
        return false;
    m_context.transactions.send(it->flow, it->octets);
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
    if (transaction.request.method != "INVITE")
        return;
    auto why = endingOf(fault);
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

// ---- a call we receive

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
    usage.m_waitEnd = now + expiryOf(invite, context.config.timers.ringing);
    return usage;
}

void InviteUsage::ring(Time now)
{
    if (m_state != State::Incoming || !m_server)
        return;
    auto response = makeResponse(*m_context.transactions.requestOf(*m_server), 180, m_localTag);
    describe(response);
    m_context.transactions.respond(*m_server, response, now);
}

void InviteUsage::accept(const Body &answer, Time now)
{
    if (m_state != State::Incoming || !m_server)
        return;
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

/// The final response to the INVITE or re-INVITE that waits.
void InviteUsage::refuse(const Refusal &refusal, int usualStatus, Time now)
{
    const int status = refusal.status >= 300 && refusal.status <= 699 ? refusal.status : usualStatus;
    auto response = makeResponse(*m_context.transactions.requestOf(*m_server), status, m_localTag);
    if (!refusal.reason.empty())
        response.reason = refusal.reason;
    if (refusal.warningCode != 0)
        response.headers.add(
            "Warning", Warning{refusal.warningCode, hostPort(m_flow.localHost, 0), refusal.warningText}.toString());
    response.headers.add("Server", m_context.config.product);
    response.setBody(refusal.body);
    m_context.transactions.respond(*m_server, response, now);
    m_server.reset();
    m_waitEnd.reset();
    if (m_state == State::Incoming)
        m_state = State::Over;
}

void InviteUsage::ackReceived(const Request &ack, Time now)
{
    if (!m_unacknowledged || ack.cseq().number != m_unacknowledged->cseq)
        return;
    m_unacknowledged.reset();
    if (m_state == State::Accepted)
        m_state = State::Confirmed;
    tell(output::Acknowledged{m_id, ack.body()});
    if (m_byeWanted)
        sendBye(*m_byeWanted, now);
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
}

void InviteUsage::byeReceived(TransactionId transaction, const Request &bye, Time now)
{
    m_context.transactions.respond(transaction, makeResponse(bye, 200, m_localTag), now);
    if (m_server)
        refuse({}, 487, now); // section 15.1.2
    Ending ending{.by = Ending::By::Peer, .answered = m_state == State::Accepted || m_state == State::Confirmed};
    ending.reason = "The other side hung up.";
    ending.warning = warningOf(bye);
    if (const auto *value = bye.headers.find("Reason"); value) {
        const auto reason = Reason::parse(*value);
        if (reason && text::equalsIgnoringCase(reason->protocol, "SIP")) {
            ending.status = reason->cause;
            ending.phrase = reason->text;
        }
    }
    m_unacknowledged.reset();
    m_byeWanted.reset();
    m_state = State::Over;
    end(std::move(ending));
}

void InviteUsage::expireUnacknowledged(Time now)
{
    auto &waiting = *m_unacknowledged;
    if (waiting.giveUpAt <= now) {
        m_unacknowledged.reset();
        const auto why = m_byeWanted.value_or(Refusal());
        sendBye(why, now); // section 13.3.1.4
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
    m_byeWanted.reset();
    m_unacknowledged.reset();
    m_state = State::Over;
    if (m_server) // section 15.1.1 allows it, and the peer's re-INVITE must not wait for ever
        refuse({}, 487, now);
    bye(*m_dialog, why, now);
}

void InviteUsage::bye(Dialog &dialog, const Refusal &why, Time now)
{
    auto request = dialog.makeRequest("BYE");
    if (why.status != 0)
        request.headers.add(
            "Reason", Reason{"SIP", why.status, why.reason.empty() ? std::string(reasonPhrase(why.status)) : why.reason}
                          .toString());
    if (why.warningCode != 0)
        request.headers.add("Warning",
                            Warning{why.warningCode, hostPort(m_flow.localHost, 0), why.warningText}.toString());
    request.headers.add("User-Agent", m_context.config.product);
    m_context.transactions.request(std::move(request), flowTo(dialog.nextHop()), m_id, now);
}

} // namespace sip
