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
    /// 200. Where the INVITE had no offer this is one, and acknowledged() brings its answer.
    void accept(const Body &answer);
    void reject(const Refusal &refusal); ///< status 0: 603

    /// Ends the call the way its state calls for: CANCEL, BYE (with a Reason when `why` has a status), or a refusal.
    void hangUp(const Refusal &why = {});

    /// Offers a change of an answered call. One at a time; a glare (491) is retried by itself (RFC 3261 section 14.1).
    void reinvite(const Body &offer);
    /// Forgets an offer that waits to be sent, after a glare or behind the peer's; one on its way is not called back.
    void withdrawReinvite();
    // The peer's offer, between reinviteReceived() and one of these two.
    void answerReinvite(const Body &answer);
    void rejectReinvite(const Refusal &refusal); ///< status 0: 488

Q_SIGNALS:
    void ringing(int status);                      ///< a provisional response, 180 to 199
    void answered(const sip::Body &answer);        ///< 2xx to our INVITE; the ACK is on its way
    void acknowledged(const sip::Body &body);      ///< the peer's ACK of our 2xx
    void reinviteReceived(const sip::Body &offer); ///< an empty offer asks for ours in the 200
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
