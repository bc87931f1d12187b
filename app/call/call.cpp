// SPDX-License-Identifier: Apache-2.0
#include "call/call.h"

#include "account/certificate_fetch.h"
#include "call/clock.h"
#include "call/sdp_body.h"
#include "call/words.h"
#include "methods/certificates.h"
#include "methods/method.h"
#include "methods/ticket.h"
#include "wire/inspector.h"

#include <QRandomGenerator>
#include <QThreadPool>

namespace call {

namespace {

/// So many packets that do not authenticate, and none that does, are no accident of the network.
constexpr std::uint64_t tellingFailures = 10;
constexpr std::size_t mostSteps = 500; ///< of the exchange kept to be shown; a peer may send re-INVITEs for ever

/// An ending that keys which came to nothing may have brought about: our BYE of an early dialog has a 487 follow.
bool isOfKeys(const sip::Ending &ending)
{
    constexpr int terminated = 487, notAcceptableHere = 488, notAcceptableAnywhere = 606;
    return ending.status == terminated || ending.status == notAcceptableHere || ending.status == notAcceptableAnywhere;
}

/// Stopping a stream joins a thread and may wait for a sound device, so the window does not wait for it.
void stopElsewhere(std::unique_ptr<media::Stream> stream)
{
    std::shared_ptr<media::Stream> shared = std::move(stream);
    QThreadPool::globalInstance()->start([shared] { shared->stop(); });
}

} // namespace

Call::Call(Phone &phone, int id, Direction direction)
    : m_phone(phone), m_begunUs(monotonicUs()), m_sdpSessionId(QRandomGenerator::system()->generate() >> 1)
{
    m_snapshot.id = id;
    m_snapshot.direction = direction;
    m_snapshot.phase = direction == Direction::Outgoing ? Phase::Calling : Phase::Incoming;
    m_snapshot.begunAt = QDateTime::currentDateTimeUtc();
    m_renewalTimer.setSingleShot(true);
    constexpr int lookEveryMs = 10;
    m_switchTimer.setInterval(lookEveryMs);
    connect(&m_switchTimer, &QTimer::timeout, this, &Call::switchWhenPeerCan);
    connect(&m_renewalTimer, &QTimer::timeout, this, &Call::renewKeys);
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, &Call::waitedEnough);
}

Call::~Call()
{
    releaseStream();
}

void Call::follow(sip::Session *session)
{
    m_session = session;
    connect(session, &sip::Session::ringing, this, [this](int status) {
        constexpr int rings = 180; // the others tell of anything else (RFC 3261 21.1)
        if (status == rings && m_snapshot.phase == Phase::Calling) {
            m_snapshot.phase = Phase::Ringing;
            publish();
        }
    });
    connect(session, &sip::Session::earlyAnswered, this, [this](const std::string &dialog, const sip::Body &body) {
        withCertificates(body, [this, dialog, body](const Fetched &fetched) { considerEarly(dialog, body, fetched); });
    });
    connect(session, &sip::Session::prackAnswered, this, [this](const std::string &dialog, const sip::Body &body) {
        withCertificates(body,
                         [this, dialog, body](const Fetched &fetched) { takePrackAnswer(dialog, body, fetched); });
    });
    connect(session, &sip::Session::prackFailed, this, &Call::prackFailed);
    connect(session, &sip::Session::progressConfirmed, this, &Call::progressDone);
    connect(session, &sip::Session::answered, this, [this](const sip::Body &body, const std::string &dialog) {
        if (const auto early = m_early.find(dialog); early != m_early.end()) {
            early->second.accepted = true;
            return takeEarly(dialog);
        }
        forgetEarly();
        withCertificates(body, [this, body](const Fetched &fetched) { considerAnswer(body, fetched); });
    });
    connect(session, &sip::Session::acknowledged, this, [this] {
        if (m_snapshot.phase == Phase::Connecting && m_csb) {
            established();
        } else if (m_snapshot.phase == Phase::Connecting) { // the second message will come by re-INVITE
            awaitMore();
        } else if (m_renewed) { // the other side has the answer now
            m_acknowledgedAtUs = monotonicUs();
            m_switchTimer.start();
        }
    });
    connect(session, &sip::Session::reinviteReceived, this, [this](const sip::Body &body, sip::OfferId id) {
        m_turns.take([this, offer = PeerOffer{id, body}](const Turns::Token &turn) {
            if (!m_session || !m_session->awaitsAnswer(offer.id))
                return; // it was withdrawn while it waited for its turn
            withCertificates(offer.body,
                             [this, offer, turn](const Fetched &fetched) { takeReinvite(offer, fetched, turn); });
        });
    });
    connect(session, &sip::Session::reinviteAnswered, this, [this](const sip::Body &body) {
        m_turns.take([this, body](const Turns::Token &turn) {
            withCertificates(body,
                             [this, body, turn](const Fetched &fetched) { takeRenewalAnswer(body, fetched, turn); });
        });
    });
    connect(session, &sip::Session::reinviteFailed, this, &Call::renewalFailed);
    connect(session, &sip::Session::traced, this, &Call::trace);
    connect(session, &sip::Session::ended, this, &Call::sessionEnded);
}

void Call::withCertificates(const sip::Body &body, std::function<void(const Fetched &)> then)
{
    QStringList urls;
    if (const auto octets = mikeyOctets(body); octets && m_phone.m_endpoint.x509.fetchUrls) {
        for (const auto &url : mikey::certificateUrls(viewOf(*octets)))
            urls += toQt(url);
    }
    if (urls.isEmpty())
        return then({});
    account::fetchCertificates(urls, this, [this, attempt = m_attempt, then = std::move(then)](const Fetched &fetched) {
        if (isUnderWay(attempt) && m_session)
            then(fetched);
    });
}

/// Keys that take two round trips need a peer who does not stop in the middle. One who sends the same again and again
/// gets no more time.
void Call::awaitMore()
{
    if (!m_patience.isActive())
        m_patience.start(m_phone.m_config.patienceMs);
}

void Call::waitedEnough()
{
    constexpr int requestTimeout = 408;
    if (live() && !m_csb)
        abort({requestTimeout, {}, {}, 0, {}},
              tr("The other side began to agree on keys and did not go on with that."));
}

/// What a person is told of a message that MIKEY refused.
void Call::refused(const mikey::Error &error, const QByteArray &octets)
{
    const auto shown = toMikeyError(error);
    m_snapshot.mikeyError = shown;
    m_snapshot.advice = adviceFor(shown);
    m_snapshot.security.level = Security::Level::Refused;
    if (error.number == mikey::ErrorNumber::InvalidCert)
        m_snapshot.security.certificateFingerprint = shownFingerprint(viewOf(octets));
}

void Call::addStep(ExchangeStep step)
{
    if (m_snapshot.exchange.size() >= mostSteps)
        return;
    m_snapshot.exchange.push_back(std::move(step));
    publish();
}

void Call::trace(const sip::TraceEntry &entry)
{
    ExchangeStep step;
    step.atUs = monotonicUs() - m_begunUs;
    step.sent = entry.sent;
    step.sip = toQt(entry.summary);
    step.sipBytes = static_cast<int>(entry.octets);
    step.retransmission = entry.retransmission;
    if (const auto mikey = mikeyOctets(entry.body)) {
        step.mikeyOctets = *mikey;
        step.inspected = std::make_shared<mikey::InspectedMessage>(mikey::inspect(viewOf(*mikey)));
        step.mikey = toQt(step.inspected->message);
        for (const auto &judgement : m_judgements) {
            if (judgement.octets == step.mikeyOctets) {
                step.accepted = judgement.accepted;
                step.error = judgement.error;
                step.inspected = judgement.inspected ? judgement.inspected : step.inspected;
            }
        }
    }
    addStep(std::move(step));
}

std::optional<std::uint32_t> Call::csbId() const
{
    if (m_csb)
        return m_csb->csbId;
    return m_agreed ? std::optional(m_agreed->csbId) : std::nullopt;
}

void Call::judge(Judgement judgement)
{
    for (auto &step : m_snapshot.exchange) {
        if (step.mikeyOctets.isEmpty() || step.mikeyOctets != judgement.octets)
            continue;
        step.accepted = judgement.accepted;
        step.error = judgement.error;
        if (judgement.inspected)
            step.inspected = judgement.inspected;
    }
    std::erase_if(m_judgements, [&](const Judgement &earlier) { return earlier.octets == judgement.octets; });
    if (m_judgements.size() >= mostSteps)
        m_judgements.erase(m_judgements.begin());
    m_judgements.push_back(std::move(judgement));
}

/// Tells the user once; a peer can give cause for ever.
void Call::warn(const QString &sentence)
{
    constexpr qsizetype mostWarnings = 20;
    auto &warnings = m_snapshot.security.warnings;
    if (!warnings.contains(sentence) && warnings.size() < mostWarnings)
        warnings += sentence;
}

void Call::showMethod(const mikey::Method &method)
{
    m_snapshot.security.method = toQt(method.name);
    m_snapshot.security.methodTitle = toQt(method.title);
    m_snapshot.security.forwardSecrecy = method.forwardSecrecy;
    m_snapshot.security.methodCaution = toQt(method.caution);
}

void Call::describe(const mikey::Agreement &agreement)
{
    const bool weInitiated = m_snapshot.direction == Direction::Outgoing;
    const auto *method = mikey::method(agreement.method);
    auto &security = m_snapshot.security;
    showMethod(*method);
    m_snapshot.peer = toQt(weInitiated ? agreement.responder : agreement.initiator);
    if (agreement.authenticated) {
        security.verifiedPeer = m_snapshot.peer;
        security.verifiedBy = proofInWords(agreement, toQt(method->verifiedBy));
    }
    if (const auto &certificate = agreement.peerCertificate) {
        security.verifiedUntil = QDateTime::fromMSecsSinceEpoch(certificate->notAfter().unixMilliseconds(), Qt::UTC);
        security.certificateFingerprint =
            QString::fromLatin1(toQt(mikey::ByteView(certificate->fingerprint())).toHex());
    }
    if (agreement.provenBy == mikey::ProvenBy::FirstUse)
        warn(tr("Nobody vouches for the certificate of %1, which was never seen here before. Compare "
                "its fingerprint by another way; from now on only this one is taken.")
                 .arg(m_snapshot.peer));
    for (const auto &weakness : agreement.weaknesses)
        warn(sentence(toQt(weakness)));
    security.agreedAt = QDateTime::currentDateTimeUtc();
    security.level = !agreement.authenticated       ? Security::Level::Unverified
                     : agreement.weaknesses.empty() ? Security::Level::Verified
                                                    : Security::Level::Weak;
    if (agreement.confirmedByMedia && agreement.authenticated) { // rule S-3
        m_levelOnceConfirmed = security.level;
        security.level = Security::Level::Pending;
    }
    if (!agreement.sessions.empty())
        security.suite = toQt(agreement.sessions.front().suite->name);
    m_snapshot.keys = keyRows(agreement, 0);
}

bool Call::bindStream(const std::string &host)
{
    auto stream = media::Stream::bind(host);
    if (!stream)
        return false;
    m_stream = std::move(*stream);
    m_stream->setMuted(m_snapshot.muted);
    return true;
}

sdp::LocalAudio Call::localAudio(const std::string &host, const std::optional<mikey::Bytes> &message) const
{
    sdp::LocalAudio local;
    local.address = host;
    local.port = m_stream ? m_stream->rtpPort() : 0;
    local.rtcpPort = m_stream ? m_stream->rtcpPort() : 0;
    local.sessionId = m_sdpSessionId;
    local.version = m_sdpVersion;
    if (m_receivePayloadType)
        local.payloadType = m_receivePayloadType;
    if (message)
        local.keyManagement.push_back(mikeyLine(*message));
    local.keyManagementAtSession = m_remote.keyManagementAtSession; // an answer at the level of the offer
    return local;
}

std::optional<QString> Call::startMedia(const mikey::Agreement &agreement)
{
    const bool weOffered = m_snapshot.direction == Direction::Outgoing;
    const auto keys = keysOfLine(agreement, m_line);
    if (!keys.bothWays())
        return tr("the key agreement covers one direction of the speech only");
    const auto remote = rtpAddresses(m_remote);
    if (!remote)
        return tr("the other side's description names no usable address for speech");
    media::StreamConfig config;
    config.remoteRtp = remote->rtp;
    config.remoteRtcp = remote->rtcp;
    config.sendPayloadType = static_cast<std::uint8_t>(m_remote.payloadType);
    // RFC 3264 6.1: both sides send with the number the other one wrote; what we wrote stands in our description.
    config.receivePayloadType =
        static_cast<std::uint8_t>(weOffered ? sdp::LocalAudio().payloadType : m_remote.payloadType);
    config.sendsSound =
        m_remote.direction == sdp::Direction::SendReceive || m_remote.direction == sdp::Direction::ReceiveOnly;
    config.peerUsesFec = toQt(m_remote.formatParameters).contains(QLatin1String("useinbandfec=1"));
    m_receivePayloadType = config.receivePayloadType;
    config.sendKeys = toSrtpKeys(keys.send);
    auto ssrc = config.sendKeys.front().ssrc;
    while (ssrc == 0) // without a response nobody told it; the sender chooses (RFC 3830 6.1.1)
        ssrc = QRandomGenerator::system()->generate();
    for (auto &key : config.sendKeys)
        key.ssrc = ssrc;
    config.receiveKeys = toSrtpKeys(keys.receive);
    config.weak = weakPolicy(keys);
    config.audio = m_phone.m_config.openAudio();
    // The media thread may tell of something after this call is gone; the relay outlives both.
    const std::shared_ptr<QObject> relay(new QObject, [](QObject *object) { object->deleteLater(); });
    config.onEvent = [relay, guard = QPointer<Call>(this)](media::StreamEvent event) {
        QMetaObject::invokeMethod(
            relay.get(),
            [guard, event] {
                if (guard)
                    guard->takeMediaEvent(event);
            },
            Qt::QueuedConnection);
    };
    if (const auto error = m_stream->start(std::move(config)))
        return toQt(error->sentence);
    m_csb = agreement.csb;
    m_keysInForce = keyMark(keys);
    planRenewal();
    m_snapshot.establishedAt = QDateTime::currentDateTimeUtc();
    m_snapshot.setupMs = static_cast<double>(monotonicUs() - m_begunUs) / 1000;
    return std::nullopt;
}

/// The keys are in force on both sides.
void Call::established()
{
    m_patience.stop();
    m_snapshot.phase = Phase::Established;
    m_phone.meet(*this);
    publish();
}

/// keymgmt has refused weak suites already unless the user allows them.
media::WeakPolicy Call::weakPolicy(const LineKeys &keys) const
{
    return keys.send.front()->suite->weak ? media::WeakPolicy::Allow : media::WeakPolicy::Refuse;
}

void Call::takeMediaEvent(media::StreamEvent event)
{
    if (!live())
        return;
    switch (event) {
    case media::StreamEvent::FirstPacket: {
        ExchangeStep step;
        step.atUs = monotonicUs() - m_begunUs;
        step.sip = QStringLiteral("SRTP");
        addStep(std::move(step));
        break;
    }
    case media::StreamEvent::SendKeyExpired:
        abort({}, tr("The keys of this call have reached the end of their validity."));
        break;
    case media::StreamEvent::RekeyDue:
        renewKeys();
        break;
    case media::StreamEvent::AudioTrouble:
        renewStatistics();
        break;
    case media::StreamEvent::PeerLeft:
        break; // its BYE in SIP tells the same with a reason
    }
}

void Call::renewStatistics()
{
    if (!m_stream || m_snapshot.phase == Phase::Ended)
        return;
    const auto now = m_stream->statistics();
    auto &shown = m_snapshot.media;
    shown.sent = now.sent;
    shown.received = now.received;
    shown.lost = now.lost;
    shown.recovered = now.recovered;
    shown.authFailures = now.authFailures;
    shown.replayed = now.replayed;
    shown.jitterMs = now.jitterMs;
    shown.bufferMs = now.bufferMs;
    shown.rttMs = now.rttMs;
    shown.levelInDb = now.levelInDb;
    shown.levelOutDb = now.levelOutDb;
    shown.audioTrouble = toQt(now.audioTrouble);
    if (m_levelOnceConfirmed && now.received > 0) // rule S-3: a packet under the keys is all that confirms them
        m_snapshot.security.level = *std::exchange(m_levelOnceConfirmed, std::nullopt);
    if (now.received == 0 && now.authFailures >= tellingFailures)
        forgetTicket();
    if (m_ticketForgotten && now.received > 0) // the failures were a stranger's
        m_snapshot.security.warnings.removeAll(foreignMedia());
    showKeys(m_snapshot.keys, now);
    publish();
}

QString Call::foreignMedia()
{
    return tr("What the other side sends is not protected with the keys of this call. The key management service will "
              "be asked again before its ticket is taken once more.");
}

/// Rule S-4: nothing of the other side authenticates. If the ticket of the call was not resolved for it, it will be
/// when it comes again.
void Call::forgetTicket()
{
    if (!m_csb || m_csb->ticket.remembered.empty() || std::exchange(m_ticketForgotten, true))
        return;
    inBackground(
        [context = m_phone.m_mikey, csb = m_csb] {
            mikey::ticket::forgetResolved(context.state, *csb);
            return true;
        },
        [this](bool) {
            warn(foreignMedia());
            publish();
        });
}

void Call::setMuted(bool muted)
{
    m_snapshot.muted = muted;
    if (m_stream)
        m_stream->setMuted(muted);
    publish();
}

void Call::hangUp()
{
    if (m_session)
        m_session->hangUp();
    end(EndedBy::Local, 0, tr("You ended the call."));
}

void Call::abort(const sip::Refusal &refusal, const QString &reason, std::optional<MikeyError> error)
{
    if (error) {
        m_snapshot.mikeyError = error;
        m_snapshot.advice = adviceFor(*error);
        if (!m_snapshot.establishedAt.isValid()) // else there were keys, and speech under them
            m_snapshot.security.level = Security::Level::Refused;
    }
    if (m_session)
        m_session->hangUp(refusal);
    end(EndedBy::Error, refusal.status, reason);
}

void Call::sessionEnded(const sip::Ending &ending)
{
    if (live()) {
        const bool outgoing = m_snapshot.direction == Direction::Outgoing;
        if (!ending.answered && outgoing && ending.by != sip::Ending::By::Local) {
            auto error = refusalIn(ending.body);
            if (!error && isOfKeys(ending)) // a user who declined is not called again for another fork's keys
                error = earlyError();
            if (error && tryAgain(*error))
                return;
        }
        if (!m_snapshot.mikeyError && !m_snapshot.establishedAt.isValid())
            m_snapshot.security.level = Security::Level::Pending; // keys that were agreed early are not at fault
        const auto by = ending.by == sip::Ending::By::Local  ? EndedBy::Local
                        : ending.by == sip::Ending::By::Peer ? EndedBy::Peer
                                                             : EndedBy::Error;
        end(m_snapshot.mikeyError ? EndedBy::Error : by, ending.status, toQt(ending.reason));
    }
    m_session = nullptr;
    Q_EMIT m_phone.callEnded(m_snapshot.id);
}

void Call::end(EndedBy by, int status, const QString &reason)
{
    if (!live())
        return;
    renewStatistics();
    releaseStream();
    m_renewalTimer.stop();
    m_switchTimer.stop();
    m_patience.stop();
    m_snapshot.security.renewalDue = {};
    m_initiator.reset();
    m_early.clear();
    m_agreed.reset();
    m_renewed.reset();
    m_csb.reset();
    m_response.reset();
    m_snapshot.phase = Phase::Ended;
    // Keys may have been agreed, but a call that failed before its media ran was never protected by them.
    if (by == EndedBy::Error && !m_snapshot.establishedAt.isValid() &&
        m_snapshot.security.level != Security::Level::Pending)
        m_snapshot.security.level = Security::Level::Refused;
    m_snapshot.endedAt = QDateTime::currentDateTimeUtc();
    m_snapshot.endedBy = by;
    m_snapshot.sipStatus = status;
    m_snapshot.reason = sentence(m_snapshot.mikeyError ? m_snapshot.mikeyError->reason : reason);
    publish();
    if (!m_session) // no SIP session that would tell its end
        QMetaObject::invokeMethod(
            &m_phone, [phone = &m_phone, id = m_snapshot.id] { Q_EMIT phone->callEnded(id); }, Qt::QueuedConnection);
}

void Call::releaseStream()
{
    if (m_stream)
        stopElsewhere(std::move(m_stream));
}

void Call::publish()
{
    m_phone.publish(m_snapshot.id);
}

} // namespace call
