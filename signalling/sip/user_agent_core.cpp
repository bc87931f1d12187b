// SPDX-License-Identifier: Apache-2.0
#include "sip/user_agent_core.h"

#include "sip/method.h"
#include "sip/source.h"

#include <algorithm>

namespace sip {

UserAgentCore::UserAgentCore(UserAgentConfig config)
    : m_config(std::move(config)), m_transactions(m_config, *this, m_outputs), m_tagSecret(m_config.random())
{
}

void UserAgentCore::setIdentity(const Uri &identity, const std::string &displayName)
{
    m_config.identity = identity;
    m_config.displayName = displayName;
}

void UserAgentCore::addListening(Transport transport, const std::string &host, std::uint16_t port)
{
    m_transactions.addListening(transport, host, port);
}

// ---- what the network brings

void UserAgentCore::receive(const Parsed &parsed, const Flow &source, Time now)
{
    const auto *response = parsed.response();
    if (parsed.fault)
        notice("A message from " + hostPort(source.remoteHost, source.remotePort) +
               " was not understood: " + parsed.fault->sentence);
    if (const auto *request = parsed.request())
        requestReceived(*request, parsed.fault, source, now);
    else if (response && !parsed.fault)
        m_transactions.receive(*response, now);
    releaseEnded();
}

void UserAgentCore::requestReceived(Request request, const std::optional<Fault> &fault, const Flow &source, Time now)
{
    if (!request.topVia().host.empty()) // it may be what is malformed
        stampSource(request, source);
    if (fault) {
        if (request.method != "ACK")
            answer(request, source, faultResponse(request, *fault));
        return;
    }
    dropOptionalBody(request);
    if (m_transactions.receive(request, now))
        return;
    if (request.method == "ACK")
        ackOfDialog(request, now);
    else if (request.method == "CANCEL")
        cancelReceived(request, source, now);
    else if (auto refusal = findFault(request))
        answer(request, source, std::move(*refusal));
    else
        newRequest(request, source, now);
}

void UserAgentCore::newRequest(const Request &request, const Flow &source, Time now)
{
    const auto dialog = findDialog(request);
    if (dialog != m_usages.end() && !dialog->second.isOver())
        dialogRequest(dialog->first, dialog->second, request, source, now);
    else if (dialog != m_usages.end() && request.method == "BYE") // it crossed ours, or comes again
        answer(request, source, makeResponse(request, 200, {}));
    else if (dialog != m_usages.end() && dialog->second.isOvertaken(request))
        answer(request, source, makeResponse(request, 200, {}));
    else if (!request.to().tag().empty() || findMethod(request.method)->onlyInDialog)
        answer(request, source, makeResponse(request, 481, {}));
    else if (request.method == "INVITE")
        inviteReceived(request, source, now);
    else
        answer(request, source, optionsResponse(request));
}

void UserAgentCore::inviteReceived(const Request &request, const Flow &source, Time now)
{
    if (auto fault = findInviteFault(request)) {
        answer(request, source, std::move(*fault));
        return;
    }
    const auto id = m_nextSession++;
    const auto transaction = isFull() ? std::nullopt : openSession(request, source, id, now);
    if (!transaction) {
        notice("A call from " + hostPort(source.remoteHost, source.remotePort) + " was refused: too many calls.");
        auto response = makeResponse(request, 503, {});
        response.headers.add("Retry-After", "10");
        answer(request, source, std::move(response));
        return;
    }
    const UsageContext context{m_config, m_transactions, m_outputs};
    const auto usage =
        m_usages.emplace(id, InviteUsage::receive(context, id, *transaction, request, source, now)).first;
    m_outputs.push_back(output::Incoming{id, usage->second.info()});
    m_transactions.traceReceived(id, request, false, now);
}

void UserAgentCore::dialogRequest(SessionId id, InviteUsage &usage, const Request &request, const Flow &source,
                                  Time now)
{
    m_transactions.traceReceived(id, request, false, now);
    const bool inOrder = usage.acceptCSeq(request);
    if (request.method == "OPTIONS") { // without a transaction it is also answered when it comes again
        answerTraced(id, request, source, optionsResponse(request), now);
    } else if (!inOrder) { // section 12.2.2
        answerTraced(id, request, source, makeResponse(request, 500, {}), now);
    } else if (request.method == "BYE") {
        answerOf(id, request, source, makeResponse(request, 200, {}), now);
        usage.byeReceived(request, now);
    } else if (const auto transaction = m_transactions.open(request, source, id, now)) {
        if (request.method == "PRACK")
            usage.prackReceived(*transaction, request, now);
        else if (request.method == "UPDATE")
            usage.updateReceived(*transaction, request, now);
        else
            usage.reinviteReceived(*transaction, request, now);
    } else {
        answerTraced(id, request, source, makeResponse(request, 503, {}), now);
    }
}

void UserAgentCore::cancelReceived(const Request &request, const Flow &source, Time now)
{
    const auto *invite = m_transactions.cancelledBy(request);
    if (!invite) {
        answer(request, source, makeResponse(request, 481, {}));
        return;
    }
    const auto owner = invite->owner;
    const auto inviteId = invite->id;
    m_transactions.traceReceived(owner, request, false, now);
    auto *usage = find(owner);
    const auto tag = usage ? usage->localTag() : statelessTag(request); // that of the INVITE's response, section 9.2
    answerOf(owner, request, source, makeResponse(request, 200, tag), now);
    if (usage)
        usage->cancelReceived(inviteId, now);
}

void UserAgentCore::ackOfDialog(const Request &request, Time now)
{
    if (const auto dialog = findDialog(request); dialog != m_usages.end())
        ackReceived(dialog->first, request, now);
}

void UserAgentCore::ackReceived(SessionId owner, const Request &ack, Time now)
{
    auto *usage = find(owner);
    if (!usage)
        return;
    m_transactions.traceReceived(owner, ack, !usage->isWaitingForAck(), now);
    usage->ackReceived(ack, now);
}

void UserAgentCore::responseReceived(const ClientTransaction &transaction, const Response &response, Time now)
{
    if (auto *usage = find(transaction.owner))
        usage->responseReceived(transaction, response, now);
}

void UserAgentCore::requestFailed(const ClientTransaction &transaction, const Fault &fault, Time now)
{
    if (auto *usage = find(transaction.owner))
        usage->requestFailed(transaction, fault, now);
}

void UserAgentCore::transportFailed(const Flow &flow, const std::string &sentence, Time now)
{
    for (auto &[id, usage] : m_usages)
        usage.connectionLost(flow.connection);
    m_transactions.transportFailed(flow, sentence, now);
    releaseEnded();
}

void UserAgentCore::expire(Time now)
{
    for (auto &[id, usage] : m_usages)
        usage.expire(now);
    m_transactions.expire(now);
    releaseEnded();
}

Deadline UserAgentCore::deadline() const
{
    auto result = m_transactions.deadline();
    for (const auto &[id, usage] : m_usages)
        result = earlier(result, usage.deadline());
    return result;
}

// ---- what the user wants

SessionId UserAgentCore::invite(const Uri &target, const Flow &flow, const Body &offer, Time now)
{
    const auto id = m_nextSession++;
    const UsageContext context{m_config, m_transactions, m_outputs};
    m_usages.emplace(id, InviteUsage::call(context, id, target, flow, offer, now));
    return id;
}

void UserAgentCore::ring(SessionId session, Time now)
{
    if (auto *usage = find(session))
        usage->ring(now);
}

void UserAgentCore::progress(SessionId session, int status, const Body &answer, Time now)
{
    if (auto *usage = find(session))
        usage->progress(status, answer, now);
}

void UserAgentCore::prack(SessionId session, const std::string &dialog, const Body &offer, Time now)
{
    if (auto *usage = find(session))
        usage->prack(dialog, offer, now);
}

void UserAgentCore::endEarly(SessionId session, const std::string &dialog, const Refusal &why, Time now)
{
    if (auto *usage = find(session))
        usage->endEarly(dialog, why, now);
}

void UserAgentCore::accept(SessionId session, const Body &answer, Time now)
{
    if (auto *usage = find(session))
        usage->accept(answer, now);
}

void UserAgentCore::reject(SessionId session, const Refusal &refusal, Time now)
{
    if (auto *usage = find(session))
        usage->reject(refusal, now);
}

void UserAgentCore::hangUp(SessionId session, const Refusal &why, Time now)
{
    if (auto *usage = find(session))
        usage->hangUp(why, now);
}

void UserAgentCore::reinvite(SessionId session, const Body &offer, Time now)
{
    if (auto *usage = find(session))
        usage->reinvite(offer, now);
}

void UserAgentCore::update(SessionId session, const Body &offer, Time now)
{
    if (auto *usage = find(session))
        usage->update(offer, now);
}

void UserAgentCore::withdrawReinvite(SessionId session)
{
    if (auto *usage = find(session))
        usage->withdrawReinvite();
}

bool UserAgentCore::awaitsAnswer(SessionId session, OfferId offer) const
{
    const auto it = m_usages.find(session);
    return it != m_usages.end() && it->second.awaitsAnswer(offer);
}

void UserAgentCore::answerReinvite(SessionId session, OfferId offer, const Body &answer, Time now)
{
    if (auto *usage = find(session))
        usage->answerReinvite(offer, answer, now);
}

void UserAgentCore::rejectReinvite(SessionId session, OfferId offer, const Refusal &refusal, Time now)
{
    if (auto *usage = find(session))
        usage->rejectReinvite(offer, refusal, now);
}

void UserAgentCore::shutDown(Time now)
{
    m_shutDown = true;
    for (auto &[id, usage] : m_usages)
        usage.hangUp({}, now);
}

bool UserAgentCore::isQuiet() const
{
    return !m_transactions.isWaiting() &&
           std::ranges::none_of(m_usages, [](const auto &entry) { return entry.second.isWaitingForAck(); });
}

const SessionInfo *UserAgentCore::info(SessionId session) const
{
    const auto it = m_usages.find(session);
    return it == m_usages.end() ? nullptr : &it->second.info();
}

Outputs UserAgentCore::takeOutputs()
{
    return std::exchange(m_outputs, {});
}

// ---- helpers

InviteUsage *UserAgentCore::find(SessionId id)
{
    const auto it = m_usages.find(id);
    return it == m_usages.end() ? nullptr : &it->second;
}

std::map<SessionId, InviteUsage>::iterator UserAgentCore::findDialog(const Request &request)
{
    if (request.to().tag().empty())
        return m_usages.end();
    return std::ranges::find_if(m_usages, [&](const auto &entry) { return entry.second.isDialogOf(request); });
}

bool UserAgentCore::isFull() const
{
    const auto active = std::ranges::count_if(m_usages, [](const auto &entry) { return !entry.second.hasEnded(); });
    return std::size_t(active) >= m_config.maxSessions;
}

/// The transaction of a new call. Where there is no room, sessions make some that only wait for retransmissions.
std::optional<TransactionId> UserAgentCore::openSession(const Request &request, const Flow &source, SessionId id,
                                                        Time now)
{
    if (m_usages.size() >= m_config.maxSessions + m_config.maxRemnants && !dropRemnant())
        return std::nullopt;
    auto transaction = m_transactions.open(request, source, id, now);
    while (!transaction && dropRemnant())
        transaction = m_transactions.open(request, source, id, now);
    return transaction;
}

/// Lets the oldest ended session go that owes its peer nothing; false when there is none.
bool UserAgentCore::dropRemnant()
{
    const auto it = std::ranges::find_if(m_usages, [this](const auto &entry) {
        const auto &[id, usage] = entry;
        return usage.hasEnded() && !usage.isWaitingForAck() && !m_transactions.isWaiting(id);
    });
    if (it == m_usages.end())
        return false;
    m_transactions.forget(it->first);
    m_outputs.push_back(output::Released{it->first});
    m_usages.erase(it);
    return true;
}

void UserAgentCore::notice(std::string sentence)
{
    m_outputs.push_back(output::Notice{std::move(sentence)});
}

/// An ended session stays as long as retransmissions may come that it has to answer.
void UserAgentCore::releaseEnded()
{
    std::erase_if(m_usages, [this](const auto &entry) {
        const auto &[id, usage] = entry;
        const bool released = usage.hasEnded() && !usage.isWaitingForAck() && !m_transactions.hasAnyOf(id);
        if (released)
            m_outputs.push_back(output::Released{id});
        return released;
    });
}

} // namespace sip
