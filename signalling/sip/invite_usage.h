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
    /// Also an early dialog's, where the request may stand in one.
    bool isDialogOf(const Request &request) const;
    bool isOver() const { return m_state == State::Over; } ///< the dialog is no more
    /// A PRACK for what our refusal of the call overtook.
    bool isOvertaken(const Request &prack) const;
    Deadline deadline() const;
    /// Our 2xx, or a BYE that has to wait for its ACK, still needs us.
    bool isWaitingForAck() const { return m_unacknowledged.has_value(); }

    // By the user.
    void ring(Time now);
    /// A reliable provisional response with our answer, which the caller has to take (SessionInfo::takesReliable).
    void progress(int status, const Body &answer, Time now);
    /// Acknowledges the reliable response of an early dialog, and may offer anew with that.
    void prack(const std::string &dialog, const Body &offer, Time now);
    /// Ends one early dialog of a call that forks, and leaves the others alone.
    void endEarly(const std::string &dialog, const Refusal &why, Time now);
    void accept(const Body &answer, Time now);
    void reject(const Refusal &refusal, Time now);
    void hangUp(const Refusal &why, Time now);
    void reinvite(const Body &offer, Time now);
    void update(const Body &offer, Time now); ///< the same by UPDATE, where the peer has that (RFC 3311)
    void withdrawReinvite();
    /// That offer of the peer's has no answer yet, and takes one. Its number is that of its transaction.
    bool awaitsAnswer(OfferId offer) const;
    void answerReinvite(OfferId offer, const Body &answer, Time now);
    void rejectReinvite(OfferId offer, const Refusal &refusal, Time now);

    // By the network.
    void responseReceived(const ClientTransaction &transaction, const Response &response, Time now);
    void requestFailed(const ClientTransaction &transaction, const Fault &fault, Time now);
    void connectionLost(std::uint64_t connection);
    void ackReceived(const Request &ack, Time now);
    void cancelReceived(TransactionId invite, Time now);
    void byeReceived(const Request &bye, Time now); ///< which is answered
    void reinviteReceived(TransactionId transaction, const Request &request, Time now);
    void prackReceived(TransactionId transaction, const Request &request, Time now);
    void updateReceived(TransactionId transaction, const Request &request, Time now);
    /// Keeps requests in their order; false for one that comes too late.
    bool acceptCSeq(const Request &request) { return dialogOf(request)->acceptCSeq(request.cseq().number); }
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

    /// Our reliable provisional response until its PRACK (RFC 3262 section 3).
    struct Unconfirmed
    {
        RAck rack; ///< what the PRACK has to say
        Duration interval{};
        Time retransmitAt;
        Time giveUpAt;
    };

    /// Somebody who has answered our INVITE with reliable provisional responses (RFC 3262 section 4).
    struct EarlyDialog
    {
        Dialog dialog;
        RAck rack;             ///< of the latest one
        Body answer;           ///< the first description in them; empty: there was none
        bool waits = false;    ///< for prack()
        bool offering = false; ///< our PRACK with an offer has no final response
        bool ended = false;    ///< by our BYE
    };

    InviteUsage(UsageContext context, SessionId id, const Flow &flow);

    Dialog *dialogOf(const Request &request);
    EarlyDialog *earlyDialog(std::string_view tag);
    Dialog answeredDialog(const ClientTransaction &transaction, const Response &response);
    void reliableResponse(const ClientTransaction &transaction, const Response &response, std::uint32_t rseq, Time now);
    void sendPrack(EarlyDialog &early, const Body &offer, Time now);
    void prackDone(const ClientTransaction &transaction, const std::optional<Ending> &failure, const Body &answer,
                   Time now);
    void sendReliably(int status, const Body &answer, Time now);
    void expireUnconfirmed(Time now);
    void goOn(Time now);
    std::optional<Response> checkOffer(const Request &request);
    void takeOffer(TransactionId transaction, const Request &request, Time now);
    void settleOffer(const Response &response, Time now);
    void respondToOffer(const Response &response, Time now);
    void refuseOffer(const Refusal &refusal, int usualStatus, Time now);
    void dropOffer(Time now);
    bool offeredByPrack() const;
    void change(const Body &offer, bool byUpdate, Time now);
    void updateResponse(const ClientTransaction &transaction, const Response &response, Time now);

    void initialResponse(const ClientTransaction &transaction, const Response &response, Time now);
    void provisionalResponse(const ClientTransaction &transaction, const Response &response, Time now);
    void ringsElsewhere(const Response &response);
    bool nobodyLeft() const;
    void accepted(const ClientTransaction &transaction, const Response &response, Time now);
    void endStray(const ClientTransaction &transaction, const Response &response, Time now);
    void reinviteResponse(const ClientTransaction &transaction, const Response &response, Time now);
    void reinviteRefused(const Response &response, Time now);
    std::optional<Response> checkReinvite(const Request &request) const;
    Response tooEarly(const Request &request) const;
    bool isOffering() const;
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
    Response refusalOf(TransactionId transaction, const Refusal &refusal, int usualStatus) const;
    void refuse(const Refusal &refusal, int usualStatus, Time now);
    void endProgress(Time now);
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
    bool m_othersRing = false;             ///< besides those with early dialogs
    bool m_cancelWanted = false;           ///< CANCEL as soon as that comes (section 9.1)
    std::vector<SentAck> m_acks;
    std::vector<EarlyDialog> m_early; ///< bounded

    std::optional<TransactionId> m_server; ///< the peer's INVITE or re-INVITE that we have not answered
    bool m_serverOffers = false;           ///< it had an offer
    bool m_expires = false;                ///< it holds for less than we would let it ring
    Deadline m_ringAgain;                  ///< when to repeat the 180
    bool m_reliableOnly = false;           ///< the caller requires provisional responses to be reliable
    bool m_answeredEarly = false;          ///< our answer stood in one
    std::uint32_t m_rseq = 0;              ///< of the latest one; 0: there was none
    std::optional<Unconfirmed> m_unconfirmed;
    std::optional<RAck> m_overtaken;        ///< of the one that our refusal overtook
    bool m_ringWanted = false;              ///< once what went before is confirmed
    std::optional<Body> m_heldAnswer;       ///< the same, of the 2xx
    std::optional<TransactionId> m_offered; ///< the peer's PRACK or UPDATE whose offer we have not answered
    Deadline m_offeredEnd;
    std::optional<Unacknowledged> m_unacknowledged;
    std::optional<Refusal> m_byeWanted; ///< BYE once the ACK came (section 15)

    Deadline m_waitEnd;                 ///< of a call that is not answered, or of a CANCEL without effect
    std::optional<Body> m_pendingOffer; ///< to be sent, or sent and not answered
    bool m_byUpdate = false;            ///< it goes in an UPDATE
    bool m_peerTakesUpdate = false;
    std::optional<TransactionId> m_updating; ///< our UPDATE that has no final response
    Deadline m_offerAt;                      ///< when to send it again after a glare
};

} // namespace sip
