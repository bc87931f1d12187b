// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/events.h"

#include <QHostAddress>
#include <QObject>

namespace sip {

class UserAgent;

/// One call as SIP sees it: an INVITE and the dialog it makes. Owned by its UserAgent; it emits ended() exactly once.
/// After that only traced() follows (the 200 of a BYE), and it deletes itself once the last transaction is over.
/// Lives on the UserAgent's thread.
///
/// Requests the state does not allow are ignored, so that a click that crosses the peer's BYE does no harm.
class Session : public QObject
{
    Q_OBJECT

public:
    SessionId id() const { return m_id; } ///< unique within the UserAgent
    bool isIncoming() const { return m_info.incoming; }
    const SessionInfo &info() const { return m_info; }
    QHostAddress remoteAddress() const;
    QHostAddress localAddress() const; ///< ours that faces the peer: the c= line of a description

    // An incoming call, until it is accepted or refused.
    void ring(); ///< 180
    /// A reliable provisional response (RFC 3262) with our answer; only where info().takesReliable. An offer in its
    /// PRACK comes by reinviteReceived(), else progressConfirmed() follows. What is wanted until then waits its turn.
    void progress(int status, const Body &answer);
    /// 200. Where the INVITE had no offer this is one, and acknowledged() brings its answer.
    void accept(const Body &answer);
    void reject(const Refusal &refusal); ///< status 0: 603

    /// Ends the call the way its state calls for: CANCEL, BYE (with a Reason when `why` has a status), or a refusal.
    void hangUp(const Refusal &why = {});

    /// Has to follow earlyAnswered(), for the dialog of that. `offer` may be empty.
    void prack(const std::string &dialog, const Body &offer);
    /// Ends the dialog of one who answered early, by BYE; others of a call that forks may still answer. Should he
    /// accept the call all the same, answered() follows.
    void endEarly(const std::string &dialog, const Refusal &why);

    /// Offers a change of an answered call. One at a time; a glare (491) is retried by itself (RFC 3261 section 14.1).
    void reinvite(const Body &offer);
    void update(const Body &offer); ///< the same by UPDATE, where the peer has that (RFC 3311)
    /// Forgets an offer that waits to be sent, after a glare or behind the peer's; one on its way is not called back.
    void withdrawReinvite();
    // An offer of the peer's, between reinviteReceived() and one of the last two. The peer may withdraw it before, and
    // make another.
    bool awaitsAnswer(OfferId offer) const;
    void answerReinvite(OfferId offer, const Body &answer);
    /// Status 0: 488. That of a PRACK refuses the whole call, and ended() follows (RFC 6337 section 2.3).
    void rejectReinvite(OfferId offer, const Refusal &refusal);

Q_SIGNALS:
    void ringing(int status); ///< a provisional response, 180 to 199
    /// A reliable provisional response brought an answer to our INVITE. In a call that forks each answerer has a dialog
    /// of his own, and the one whose 2xx comes is named by answered().
    void earlyAnswered(const std::string &dialog, const sip::Body &answer);
    void prackAnswered(const std::string &dialog, const sip::Body &answer); ///< to the offer in it; empty: refused
    void prackFailed(const std::string &dialog, const sip::Ending &why);    ///< the offer in it came to nothing
    void progressConfirmed(); ///< the PRACK of progress() came, without offer
    /// 2xx to our INVITE; the ACK is on its way. The answer may be that of earlyAnswered().
    void answered(const sip::Body &answer, const std::string &dialog);
    void acknowledged(const sip::Body &body); ///< the peer's ACK of our 2xx
    /// An offer by re-INVITE, UPDATE or PRACK; an empty one asks for ours in the 200.
    void reinviteReceived(const sip::Body &offer, sip::OfferId id);
    void reinviteAnswered(const sip::Body &answer);
    void reinviteFailed(const sip::Ending &why); ///< the call goes on unless ended() follows
    void traced(const sip::TraceEntry &entry);   ///< every message of this session, both ways
    void ended(const sip::Ending &ending);

private:
    friend class UserAgent;
    Session(UserAgent &userAgent, SessionId id, SessionInfo info);

    UserAgent &m_userAgent;
    SessionId m_id;
    SessionInfo m_info;
};

} // namespace sip
