// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/invite_usage.h"
#include "sip/parser.h"
#include "sip/transaction_layer.h"

#include <map>
#include <optional>
#include <string>

namespace sip {

/// A SIP user agent without I/O: messages, failures and the time go in; takeOutputs() says what to send and what
/// happened. After any call the caller takes the outputs and looks at the deadline anew.
class UserAgentCore : private TransactionUser
{
public:
    explicit UserAgentCore(UserAgentConfig config);
    UserAgentCore(const UserAgentCore &) = delete;
    UserAgentCore &operator=(const UserAgentCore &) = delete;

    void setIdentity(const Uri &identity, const std::string &displayName);
    /// A socket is open: its port goes into Via and Contact. The host is empty when it takes any of our addresses.
    void addListening(Transport transport, const std::string &host, std::uint16_t port);

    // What the network brings.
    void receive(const Parsed &parsed, const Flow &source, Time now);
    /// What was sent on this flow did not arrive, the sentence says why: a connection that stood is no more, or, when
    /// its number is 0, there is no way to the flow's remote address.
    void transportFailed(const Flow &flow, const std::string &sentence, Time now);
    void expire(Time now);
    Deadline deadline() const;

    // What the user wants. A session that is no more is ignored.
    SessionId invite(const Uri &target, const Flow &flow, const Body &offer, Time now);
    void ring(SessionId session, Time now);
    void progress(SessionId session, int status, const Body &answer, Time now);
    void prack(SessionId session, const std::string &dialog, const Body &offer, Time now);
    void endEarly(SessionId session, const std::string &dialog, const Refusal &why, Time now);
    void accept(SessionId session, const Body &answer, Time now);
    void reject(SessionId session, const Refusal &refusal, Time now);
    void hangUp(SessionId session, const Refusal &why, Time now);
    void reinvite(SessionId session, const Body &offer, Time now);
    void update(SessionId session, const Body &offer, Time now);
    void withdrawReinvite(SessionId session);
    bool awaitsAnswer(SessionId session, OfferId offer) const;
    void answerReinvite(SessionId session, OfferId offer, const Body &answer, Time now);
    void rejectReinvite(SessionId session, OfferId offer, const Refusal &refusal, Time now);
    /// Hangs up all sessions, and refuses those that come from now on.
    void shutDown(Time now);

    /// Nothing is owed to any peer: each request of ours has its final response, each 2xx of ours its ACK, and so each
    /// CANCEL and BYE that had to wait is sent. What only waits for retransmissions is quiet.
    bool isQuiet() const;

    const SessionInfo *info(SessionId session) const; ///< null when it is no more
    Outputs takeOutputs();

private:
    void responseReceived(const ClientTransaction &transaction, const Response &response, Time now) override;
    void requestFailed(const ClientTransaction &transaction, const Fault &fault, Time now) override;
    void ackReceived(SessionId owner, const Request &ack, Time now) override;

    void requestReceived(Request request, const std::optional<Fault> &fault, const Flow &source, Time now);
    void newRequest(const Request &request, const Flow &source, Time now);
    void inviteReceived(const Request &request, const Flow &source, Time now);
    void dialogRequest(SessionId id, InviteUsage &usage, const Request &request, const Flow &source, Time now);
    void cancelReceived(const Request &request, const Flow &source, Time now);
    void ackOfDialog(const Request &request, Time now);

    static void dropOptionalBody(Request &request);
    std::optional<Response> findFault(const Request &request) const;
    std::optional<Response> findInviteFault(const Request &request) const;
    Response faultResponse(const Request &request, const Fault &fault) const;
    Response optionsResponse(const Request &request) const;
    /// Answers without keeping a transaction (section 8.2.7): again the same when the request comes again.
    /// Gives what was sent, to trace it.
    TraceEntry answer(const Request &request, const Flow &source, Response response);
    void answerTraced(SessionId id, const Request &request, const Flow &source, Response response, Time now);
    /// Answers a request of a session, with a transaction if there is room for one.
    void answerOf(SessionId id, const Request &request, const Flow &source, const Response &response, Time now);
    std::string statelessTag(const Request &request) const;

    InviteUsage *find(SessionId id);
    std::map<SessionId, InviteUsage>::iterator findDialog(const Request &request);
    std::optional<TransactionId> openSession(const Request &request, const Flow &source, SessionId id, Time now);
    bool dropRemnant();
    bool isFull() const;
    void notice(std::string sentence);
    void releaseEnded();

    UserAgentConfig m_config;
    Outputs m_outputs;
    TransactionLayer m_transactions;
    std::map<SessionId, InviteUsage> m_usages;
    SessionId m_nextSession = 1;
    bool m_shutDown = false;
    std::uint64_t m_tagSecret;
};

} // namespace sip
