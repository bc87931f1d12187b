// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/media_keys.h"
#include "call/phone.h"
#include "call/turns.h"
#include "methods/csb.h"
#include "sdp/audio.h"
#include "stream/stream.h"

#include <QPointer>
#include <QTimer>

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

    /// Calls `target` and has MIKEY authenticate `identity`. With several methods the first is tried, and the next one
    /// once if the peer cannot use it. Trouble ends the call with a reason.
    void dial(const sip::Uri &target, const std::string &identity, std::vector<const mikey::Method *> methods);
    /// Takes an INVITE: checks its offer and rings, or refuses it.
    void take(sip::Session *session);

    void answer();
    void reject(int status);
    void hangUp();
    void setMuted(bool muted);
    /// Offers new keys in a re-INVITE, unless that is under way already. False: not now.
    bool renewKeys();

    const CallSnapshot &snapshot() const { return m_snapshot; }
    bool live() const { return m_snapshot.phase != Phase::Ended; }
    /// Of the bundle in force, or of the one that came with an incoming call and waits for the answer.
    std::optional<std::uint32_t> csbId() const;
    void renewStatistics();

private:
    struct Judgement
    {
        QByteArray octets;
        std::optional<bool> accepted;
        std::optional<MikeyError> error;
        std::shared_ptr<const mikey::InspectedMessage> inspected;
    };

    /// Somebody who answered before the call is answered; several do where it forks.
    struct EarlyAnswer
    {
        sdp::RemoteAudio audio;
        sdp::Description offer;             ///< ours in the PRACK
        std::optional<mikey::Step> outcome; ///< keys or an error; nothing: the exchange goes on
        bool accepted = false;              ///< he has answered the call
    };

    /// A change that the peer wants. Its number goes with the answer, which may be late.
    struct PeerOffer
    {
        sip::OfferId id;
        sip::Body body;
    };

    /// Of an incoming call whose caller has a second MIKEY message to send before it rings (decision D-16).
    enum class Progress { None, Waiting, Done };

    using TakeStep = std::function<void(mikey::Step)>;
    using TakeRefusal = std::function<void(std::optional<sip::Refusal>)>; ///< nothing: all is well
    using Fetched = std::map<std::string, mikey::Bytes>; ///< certificates by the URL of their CERT payload

    // Outgoing
    void attempt(const mikey::Method &method, std::vector<const mikey::SrtpSuite *> suites);
    void invite(const sip::Route &route);
    void inviteOnce();
    void considerAnswer(const sip::Body &body, const Fetched &fetched);
    void receiveMikey(const std::vector<sdp::KeyManagement> &lines, const Fetched &fetched, TakeStep then);
    mikey::Step acceptedInSilence();
    mikey::Step receiveError(const QByteArray &octets);
    void showReceived(const QByteArray &octets, const QByteArray &asked, const mikey::Step &step);
    void takeAnswer(mikey::Step step);
    std::optional<mikey::Error> refusalIn(const sip::Body &body);
    bool tryAgain(const mikey::Error &error);
    // Outgoing, where the answer comes before the call is answered (RFC 3262)
    void considerEarly(const std::string &dialog, const sip::Body &body, const Fetched &fetched);
    void takePrackAnswer(const std::string &dialog, const sip::Body &body, const Fetched &fetched);
    void prackFailed(const std::string &dialog, const sip::Ending &why);
    void takeEarlyStep(const std::string &dialog, mikey::Step step);
    void takeEarly(const std::string &dialog);
    void showEarly(const mikey::Agreement &agreement);
    void forgetEarly();
    void forgetShown();
    std::optional<mikey::Error> earlyError();
    // Incoming
    void answerEarly();
    std::optional<QString> faultOfEarly(const mikey::Agreement &agreement);
    void progressDone();
    void consider(const Fetched &fetched);
    void takeOffer(const Fetched &fetched, TakeRefusal then);
    void respond(const std::string &base64, const Fetched &fetched, TakeRefusal then);
    std::optional<sip::Refusal> takeResponse(const QByteArray &octets, mikey::Step step);
    void respondTo(const QByteArray &octets, const std::string &peer, const std::vector<sdp::KeyManagement> &lines,
                   const Fetched &fetched, TakeStep then);
    // Renewal of keys
    std::chrono::milliseconds renewalInterval() const;
    void planRenewal();
    void planAnother();
    void startRenewalTimer(std::chrono::milliseconds interval);
    void forgetTicket();
    static QString foreignMedia();
    sip::Body renewalOffer();
    void beginRenewal(const Turns::Token &turn);
    void takeReinvite(const PeerOffer &offer, const Fetched &fetched, const Turns::Token &turn);
    void takeRenewal(const PeerOffer &peers, const Fetched &fetched, TakeRefusal then);
    std::optional<sip::Refusal> takeRenewed(const PeerOffer &peers, const sdp::Description &offer,
                                            const sdp::RemoteAudio &audio, const QByteArray &octets, mikey::Step step);
    std::optional<QString> acceptNew(const mikey::Agreement &agreement);
    void offerNext();
    std::optional<QString> faultOfRenewal(const mikey::Agreement &agreement) const;
    std::optional<QString> acceptRenewed(const mikey::Agreement &agreement);
    void takeRenewalAnswer(const sip::Body &body, const Fetched &fetched, const Turns::Token &turn);
    void takeRenewalStep(const mikey::Step &step);
    void renewalFailed(const sip::Ending &why);
    void switchWhenPeerCan();
    void switchNow();
    void sendWithRenewed(const mikey::Agreement &agreement);
    // Key management services
    void consultKms(std::shared_ptr<mikey::KmsUser> user, mikey::Step step, TakeStep then);
    void showKmsMessage(const mikey::Bytes &message, bool sent);
    void judgeKmsMessage(const mikey::Bytes &message, const mikey::Step &step);
    // Both
    /// Calls `then` with the certificates that the MIKEY message in the body names by URL; at once where there are
    /// none, or the user does not want them fetched.
    void withCertificates(const sip::Body &body, std::function<void(const Fetched &)> then);
    void refused(const mikey::Error &error, const QByteArray &octets);
    void awaitMore();
    void waitedEnough();
    void warn(const QString &sentence);
    void follow(sip::Session *session);
    void trace(const sip::TraceEntry &entry);
    /// What was begun for an attempt to call must not come to the next one.
    bool isUnderWay(int attempt) const { return live() && attempt == m_attempt; }
    /// Runs `work` on MIKEY's thread and `then` with its result here, if the attempt is still under way. What `work`
    /// uses beyond Phone::m_mikey has to be its own.
    template <class Work, class Then>
    void inBackground(Work work, Then then)
    {
        m_phone.m_worker.run(this, std::move(work),
                             [this, attempt = m_attempt, then = std::move(then)](auto result, double ms) {
                                 m_snapshot.mikeyMs += ms;
                                 if (isUnderWay(attempt))
                                     then(std::move(result));
                             });
    }
    void judge(Judgement judgement);
    void addStep(ExchangeStep step);
    void established();
    void showOffered();
    void showTaken(const QByteArray &octets, const mikey::Step &step);
    void showMethod(const mikey::Method &method);
    void describe(const mikey::Agreement &agreement);
    bool bindStream(const std::string &host);
    std::optional<QString> startMedia(const mikey::Agreement &agreement);
    void takeMediaEvent(media::StreamEvent event);
    sdp::LocalAudio localAudio(const std::string &host, const std::optional<mikey::Bytes> &message) const;
    media::WeakPolicy weakPolicy(const LineKeys &keys) const;
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
    sip::Uri m_target;
    std::string m_identity;                         ///< whom MIKEY has to authenticate
    std::vector<const mikey::Method *> m_fallbacks; ///< to be tried, one of them
    bool m_suitesRetried = false;
    int m_attempt = 0;                             ///< the number of the INVITE that counts
    std::shared_ptr<mikey::Initiator> m_initiator; ///< of the call, later of a renewal
    bool m_ticketForgotten = false;
    std::optional<Security::Level> m_levelOnceConfirmed; ///< by media, that stands until then as pending
    QByteArray m_keysInForce;                            ///< tells whether an update brings others
    std::shared_ptr<mikey::Csb> m_csb;                   ///< the bundle that stands
    std::optional<mikey::Agreement> m_renewed;           ///< answered, but the ACK has not come
    sdp::Description m_renewalOffer;
    QTimer m_renewalTimer;
    QTimer m_patience;    ///< with a peer who has to go on with the key agreement
    QTimer m_switchTimer; ///< runs between the ACK of a renewal and the switch to its keys
    std::int64_t m_acknowledgedAtUs = 0;
    std::map<std::string, EarlyAnswer> m_early; ///< by the dialog's tag
    Progress m_progress = Progress::None;
    bool m_answerWanted = false;              ///< by the user, once that is done
    std::optional<mikey::Agreement> m_agreed; ///< incoming: from the offer until the answer
    std::optional<mikey::Bytes> m_response;   ///< MIKEY message that goes with our answer
    std::vector<Judgement> m_judgements;      ///< of MIKEY messages, for when they appear in the trace
    sdp::Description m_offer;                 ///< ours or the peer's
    sdp::RemoteAudio m_remote;
    std::size_t m_line = 0;    ///< which of the bundle's media lines is our audio
    sip::Body m_offerInForce;  ///< the peer's, to know a re-INVITE that changes nothing
    sip::Body m_answerInForce; ///< ours to it
    std::uint64_t m_sdpSessionId;
    std::uint64_t m_sdpVersion = 0;
    int m_receivePayloadType = 0; ///< of Opus, as we announced it
    std::unique_ptr<media::Stream> m_stream;
    Turns m_turns; ///< of what changes the keys of a call that stands
};

} // namespace call
