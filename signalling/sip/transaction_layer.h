// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/message.h"
#include "sip/output.h"
#include "sip/transaction.h"
#include "sip/user_agent_config.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sip {

using TransactionId = std::uint32_t;

/// A request we sent.
struct ClientTransaction
{
    TransactionId id = 0;
    SessionId owner = 0;
    Request request;
    Flow flow;
    bool mayFallBack = false; ///< TCP was taken only for the size: UDP if it cannot be had
    std::string branch;       ///< of its Via
    std::string octets;
    std::variant<InviteClientTransaction, NonInviteClientTransaction> machine;
};

/// A request we received and answer.
struct ServerTransaction
{
    TransactionId id = 0;
    SessionId owner = 0;
    Request request; ///< without its body
    Via via;         ///< the topmost of the request
    Flow replyFlow;
    std::string octets;  ///< of the latest response
    std::string summary; ///< of that response
    Body body;           ///< of that response
    std::variant<InviteServerTransaction, NonInviteServerTransaction> machine;
};

/// What the transaction layer tells its user. No call may be made back into receive() or expire().
class TransactionUser
{
public:
    virtual ~TransactionUser() = default;
    virtual void responseReceived(const ClientTransaction &transaction, const Response &response, Time now) = 0;
    /// No response in time (408) or the transport failed (503).
    virtual void requestFailed(const ClientTransaction &transaction, const Fault &fault, Time now) = 0;
    virtual void ackReceived(SessionId owner, const Request &ack, Time now) = 0;
};

/// Matches messages to transactions (RFC 3261 section 17.1.3 and 17.2.3), drives their machines and sends for them.
class TransactionLayer
{
public:
    TransactionLayer(const UserAgentConfig &config, TransactionUser &user, Outputs &outputs);

    /// An open socket; `host` is empty when it takes any of our addresses.
    void addListening(Transport transport, const std::string &host, std::uint16_t port);
    bool listens(Transport transport) const;
    /// The port of the socket that has our address; 0: there is none.
    std::uint16_t listeningPort(Transport transport, const std::string &localHost) const;

    /// Sends a request, to which it adds Via.
    TransactionId request(Request request, const Flow &flow, SessionId owner, Time now);
    /// Sends the CANCEL of a request (section 9.1).
    void cancel(TransactionId id, Time now);
    /// Forgets a request whose responses are not worth waiting for.
    void abandon(TransactionId id);
    /// Sends a request that makes no transaction: the ACK of a 2xx. Gives what was sent, to send it again.
    std::string sendAck(Request ack, const Flow &flow, SessionId owner, Time now);
    void sendAckAgain(const std::string &ack, const Flow &flow, SessionId owner, Time now);

    /// Opens a transaction for a received request; nothing when there are too many, in all or of this owner.
    std::optional<TransactionId> open(const Request &request, const Flow &source, SessionId owner, Time now);
    void respond(TransactionId id, const Response &response, Time now);
    /// Sends a 2xx to an INVITE once more (section 13.3.1.4).
    void respondAgain(TransactionId id, Time now);
    const Request *requestOf(TransactionId id) const;

    void receive(const Response &response, Time now);
    /// False when the request belongs to no transaction and is new.
    bool receive(const Request &request, Time now);
    /// The INVITE that a CANCEL is for; nothing when there is none.
    const ServerTransaction *cancelledBy(const Request &cancel) const;
    /// Another copy of a request under way, that came by another path (section 8.2.2.2).
    bool isMerged(const Request &request) const;

    void transportFailed(const Flow &flow, const std::string &sentence, Time now);
    void expire(Time now);
    Deadline deadline() const;
    /// Some request of ours has no final response.
    bool isWaiting() const;
    bool isWaiting(SessionId owner) const;
    /// Lets all transactions of an owner go.
    void forget(SessionId owner);
    bool hasAnyOf(SessionId owner) const { return m_owned.contains(owner); }

    void send(const Flow &flow, std::string octets);
    void trace(SessionId owner, TraceEntry entry);
    void traceReceived(SessionId owner, const Request &request, bool retransmission, Time now);
    std::string makeToken() const; ///< 16 random characters, for a tag

private:
    struct LocalPoint
    {
        Transport transport;
        std::string host;
        std::uint16_t port;
    };
    using ClientMachine = decltype(ClientTransaction::machine);

    TransactionId start(Request request, const Flow &flow, SessionId owner, bool mayFallBack, Time now);
    ClientMachine makeMachine(const Request &request, const Flow &flow, Time now) const;
    void transmit(const ClientTransaction &transaction, bool retransmission, Time now);
    void fallBack(ClientTransaction &transaction, Time now);
    void acknowledge(const ClientTransaction &transaction, const Response &response, Time now);
    std::string sendStateless(const Request &request, const Flow &flow, SessionId owner, Time now);
    void sendResponse(const ServerTransaction &transaction, bool retransmission, Time now);
    void expireServer(ServerTransaction &transaction, Time now);
    std::string makeBranch() const;
    std::string viaFor(const Flow &flow, const std::string &branch) const;
    ClientTransaction *findClient(const Response &response);
    const ServerTransaction *findServer(const Request &request, std::string_view method) const;
    bool makeRoom(SessionId owner);
    void sweep();
    void disown(SessionId owner);

    const UserAgentConfig &m_config;
    TransactionUser &m_user;
    Outputs &m_outputs;
    std::vector<LocalPoint> m_listening;
    std::map<TransactionId, ClientTransaction> m_clients;
    std::map<TransactionId, ServerTransaction> m_servers;
    std::map<SessionId, int> m_owned; ///< how many transactions each owner has
    TransactionId m_nextId = 1;
};

} // namespace sip
