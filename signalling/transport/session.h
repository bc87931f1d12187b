// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/body.h"
#include "sip/timers.h"
#include "sip/uri.h"

#include <QHostAddress>
#include <QObject>
#include <QString>

#include <cstdint>
#include <memory>
#include <string>

namespace sip {

class UserAgent;

/// One message of a session as it went over the network.
struct TraceEntry
{
    bool sent = false;
    QString summary; ///< "INVITE", "180 Ringing"
    int bytes = 0;   ///< of the whole message
    bool retransmission = false;
    Time at;
    Body body;
};

/// How a session ended.
struct Ending
{
    enum class By { Local, Peer, Error };
    By by = By::Local;
    bool answered = false; ///< the call had been accepted with a 2xx
    int status = 0;        ///< the response, or the cause of the peer's Reason header; 0: none
    QString reason;        ///< a plain sentence
    QString phrase;        ///< the peer's own words: reason phrase, or text of its Reason header; untrusted
    QString warning;       ///< text of the peer's Warning; untrusted
    Body body;             ///< of the response that refused the call
};

/// One call as SIP sees it: an INVITE and the dialog it makes. Owned by its UserAgent; it emits ended() exactly once
/// and is deleted when control has returned to the event loop after that. Lives on the UserAgent's thread.
///
/// Requests the state does not allow are ignored, so that a click that crosses the peer's BYE does no harm.
class Session : public QObject
{
    Q_OBJECT

public:
    ~Session() override;

    std::uint32_t id() const { return m_id; } ///< unique within the UserAgent
    bool isIncoming() const { return m_incoming; }
    QString callId() const;
    Uri remoteIdentity() const;        ///< From of an incoming call, To of an outgoing one; untrusted
    QString remoteDisplayName() const; ///< untrusted text
    Uri requestUri() const;            ///< whom an incoming call asks for
    const Body &offer() const;         ///< body of the INVITE; empty when an incoming one had none
    QHostAddress remoteAddress() const;
    quint16 remotePort() const;
    QHostAddress localAddress() const; ///< ours that faces the peer: the c= line of a description

    // An incoming call, until it is accepted or refused.
    void ring(); ///< 180
    void accept(
        const Body &answer); ///< 200; to an INVITE without offer this is the offer, its answer comes by acknowledged()
    void reject(const Refusal &refusal);

    /// Ends the call the way its state calls for: CANCEL, BYE (with a Reason when `why` has a status), or a refusal.
    void hangUp(const Refusal &why = {});

    /// Offers a change of an answered call. One at a time; a glare (491) is retried by itself (RFC 3261 section 14.1).
    void reinvite(const Body &offer);
    // The peer's offer, between reinviteReceived() and one of these two.
    void answerReinvite(const Body &answer);
    void rejectReinvite(const Refusal &refusal);

Q_SIGNALS:
    void ringing(int status);                      ///< a provisional response, 180 to 199
    void answered(const sip::Body &answer);        ///< 2xx to our INVITE; the ACK is on its way
    void acknowledged(const sip::Body &body);      ///< the peer's ACK of our 2xx
    void reinviteReceived(const sip::Body &offer); ///< an empty offer asks for ours in the 200
    void reinviteAnswered(const sip::Body &answer);
    void reinviteFailed(int status, const QString &reason,
                        const sip::Body &body); ///< the call goes on unless ended() follows
    void traced(const sip::TraceEntry &entry);  ///< every message of this session, both ways
    void ended(const sip::Ending &ending);

private:
    friend class UserAgent;
    struct Facts;
    Session(UserAgent &userAgent, std::uint32_t id, std::unique_ptr<Facts> facts);

    UserAgent &m_userAgent;
    std::uint32_t m_id;
    bool m_incoming;
    std::unique_ptr<Facts> m_facts;
};

} // namespace sip
