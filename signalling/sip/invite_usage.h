// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/dialog.h"
#include "sip/transaction_layer.h"

#include <optional>
#include <string>
#include <vector>

namespace sip {

/// What the usages of one user agent share.
struct UsageContext
{
    const UserAgentConfig &config;
    TransactionLayer &transactions;
    Outputs &outputs;
};

/// One call: an INVITE, the dialog it makes, and what is sent in it until BYE (RFC 3261 sections 9, 13 to 15).
class InviteUsage
{
public:
    /// Sends the INVITE.
    static InviteUsage call(UsageContext context, SessionId id, const Uri &target, const Flow &flow, const Body &offer,
                            Time now);
    /// Takes an INVITE that opened the server transaction.
    static InviteUsage receive(UsageContext context, SessionId id, TransactionId transaction, const Request &invite,
                               const Flow &source, Time now);

    const SessionInfo &info() const { return m_info; }
    bool hasEnded() const { return m_ended; }
    const std::string &localTag() const { return m_localTag; }
    bool isDialogOf(const Request &request) const { return m_dialog && m_dialog->matchesRequest(request); }
    bool isOver() const { return m_state == State::Over; } ///< the dialog is no more
    Deadline deadline() const;
    /// Our 2xx, or a BYE that has to wait for its ACK, still needs us.
    bool isWaitingForAck() const { return m_unacknowledged.has_value(); }

    // By the user.
    void ring(Time now);
    void accept(const Body &answer, Time now);
    void reject(const Refusal &refusal, Time now);
    void hangUp(const Refusal &why, Time now);
    void reinvite(const Body &offer, Time now);
    void withdrawReinvite();
    void answerReinvite(const Body &answer, Time now);
    void rejectReinvite(const Refusal &refusal, Time now);

    // By the network.
    void responseReceived(const ClientTransaction &transaction, const Response &response, Time now);
    void requestFailed(const ClientTransaction &transaction, const Fault &fault, Time now);
    void connectionLost(std::uint64_t connection);
    void ackReceived(const Request &ack, Time now);
    void cancelReceived(TransactionId invite, Time now);
    void byeReceived(const Request &bye, Time now); ///< which is answered
    void reinviteReceived(TransactionId transaction, const Request &request, Time now);
    /// Keeps requests in their order; false for one that comes too late.
    bool acceptCSeq(const Request &request) { return m_dialog->acceptCSeq(request.cseq().number); }
    void expire(Time now);

private:
    enum class State {
        Calling,   ///< our INVITE has no final response
        Incoming,  ///< the peer's INVITE has none from us
        Accepted,  ///< our 2xx has no ACK
        Confirmed, ///< the call is up
        Over,      ///< no dialog any more
    };

    /// Our 2xx until its ACK (section 13.3.1.4).
    struct Unacknowledged
    {
        TransactionId transaction = 0;
        std::uint32_t cseq = 0;
        bool offers = false; ///< the 2xx holds the offer, so the ACK has to bring the answer
        Duration interval{};
        Time retransmitAt;
        Time giveUpAt;
    };

    /// An ACK we sent, for when the 2xx comes again (section 13.2.2.4).
    struct SentAck
    {
        std::string remoteTag;
        std::uint32_t cseq = 0;
        Flow flow;
        std::string octets;
    };

    InviteUsage(UsageContext context, SessionId id, const Flow &flow);

    void initialResponse(const ClientTransaction &transaction, const Response &response, Time now);
    void provisionalResponse(const Response &response, Time now);
    void accepted(const ClientTransaction &transaction, const Response &response, Time now);
    void endStray(const ClientTransaction &transaction, const Response &response, Time now);
    void reinviteResponse(const ClientTransaction &transaction, const Response &response, Time now);
    void reinviteRefused(const Response &response, Time now);
    std::optional<Response> checkReinvite(const Request &request) const;
    bool acknowledgeAgain(const Response &response, Time now);
    void acknowledge(const Dialog &dialog, const Response &response, Time now);

    void sendInvite(const Body &offer, Time now);
    void sendPendingOffer(Time now);
    void sendBye(const Refusal &why, Time now);
    void bye(Dialog &dialog, const Refusal &why, Time now);
    void cancel(Time now);
    void abandoned(Time now, Ending why);
    void settle(const ClientTransaction &transaction);
    void sendOk(const Body &answer, Time now);
    void refuse(const Refusal &refusal, int usualStatus, Time now);
    void expireUnacknowledged(Time now);
    void expireWait(Time now);
    void ringAgain(Time now);

    void describe(Message &message) const;
    std::string contact() const;
    bool isOnConnection(const Uri &uri, const Flow &flow) const;
    Flow flowTo(const Uri &uri) const;
    void end(Ending ending);
    void tell(Output event);

    UsageContext m_context;
    SessionId m_id;
    SessionInfo m_info;
    Flow m_flow; ///< of the INVITE
    State m_state = State::Calling;
    bool m_ended = false; ///< the user has been told, what follows is only for the peer
    std::optional<Dialog> m_dialog;
    std::string m_localTag;

    std::optional<TransactionId> m_client; ///< our INVITE or re-INVITE that has no final response
    bool m_provisional = false;            ///< it has a provisional one
    bool m_cancelWanted = false;           ///< CANCEL as soon as that comes (section 9.1)
    std::vector<SentAck> m_acks;

    std::optional<TransactionId> m_server; ///< the peer's INVITE or re-INVITE that we have not answered
    bool m_serverOffers = false;           ///< it had an offer
    bool m_expires = false;                ///< it holds for less than we would let it ring
    Deadline m_ringAgain;                  ///< when to repeat the 180
    std::optional<Unacknowledged> m_unacknowledged;
    std::optional<Refusal> m_byeWanted; ///< BYE once the ACK came (section 15)

    Deadline m_waitEnd;                 ///< of a call that is not answered, or of a CANCEL without effect
    std::optional<Body> m_pendingOffer; ///< to be sent, or sent and not answered
    Deadline m_offerAt;                 ///< when to send it again after a glare
};

} // namespace sip
