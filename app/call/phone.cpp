// SPDX-License-Identifier: Apache-2.0
#include "call/phone.h"

#include "account/own_certificates.h"
#include "call/call.h"
#include "call/clock.h"
#include "call/method_choice.h"
#include "call/words.h"
#include "methods/identity.h"
#include "methods/method.h"
#include "srtp/session.h"

#include <algorithm>

namespace call {

namespace {

constexpr std::size_t mostEndedCalls = 50; ///< kept to be looked at
constexpr int busyHere = 486;

std::string schemed(const QString &address)
{
    const auto text = address.toStdString();
    return mikey::identityType(text) == mikey::IdType::Uri ? text : "sip:" + text;
}

std::vector<const mikey::Method *> namedMethod(const QString &name)
{
    const auto *row = mikey::method(name.toStdString());
    return row ? std::vector{row} : std::vector<const mikey::Method *>();
}

sip::UserAgent::Config userAgentConfig(const mikey::Endpoint &endpoint, const Phone::Config &own)
{
    sip::UserAgent::Config config;
    if (const auto identity = sip::Uri::parse(endpoint.identity))
        config.identity = *identity;
    config.displayName = own.displayName.toStdString();
    config.offersReliable = own.offersReliable;
    return config;
}

} // namespace

Phone::Phone(mikey::Endpoint endpoint, mikey::EndpointState state, Config config, QObject *parent)
    : QObject(parent), m_endpoint(std::move(endpoint)), m_state(std::move(state)), m_config(std::move(config)),
      m_userAgent(std::make_unique<sip::UserAgent>(userAgentConfig(m_endpoint, m_config)))
{
    media::prepareSrtp(); // now rather than while a call is being set up; a failure shows there
    m_snapshot.identity = toQt(m_endpoint.identity);
    describeMethods();
    connect(m_userAgent.get(), &sip::UserAgent::incoming, this, &Phone::takeIncoming);
    connect(m_userAgent.get(), &sip::UserAgent::notice, this, &Phone::notice);
    connect(m_userAgent.get(), &sip::UserAgent::quiet, this, &Phone::quiet);
    m_changedTimer.setSingleShot(true);
    connect(&m_changedTimer, &QTimer::timeout, this, &Phone::changed);
    m_statisticsTimer.setInterval(m_config.statisticsIntervalMs);
    connect(&m_statisticsTimer, &QTimer::timeout, this, &Phone::renewStatistics);
}

Phone::~Phone()
{
    // Sessions end with the user agent; nobody is to be told any more.
    m_userAgent->disconnect();
    m_calls.clear();
}

std::optional<QString> Phone::listen(sip::Transport transport, const QHostAddress &address, quint16 port)
{
    const auto point = m_userAgent->listen(transport, address, port);
    if (!point)
        return toQt(point.fault().sentence);
    m_snapshot.listening.push_back({transport == sip::Transport::Udp ? QStringLiteral("udp") : QStringLiteral("tcp"),
                                    point->address.toString(), point->port});
    m_changedTimer.start(0);
    return std::nullopt;
}

Phone::DialResult Phone::dial(const QString &to, const QString &method, const QString &identity)
{
    if (liveCall())
        return {0, tr("There is a call already; end it first.")};
    const auto address = to.trimmed();
    const auto withScheme = schemed(address);
    const auto target = sip::Uri::parse(withScheme);
    if (address.isEmpty() || !target || !target->isSip() || target->host.empty())
        return {0, tr("“%1” is not a SIP address; one looks like sip:bob@192.0.2.7").arg(address.left(200))};
    const auto peer = peerOf(to, identity);
    const auto methods = method.isEmpty() ? automaticMethods(m_endpoint, peer) : namedMethod(method);
    if (methods.empty())
        return {0, method.isEmpty() ? nothingPossible(m_endpoint, peer)
                                    : tr("There is no method “%1”").arg(method.left(50))};
    if (const auto obstacle = obstacleTo(*methods.front(), m_endpoint, peer); !obstacle.isEmpty())
        return {0, methods.front()->available() ? obstacle
                                                : tr("%1 is not supported yet").arg(toQt(methods.front()->title))};
    auto *call = addCall(std::make_unique<Call>(*this, ++m_lastCallId, Direction::Outgoing));
    call->dial(*target, peer, methods);
    return {call->snapshot().id, {}};
}

/// Whom MIKEY has to authenticate, of what the user typed.
std::string Phone::peerOf(const QString &to, const QString &identity)
{
    const auto named = identity.trimmed();
    return mikey::canonicalIdentity(named.isEmpty() ? schemed(to.trimmed()) : named.toStdString());
}

std::vector<MethodChoice> Phone::methodsFor(const QString &to, const QString &identity) const
{
    const auto peer = peerOf(to, identity);
    std::vector<MethodChoice> choices;
    for (const auto &row : mikey::methods()) {
        const auto obstacle = obstacleTo(row, m_endpoint, peer);
        choices.push_back({toQt(row.name), toQt(row.title), toQt(row.rfc), obstacle.isEmpty(), obstacle});
    }
    return choices;
}

void Phone::setCredentials(mikey::Endpoint endpoint, AskKms askKms)
{
    m_worker.drain();
    m_endpoint = std::move(endpoint);
    m_config.askKms = std::move(askKms);
    describeMethods();
    m_changedTimer.start(0);
}

void Phone::meet(const Call &call)
{
    const auto &security = call.snapshot().security;
    const auto fingerprint = QByteArray::fromHex(security.certificateFingerprint.toLatin1());
    mikey::CertificateFingerprint pin{};
    const bool firstUse = security.level == Security::Level::Unverified;
    if (!firstUse || fingerprint.size() != static_cast<qsizetype>(pin.size()))
        return;
    std::copy(fingerprint.begin(), fingerprint.end(), pin.begin());
    m_worker.drain();
    m_endpoint.x509.fingerprints.emplace(call.snapshot().peer.toStdString(), pin);
    Q_EMIT certificateMet(call.snapshot().peer, fingerprint);
}

bool Phone::renewKeys(int id)
{
    auto *call = callOf(id);
    return call && call->renewKeys();
}

bool Phone::answer(int id)
{
    auto *call = callOf(id);
    if (!call || call->snapshot().phase != Phase::Incoming)
        return false;
    call->answer();
    return true;
}

bool Phone::reject(int id, int status)
{
    auto *call = callOf(id);
    if (!call || call->snapshot().phase != Phase::Incoming)
        return false;
    call->reject(status);
    return true;
}

bool Phone::hangup(int id)
{
    auto *call = callOf(id);
    if (!call || !call->live())
        return false;
    if (call->snapshot().phase == Phase::Incoming)
        call->reject(0);
    else
        call->hangUp();
    return true;
}

bool Phone::setMuted(int id, bool muted)
{
    auto *call = callOf(id);
    if (!call || !call->live())
        return false;
    call->setMuted(muted);
    return true;
}

void Phone::hangupAll()
{
    for (const auto &call : m_calls)
        hangup(call->snapshot().id);
}

void Phone::shutDown()
{
    hangupAll();
    m_userAgent->shutDown();
}

bool Phone::isQuiet() const
{
    return m_userAgent->isQuiet();
}

const CallSnapshot *Phone::snapshotOf(int id) const
{
    const auto *call = callOf(id);
    return call ? &call->snapshot() : nullptr;
}

bool Phone::hasLiveCalls() const
{
    return liveCall() != nullptr;
}

const mikey::EndpointState &Phone::endpointState()
{
    m_worker.drain();
    return m_state;
}

std::vector<std::uint32_t> Phone::csbsInUse() const
{
    std::vector<std::uint32_t> used;
    for (const auto &call : m_calls) {
        if (const auto csbId = call->csbId())
            used.push_back(*csbId);
    }
    return used;
}

Call *Phone::callOf(int id) const
{
    const auto it =
        std::find_if(m_calls.begin(), m_calls.end(), [id](const auto &call) { return call->snapshot().id == id; });
    return it == m_calls.end() ? nullptr : it->get();
}

Call *Phone::liveCall() const
{
    const auto it = std::find_if(m_calls.begin(), m_calls.end(), [](const auto &call) { return call->live(); });
    return it == m_calls.end() ? nullptr : it->get();
}

void Phone::takeIncoming(sip::Session *session)
{
    if (liveCall()) {
        Q_EMIT notice(tr("%1 called while there was a call; told busy.")
                          .arg(toQt(session->info().remoteIdentity.toString()).left(200)));
        session->reject({busyHere, {}, {}, 0, {}});
        return;
    }
    addCall(std::make_unique<Call>(*this, ++m_lastCallId, Direction::Incoming))->take(session);
}

Call *Phone::addCall(std::unique_ptr<Call> call)
{
    forgetOldCalls();
    m_calls.push_back(std::move(call));
    m_snapshot.calls.push_back(m_calls.back()->snapshot());
    return m_calls.back().get();
}

void Phone::forgetOldCalls()
{
    while (m_calls.size() >= mostEndedCalls) {
        const auto ended = std::find_if(m_calls.begin(), m_calls.end(), [](const auto &call) { return !call->live(); });
        if (ended == m_calls.end())
            return;
        m_snapshot.calls.erase(m_snapshot.calls.begin() + (ended - m_calls.begin()));
        m_calls.erase(ended);
    }
}

void Phone::publish(int id)
{
    const auto *snapshot = snapshotOf(id);
    const auto shown = std::find_if(m_snapshot.calls.begin(), m_snapshot.calls.end(),
                                    [id](const auto &call) { return call.id == id; });
    if (!snapshot || shown == m_snapshot.calls.end())
        return;
    *shown = *snapshot;
    m_snapshot.audioTrouble = snapshot->media.audioTrouble;
    const bool media = snapshot->phase == Phase::Connecting || snapshot->phase == Phase::Established;
    if (media && !m_statisticsTimer.isActive())
        m_statisticsTimer.start();
    if (!media && !hasLiveCalls())
        m_statisticsTimer.stop();
    if (!m_changedTimer.isActive())
        m_changedTimer.start(0);
    Q_EMIT callChanged(id);
}

void Phone::renewStatistics()
{
    auto *call = liveCall();
    if (!call)
        return;
    call->renewStatistics();
    if (call->snapshot().phase == Phase::Established)
        Q_EMIT mediaMeasured(call->snapshot().id);
}

void Phone::describeMethods()
{
    m_snapshot.methods.clear();
    for (const auto &row : mikey::methods())
        m_snapshot.methods.push_back({toQt(row.name), toQt(row.title), toQt(row.rfc), row.available(),
                                      row.available() ? QString() : tr("Not supported yet.")});
    m_snapshot.certificate = ownCertificateInWords(m_endpoint.x509);
    m_snapshot.certificateTroubles.clear();
    for (const auto &trouble : account::ownCertificateTroubles(m_endpoint, ntpNow()))
        m_snapshot.certificateTroubles += sentence(trouble);
}

} // namespace call
