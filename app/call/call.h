// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/phone.h"
#include "sdp/audio.h"
#include "stream/stream.h"

#include <QPointer>

namespace mikey {
struct Method;
}

namespace call {

/// One call: a SIP session, a MIKEY exchange and a media stream, joined. Owned by its Phone; lives on its thread.
class Call : public QObject
{
    Q_OBJECT

public:
    Call(Phone &phone, int id, Direction direction);
    ~Call() override;

    /// Calls `target` and has MIKEY authenticate `identity`. Trouble ends the call with a reason.
    void dial(const sip::Uri &target, const std::string &identity, const mikey::Method &method);
    /// Takes an INVITE: checks its offer and rings, or refuses it.
    void take(sip::Session *session);

    void answer();
    void reject(int status);
    void hangUp();
    void setMuted(bool muted);

    const CallSnapshot &snapshot() const { return m_snapshot; }
    bool live() const { return m_snapshot.phase != Phase::Ended; }
    std::optional<std::uint32_t> csbId() const { return m_csbId; }
    void renewStatistics();

private:
    struct Judgement
    {
        QByteArray octets;
        std::optional<bool> accepted;
        std::optional<MikeyError> error;
        std::shared_ptr<const mikey::InspectedMessage> inspected;
    };

    // Outgoing
    void invite(const sip::Uri &target, const sip::Route &route);
    void takeAnswer(const sip::Body &body);
    mikey::Step receiveMikey(const std::vector<sdp::KeyManagement> &lines);
    mikey::Step receiveMikey(const QByteArray &octets);
    void takeRefusal(const sip::Body &body);
    // Incoming
    void consider();
    std::optional<sip::Refusal> takeOffer();
    std::optional<sip::Refusal> respond(const std::string &base64);
    void takeReinvite(const sip::Body &offer);
    // Both
    void follow(sip::Session *session);
    void trace(const sip::TraceEntry &entry);
    void judge(Judgement judgement);
    void showMethod(const mikey::Method &method);
    void describe(const mikey::Agreement &agreement);
    bool bindStream(const std::string &host);
    std::optional<QString> startMedia(const mikey::Agreement &agreement);
    void takeMediaEvent(media::StreamEvent event);
    sdp::LocalAudio localAudio(const std::string &host, const std::optional<mikey::Bytes> &message) const;
    void sessionEnded(const sip::Ending &ending);
    /// Ends the call over what MIKEY or SDP found wrong, and tells the peer.
    void abort(const sip::Refusal &refusal, const QString &reason, std::optional<MikeyError> error = {});
    void end(EndedBy by, int status, const QString &reason);
    void releaseStream();
    void publish();

    Phone &m_phone;
    CallSnapshot m_snapshot;
    std::int64_t m_begunUs;
    QPointer<sip::Session> m_session;
    const mikey::Method *m_method = nullptr;
    std::unique_ptr<mikey::Initiator> m_initiator;
    std::optional<std::uint32_t> m_csbId;
    std::optional<mikey::Agreement> m_agreed; ///< incoming: from the offer until the answer
    std::optional<mikey::Bytes> m_response;   ///< MIKEY message that goes with our answer
    std::vector<Judgement> m_judgements;      ///< of MIKEY messages, for when they appear in the trace
    sdp::Description m_offer;                 ///< ours or the peer's
    sdp::RemoteAudio m_remote;
    std::size_t m_line = 0;    ///< which of the bundle's media lines is our audio
    sip::Body m_offerInForce;  ///< the peer's, to know a re-INVITE that changes nothing
    sip::Body m_answerInForce; ///< ours to it
    std::uint64_t m_sdpSessionId;
    std::unique_ptr<media::Stream> m_stream;
};

} // namespace call
