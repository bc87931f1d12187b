// SPDX-License-Identifier: Apache-2.0
// TransactionLayer's part that answers requests.
#include "sip/transaction_layer.h"

#include "sip/serialiser.h"
#include "sip/source.h"

#include <algorithm>

namespace sip {

namespace {

constexpr int maxOwned = 16; ///< requests of one owner that are kept, who could else leave none to the others

bool hasCookie(std::string_view branch)
{
    return branch.size() > branchCookie.size() && branch.starts_with(branchCookie);
}

/// Section 17.2.3: does a request with this Via belong to the transaction? An ACK and a CANCEL belong to an INVITE.
bool isPartOf(const ServerTransaction &transaction, const Request &request, const Via &via, std::string_view method)
{
    const auto &original = transaction.request;
    if (via.branch() != transaction.via.branch() || via.host != transaction.via.host ||
        via.port != transaction.via.port || method != original.method)
        return false;
    if (hasCookie(via.branch()))
        return true;
    // RFC 2543: no unique branch. To is left out, since an ACK has the tag of our response.
    return request.uri.toString() == original.uri.toString() && request.callId() == original.callId() &&
           request.from().tag() == original.from().tag() && request.cseq().number == original.cseq().number;
}

/// A change of a call that was accepted. A copy of it would be out of order, one of the first INVITE another call.
bool isAcceptedChange(const ServerTransaction &transaction)
{
    const auto *machine = std::get_if<InviteServerTransaction>(&transaction.machine);
    return machine && machine->state() == TransactionState::Accepted && !transaction.request.to().tag().empty();
}

} // namespace

const ServerTransaction *TransactionLayer::findServer(const Request &request, std::string_view method) const
{
    const auto via = request.topVia();
    const auto it = std::ranges::find_if(
        m_servers, [&](const auto &entry) { return isPartOf(entry.second, request, via, method); });
    return it == m_servers.end() ? nullptr : &it->second;
}

/// A call whose keys are renewed often has many INVITEs that were answered and for 32 s only wait for copies of
/// themselves. The oldest goes for a new one.
bool TransactionLayer::makeRoom(SessionId owner)
{
    int owned = 0;
    auto oldest = m_servers.end();
    for (auto it = m_servers.begin(); it != m_servers.end(); ++it) {
        if (it->second.owner != owner)
            continue;
        ++owned;
        if (oldest == m_servers.end() && isAcceptedChange(it->second))
            oldest = it;
    }
    if (owned < maxOwned)
        return true;
    if (oldest == m_servers.end())
        return false;
    m_servers.erase(oldest);
    disown(owner);
    return true;
}

std::optional<TransactionId> TransactionLayer::open(const Request &request, const Flow &source, SessionId owner,
                                                    Time now)
{
    if (m_servers.size() >= 2 * m_config.maxRemnants || !makeRoom(owner))
        return std::nullopt;
    const auto id = m_nextId++;
    const bool reliable = source.transport == Transport::Tcp;
    std::variant<InviteServerTransaction, NonInviteServerTransaction> machine =
        NonInviteServerTransaction(m_config.timers, reliable);
    if (request.method == "INVITE")
        machine = InviteServerTransaction(m_config.timers, reliable, now);
    ++m_owned[owner];
    auto bare = request;
    bare.content = {};
    m_servers.emplace(
        id, ServerTransaction{
                id, owner, std::move(bare), request.topVia(), replyFlow(request, source), {}, {}, {}, machine});
    return id;
}

const Request *TransactionLayer::requestOf(TransactionId id) const
{
    const auto it = m_servers.find(id);
    return it == m_servers.end() ? nullptr : &it->second.request;
}

void TransactionLayer::respond(TransactionId id, const Response &response, Time now)
{
    const auto it = m_servers.find(id);
    if (it == m_servers.end())
        return;
    auto &transaction = it->second;
    const auto step =
        std::visit([&](auto &machine) { return machine.respond(response.status, now); }, transaction.machine);
    if (!step.respond)
        return;
    transaction.octets = serialise(response);
    transaction.summary = response.summary();
    transaction.body = response.body();
    sendResponse(transaction, false, now);
}

void TransactionLayer::respondAgain(TransactionId id, Time now)
{
    if (const auto it = m_servers.find(id); it != m_servers.end())
        sendResponse(it->second, true, now);
}

void TransactionLayer::sendResponse(const ServerTransaction &transaction, bool retransmission, Time now)
{
    send(transaction.replyFlow, transaction.octets);
    trace(transaction.owner, {.sent = true,
                              .summary = transaction.summary,
                              .octets = transaction.octets.size(),
                              .retransmission = retransmission,
                              .at = now,
                              .body = transaction.body});
}

const ServerTransaction *TransactionLayer::cancelledBy(const Request &cancel) const
{
    return findServer(cancel, "INVITE");
}

bool TransactionLayer::isMerged(const Request &request) const
{
    const auto isCopy = [&](const auto &entry) {
        const auto &other = entry.second.request;
        return other.method == request.method && *other.headers.find("Call-ID") == *request.headers.find("Call-ID") &&
               other.to().tag().empty() && other.from().tag() == request.from().tag() &&
               other.cseq().number == request.cseq().number;
    };
    return request.to().tag().empty() && std::ranges::any_of(m_servers, isCopy);
}

bool TransactionLayer::receive(const Request &request, Time now)
{
    const auto *found = findServer(request, request.method == "ACK" ? "INVITE" : request.method);
    if (!found)
        return false;
    auto *transaction = &m_servers.at(found->id);
    const auto owner = transaction->owner;
    if (request.method == "ACK") {
        auto *machine = std::get_if<InviteServerTransaction>(&transaction->machine);
        const auto step = machine ? machine->receiveAck(now) : ServerStep();
        if (step.deliver)
            m_user.ackReceived(owner, request, now);
        else
            traceReceived(owner, request, false, now);
    } else {
        traceReceived(owner, request, true, now);
        if (std::visit([](auto &machine) { return machine.receiveRequest(); }, transaction->machine).respond)
            sendResponse(*transaction, true, now);
    }
    sweep();
    return true;
}

void TransactionLayer::expireServer(ServerTransaction &transaction, Time now)
{
    const auto step = std::visit([&](auto &machine) { return machine.expire(now); }, transaction.machine);
    if (step.trying)
        respond(transaction.id, makeResponse(transaction.request, 100, {}), now);
    else if (step.respond)
        sendResponse(transaction, true, now);
}

} // namespace sip
