// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/endpoint.h"
#include "call/kms_link.h"
#include "call/mikey_worker.h"
#include "call/snapshot.h"
#include "methods/exchange.h"
#include "transport/user_agent.h"

#include <QObject>
#include <QTimer>

#include <functional>
#include <memory>

namespace call {

class Call;

/// A telephone: the SIP user agent, whom it speaks for, and its calls. Commands go in, snapshots come out; the window,
/// headless mode and the demo are views of it. Lives on the Qt main thread; no call here blocks.
///
/// One call at a time: another one that comes in is told "busy".
class Phone : public QObject
{
    Q_OBJECT

public:
    enum class Answering { Manual, Auto };

    struct Config
    {
        QString displayName; ///< what we call ourselves; may be empty
        Answering answering = Answering::Manual;
        std::function<media::AudioEndpoints()> openAudio; ///< for each call; microphone and speaker both set
        AskKms askKms;                   ///< null: methods that need a key management service in a call fail
        int statisticsIntervalMs = 1000; ///< how often the media figures of a snapshot are renewed in a call
        bool offersReliable = true;      ///< false: our calls are set up as with peers that lack RFC 3262
        int patienceMs = 32000;          ///< how long a peer may take to go on with a key agreement in its middle
        int renewalSeconds = 900;        ///< how long the keys of a call serve before they are renewed; 0: no limit
    };

    /// `state` is what the account remembers between runs; see endpointState().
    Phone(mikey::Endpoint endpoint, mikey::EndpointState state, Config config, QObject *parent = nullptr);
    ~Phone() override; ///< ends the calls without waiting for the peer

    /// Opens a listening point; port 0 lets the system choose. A sentence says why it failed.
    std::optional<QString> listen(sip::Transport transport, const QHostAddress &address, quint16 port);

    struct DialResult
    {
        int call = 0;    ///< 0: refused before dialling
        QString trouble; ///< then a sentence says why
    };
    /// `to`: a SIP URI, or an address without scheme. `method`: empty chooses, and tries another one once if the peer
    /// cannot use it. `identity`: whom MIKEY has to authenticate if that is not the address dialled.
    DialResult dial(const QString &to, const QString &method = {}, const QString &identity = {});

    // About the call of that number; what its phase does not allow is ignored and answers false.
    bool answer(int call);
    bool reject(int call, int status = 0); ///< 0: 603 Decline
    bool hangup(int call);
    bool setMuted(int call, bool muted);
    bool renewKeys(int call); ///< agrees on new keys now, while the call goes on

    /// The methods for calling that peer, with what stands in the way of each. Arguments as for dial().
    std::vector<MethodChoice> methodsFor(const QString &to, const QString &identity = {}) const;

    /// Keys, certificates, whom to trust and what to accept from now on, and the service that is asked; of the same
    /// identity. Calls in progress keep their keys.
    void setCredentials(mikey::Endpoint endpoint, AskKms askKms);
    const mikey::Endpoint &endpoint() const { return m_endpoint; }

    void hangupAll();
    /// At the end of the program: ends the calls and takes no more. Then wait for quiet() unless isQuiet(), but not
    /// long.
    void shutDown();
    bool isQuiet() const; ///< the peers know of all that we did

    const PhoneSnapshot &snapshot() const { return m_snapshot; }
    const CallSnapshot *snapshotOf(int call) const; ///< null if there is none of that number
    bool hasLiveCalls() const;
    /// Waits for what MIKEY is at; for the end of the program.
    const mikey::EndpointState &endpointState();

Q_SIGNALS:
    void changed();               ///< something in snapshot(); at most once a turn of the event loop
    void callChanged(int call);   ///< at once, for each step of a call
    void mediaMeasured(int call); ///< after the media figures of an established call were renewed
    void callEnded(int call);     ///< its SIP session is over too; after callChanged()
    void keysRenewed(int call);   ///< the renewed keys are in force on both sides
    /// A peer nobody vouches for was met for the first time, and its call is up. Whoever keeps fingerprints adds it, so
    /// that another certificate is refused from now on.
    void certificateMet(const QString &identity, const QByteArray &fingerprint);
    void quiet();                         ///< isQuiet() has become true
    void notice(const QString &sentence); ///< for the log

private:
    friend class Call;

    std::vector<std::uint32_t> csbsInUse() const;
    Call *callOf(int id) const;
    Call *liveCall() const;
    void takeIncoming(sip::Session *session);
    Call *addCall(std::unique_ptr<Call> call);
    void publish(int call);
    void renewStatistics();
    void forgetOldCalls();
    void describeMethods();
    void meet(const Call &call); ///< whose keys stand: a certificate met for the first time is the only one from now on
    static std::string peerOf(const QString &to, const QString &identity);

    // What MIKEY works with on its thread. Here they are read, and changed only after MikeyWorker::drain().
    mikey::Endpoint m_endpoint;
    mikey::EndpointState m_state;
    mikey::SystemRandom m_random;
    const mikey::Context m_mikey{m_endpoint, m_state, m_random};
    Config m_config;
    std::unique_ptr<sip::UserAgent> m_userAgent;
    std::vector<std::unique_ptr<Call>> m_calls;
    int m_lastCallId = 0;
    PhoneSnapshot m_snapshot;
    QTimer m_changedTimer;
    QTimer m_statisticsTimer;
    MikeyWorker m_worker; ///< the first to go
};

} // namespace call
