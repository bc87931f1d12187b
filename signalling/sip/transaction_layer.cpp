// SPDX-License-Identifier: Apache-2.0
#include "sip/transaction_layer.h"

#include "sip/serialiser.h"

#include <algorithm>

namespace sip {

namespace {

TransactionState stateOf(const auto &transaction)
{
    return std::visit([](const auto &machine) { return machine.state(); }, transaction.machine);
}

Deadline deadlineOf(const auto &transaction)
{
    return std::visit([](const auto &machine) { return machine.deadline(); }, transaction.machine);
}

/// The peer has shown nothing yet of having received the request.
bool isUnanswered(const ClientTransaction &transaction)
{
    const auto state = stateOf(transaction);
    return state == TransactionState::Calling || state == TransactionState::Trying;
}

bool hasNoFinalResponse(const ClientTransaction &transaction)
{
    return isUnanswered(transaction) || stateOf(transaction) == TransactionState::Proceeding;
}

/// Was the request sent over what failed?
bool isConcerned(const ClientTransaction &transaction, const Flow &failed)
{
    const auto &used = transaction.flow;
    const bool sameConnection = failed.connection != 0 && used.connection == failed.connection;
    const bool samePlace = used.remoteHost == failed.remoteHost && used.remotePort == failed.remotePort;
    return used.transport == failed.transport && (sameConnection || samePlace) && isUnanswered(transaction);
}

std::string_view transportName(Transport transport)
{
    return transport == Transport::Tcp ? "TCP" : "UDP";
}

std::string headerText(const Message &message, std::string_view name)
{
    const auto *value = message.headers.find(name);
    return value ? *value : std::string();
}

/// The CANCEL or the ACK of a refusal, but for its To: they share much with their INVITE (sections 9.1 and 17.1.1.3).
Request derived(const Request &original, const std::string &method)
{
    Request request;
    request.method = method;
    request.uri = original.uri;
    request.headers.add("Via", headerText(original, "Via"));
    for (const auto route : original.headers.all("Route"))
        request.headers.add("Route", route);
    request.headers.add("Max-Forwards", "70");
    request.headers.add("From", headerText(original, "From"));
    request.headers.add("Call-ID", original.callId());
    request.headers.add("CSeq", CSeq{original.cseq().number, method}.toString());
    return request;
}

} // namespace

TransactionLayer::TransactionLayer(const UserAgentConfig &config, TransactionUser &user, Outputs &outputs)
    : m_config(config), m_user(user), m_outputs(outputs)
{
}

void TransactionLayer::addListening(Transport transport, const std::string &host, std::uint16_t port)
{
    m_listening.push_back({transport, host, port});
}

bool TransactionLayer::listens(Transport transport) const
{
    return std::ranges::find(m_listening, transport, &LocalPoint::transport) != m_listening.end();
}

std::uint16_t TransactionLayer::listeningPort(Transport transport, const std::string &localHost) const
{
    std::uint16_t port = 0;
    for (const auto &point : m_listening) {
        if (point.transport != transport)
            continue;
        if (point.host == localHost)
            return point.port;
        if (port == 0 || point.host.empty())
            port = point.port;
    }
    return port;
}

std::string TransactionLayer::makeToken() const
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string token;
    for (auto bits = m_config.random(); token.size() < 16; bits >>= 4)
        token += digits[bits & 15];
    return token;
}

std::string TransactionLayer::makeBranch() const
{
    return std::string(branchCookie) + makeToken();
}

std::string TransactionLayer::viaFor(const Flow &flow, const std::string &branch) const
{
    Via via;
    via.transport = transportName(flow.transport);
    via.host = flow.localHost;
    via.port = listeningPort(flow.transport, flow.localHost);
    via.parameters = {{"branch", branch}, {"rport", std::nullopt}};
    return via.toString();
}

void TransactionLayer::send(const Flow &flow, std::string octets)
{
    m_outputs.push_back(output::Send{flow, std::move(octets)});
}

void TransactionLayer::trace(SessionId owner, TraceEntry entry)
{
    m_outputs.push_back(output::Traced{owner, std::move(entry)});
}

void TransactionLayer::traceReceived(SessionId owner, const Request &request, bool retransmission, Time now)
{
    trace(owner, {.summary = request.method,
                  .octets = request.octets,
                  .retransmission = retransmission,
                  .at = now,
                  .body = request.body()});
}

TransactionId TransactionLayer::request(Request request, const Flow &flow, SessionId owner, Time now)
{
    const auto branch = makeBranch();
    auto chosen = flow;
    request.headers.prepend("Via", viaFor(flow, branch));
    const bool tooLarge = flow.transport == Transport::Udp && serialise(request).size() > flow.largestDatagram;
    if (tooLarge) {
        chosen.transport = Transport::Tcp;
        request.headers.set("Via", viaFor(chosen, branch));
    }
    return start(std::move(request), chosen, owner, tooLarge, now);
}

TransactionId TransactionLayer::start(Request request, const Flow &flow, SessionId owner, bool mayFallBack, Time now)
{
    const auto id = m_nextId++;
    std::string branch(request.topVia().branch());
    auto octets = serialise(request);
    auto machine = makeMachine(request, flow, now);
    ++m_owned[owner];
    const auto it = m_clients.emplace(id, ClientTransaction{id, owner, std::move(request), flow, mayFallBack,
                                                            std::move(branch), std::move(octets), machine});
    transmit(it.first->second, false, now);
    return id;
}

TransactionLayer::ClientMachine TransactionLayer::makeMachine(const Request &request, const Flow &flow, Time now) const
{
    const bool reliable = flow.transport == Transport::Tcp;
    if (request.method == "INVITE")
        return InviteClientTransaction(m_config.timers, reliable, now);
    return NonInviteClientTransaction(m_config.timers, reliable, now);
}

void TransactionLayer::transmit(const ClientTransaction &transaction, bool retransmission, Time now)
{
    send(transaction.flow, transaction.octets);
    trace(transaction.owner, {.sent = true,
                              .summary = transaction.request.method,
                              .octets = transaction.octets.size(),
                              .retransmission = retransmission,
                              .at = now,
                              .body = transaction.request.body()});
}

void TransactionLayer::fallBack(ClientTransaction &transaction, Time now)
{
    transaction.mayFallBack = false;
    transaction.flow.transport = Transport::Udp;
    transaction.branch = makeBranch();
    transaction.request.headers.set("Via", viaFor(transaction.flow, transaction.branch));
    transaction.octets = serialise(transaction.request);
    transaction.machine = makeMachine(transaction.request, transaction.flow, now);
    transmit(transaction, false, now);
}

void TransactionLayer::cancel(TransactionId id, Time now)
{
    const auto it = m_clients.find(id);
    if (it == m_clients.end())
        return;
    const auto &original = it->second;
    auto request = derived(original.request, "CANCEL");
    request.headers.add("To", headerText(original.request, "To"));
    start(std::move(request), original.flow, original.owner, false, now);
}

void TransactionLayer::abandon(TransactionId id)
{
    if (const auto it = m_clients.find(id); it != m_clients.end())
        std::visit([](auto &machine) { machine.transportFailed(); }, it->second.machine);
}

void TransactionLayer::acknowledge(const ClientTransaction &transaction, const Response &response, Time now)
{
    auto ack = derived(transaction.request, "ACK");
    ack.headers.add("To", headerText(response, "To"));
    sendStateless(ack, transaction.flow, transaction.owner, now);
}

std::string TransactionLayer::sendAck(Request ack, const Flow &flow, SessionId owner, Time now)
{
    ack.headers.prepend("Via", viaFor(flow, makeBranch()));
    return sendStateless(ack, flow, owner, now);
}

void TransactionLayer::sendAckAgain(const std::string &ack, const Flow &flow, SessionId owner, Time now)
{
    send(flow, ack);
    trace(owner, {.sent = true, .summary = "ACK", .octets = ack.size(), .retransmission = true, .at = now});
}

std::string TransactionLayer::sendStateless(const Request &request, const Flow &flow, SessionId owner, Time now)
{
    auto octets = serialise(request);
    send(flow, octets);
    trace(owner, {.sent = true, .summary = request.method, .octets = octets.size(), .at = now, .body = request.body()});
    return octets;
}

ClientTransaction *TransactionLayer::findClient(const Response &response)
{
    const auto via = response.topVia();
    const auto method = response.cseq().method;
    const auto it = std::ranges::find_if(m_clients, [&](const auto &entry) {
        return entry.second.branch == via.branch() && entry.second.request.method == method;
    });
    return it == m_clients.end() ? nullptr : &it->second;
}

void TransactionLayer::receive(const Response &response, Time now)
{
    const bool isForUs = response.headers.all("Via").size() == 1; // section 8.1.3.3
    auto *transaction = isForUs ? findClient(response) : nullptr;
    if (!transaction)
        return; // stray responses have no one to go to (RFC 6026 section 8.2)
    const auto before = stateOf(*transaction);
    const auto step =
        std::visit([&](auto &machine) { return machine.receive(response.status, now); }, transaction->machine);
    using enum TransactionState;
    trace(transaction->owner, {.summary = response.summary(),
                               .octets = response.octets,
                               .retransmission = before == Completed || before == Accepted,
                               .at = now,
                               .body = response.body()});
    if (step.acknowledge)
        acknowledge(*transaction, response, now);
    if (step.deliver)
        m_user.responseReceived(*transaction, response, now);
    sweep();
}

void TransactionLayer::transportFailed(const Flow &flow, const std::string &sentence, Time now)
{
    std::vector<TransactionId> concerned; // the user may send new requests when it is told
    for (const auto &[id, transaction] : m_clients)
        if (isConcerned(transaction, flow))
            concerned.push_back(id);
    for (const auto id : concerned) {
        auto &transaction = m_clients.at(id);
        if (transaction.mayFallBack && flow.connection == 0) { // TCP was not to be had, section 18.1.1
            fallBack(transaction, now);
            continue;
        }
        abandon(id);
        m_user.requestFailed(transaction, {503, sentence}, now);
    }
    sweep();
}

void TransactionLayer::expire(Time now)
{
    for (auto &[id, transaction] : m_clients) {
        if (!isDue(deadlineOf(transaction), now))
            continue;
        const auto step = std::visit([&](auto &machine) { return machine.expire(now); }, transaction.machine);
        if (step.retransmit)
            transmit(transaction, true, now);
        if (step.timedOut)
            m_user.requestFailed(transaction, {408, "There was no answer."}, now);
    }
    for (auto &[id, transaction] : m_servers)
        if (isDue(deadlineOf(transaction), now))
            expireServer(transaction, now);
    sweep();
}

Deadline TransactionLayer::deadline() const
{
    Deadline result;
    for (const auto &[id, transaction] : m_clients)
        result = earlier(result, deadlineOf(transaction));
    for (const auto &[id, transaction] : m_servers)
        result = earlier(result, deadlineOf(transaction));
    return result;
}

bool TransactionLayer::isWaiting() const
{
    return std::ranges::any_of(m_clients, [](const auto &entry) { return hasNoFinalResponse(entry.second); });
}

bool TransactionLayer::isWaiting(SessionId owner) const
{
    return std::ranges::any_of(
        m_clients, [&](const auto &entry) { return entry.second.owner == owner && hasNoFinalResponse(entry.second); });
}

void TransactionLayer::forget(SessionId owner)
{
    const auto isOwned = [&](const auto &entry) { return entry.second.owner == owner; };
    std::erase_if(m_clients, isOwned);
    std::erase_if(m_servers, isOwned);
    m_owned.erase(owner);
}

/// Forgets the transactions that are over.
void TransactionLayer::sweep()
{
    const auto isOver = [this](const auto &entry) {
        const bool over = stateOf(entry.second) == TransactionState::Terminated;
        if (over)
            disown(entry.second.owner);
        return over;
    };
    std::erase_if(m_clients, isOver);
    std::erase_if(m_servers, isOver);
}

void TransactionLayer::disown(SessionId owner)
{
    const auto it = m_owned.find(owner);
    if (--it->second == 0)
        m_owned.erase(it);
}

} // namespace sip
