// SPDX-License-Identifier: Apache-2.0
#include "transport/user_agent.h"

#include "sip/parser.h"
#include "sip/user_agent_core.h"
#include "transport/address.h"
#include "transport/notice_limiter.h"
#include "transport/resolver.h"
#include "transport/tcp_transport.h"
#include "transport/udp_transport.h"

#include <QRandomGenerator>
#include <QTimer>

#include <algorithm>
#include <deque>
#include <map>

namespace sip {

namespace {

Time currentTime()
{
    return std::chrono::steady_clock::now();
}

UserAgentConfig complete(UserAgentConfig config)
{
    if (!config.random)
        config.random = [] { return QRandomGenerator::system()->generate64(); };
    return config;
}

bool isSameFamily(const QHostAddress &bound, const QHostAddress &address)
{
    return bound == QHostAddress(QHostAddress::Any) || bound.protocol() == address.protocol();
}

} // namespace

class UserAgent::Private : public QObject
{
public:
    Private(UserAgent &owner, UserAgentConfig config)
        : tcp(config.tcp), core(complete(std::move(config))), resolver(nullptr), m_owner(owner)
    {
        m_timer.setSingleShot(true);
        m_timer.setTimerType(Qt::PreciseTimer);
        connect(&m_timer, &QTimer::timeout, this, [this] {
            core.expire(currentTime());
            deliver();
        });
        connect(&tcp, &TcpTransport::received, this,
                [this](const Flow &source, const Parsed &parsed) { receive(parsed, source); });
        connect(&tcp, &TcpTransport::failed, this, &Private::failed);
    }

    Result<quint16> listenUdp(const QHostAddress &address, quint16 port);
    UdpTransport *udpFor(const QHostAddress &local, const QHostAddress &remote) const;
    void command(const std::function<void(UserAgentCore &, Time)> &run);
    Result<Route> routeTo(const Uri &target, const QHostAddress &address) const;
    Session *addSession(SessionId id, const SessionInfo &info);

    TcpTransport tcp;
    UserAgentCore core;
    Resolver resolver;
    std::vector<std::unique_ptr<UdpTransport>> udp;

private:
    void takeOutputs();
    void deliver();
    void setTimer();
    void send(const Flow &flow, const std::string &octets);
    void sendTo(const Flow &flow, const QHostAddress &remote, const std::string &octets);
    void failed(const Flow &flow, const std::string &sentence);
    void receive(const Parsed &parsed, const Flow &source);

    void handle(const output::Incoming &event);
    void handle(const output::Released &event);
    void handle(const output::Notice &event);
    void handle(const output::Send &) {} // done by takeOutputs()
    void handle(const output::Ringing &event) { tell(event.session, &Session::ringing, event.status); }
    void handle(const output::EarlyAnswered &event)
    {
        tell(event.session, &Session::earlyAnswered, event.dialog, event.answer);
    }
    void handle(const output::PrackAnswered &event)
    {
        tell(event.session, &Session::prackAnswered, event.dialog, event.answer);
    }
    void handle(const output::PrackFailed &event)
    {
        tell(event.session, &Session::prackFailed, event.dialog, event.why);
    }
    void handle(const output::ProgressConfirmed &event) { tell(event.session, &Session::progressConfirmed); }
    void handle(const output::Answered &event) { tell(event.session, &Session::answered, event.answer, event.dialog); }
    void handle(const output::Acknowledged &event) { tell(event.session, &Session::acknowledged, event.body); }
    void handle(const output::ReinviteReceived &event)
    {
        tell(event.session, &Session::reinviteReceived, event.offer, event.id);
    }
    void handle(const output::ReinviteAnswered &event)
    {
        tell(event.session, &Session::reinviteAnswered, event.answer);
    }
    void handle(const output::ReinviteFailed &event) { tell(event.session, &Session::reinviteFailed, event.why); }
    void handle(const output::Ended &event);
    void handle(const output::Traced &event) { tell(event.session, &Session::traced, event.entry); }

    template <typename Signal, typename... Values>
    void tell(SessionId id, Signal signal, const Values &...values)
    {
        if (const auto it = m_sessions.find(id); it != m_sessions.end())
            Q_EMIT(it->second->*signal)(values...);
    }

    UserAgent &m_owner;
    std::map<SessionId, Session *> m_sessions;
    std::deque<Output> m_events; ///< to be told
    bool m_wasQuiet = true;
    bool m_deliveryDue = false;
    NoticeLimiter m_limiter;
    QTimer m_timer;
};

Result<quint16> UserAgent::Private::listenUdp(const QHostAddress &address, quint16 port)
{
    auto socket = std::make_unique<UdpTransport>(nullptr);
    auto bound = socket->bind(address, port);
    if (!bound)
        return bound;
    connect(socket.get(), &UdpTransport::received, this, [this](const Flow &source, const QByteArray &datagram) {
        receive(parseDatagram({datagram.constData(), std::size_t(datagram.size())}), source);
    });
    connect(socket.get(), &UdpTransport::failed, this, &Private::failed);
    udp.push_back(std::move(socket));
    return bound;
}

void UserAgent::Private::receive(const Parsed &parsed, const Flow &source)
{
    core.receive(parsed, source, currentTime());
    deliver();
}

/// Requests in flight to where a transport failed come to nothing. May be called while a message is being sent, so the
/// news waits for the event loop.
void UserAgent::Private::failed(const Flow &flow, const std::string &sentence)
{
    QMetaObject::invokeMethod(
        this,
        [this, flow, sentence] {
            core.transportFailed(flow, sentence, currentTime());
            auto named = flow; // where a Contact names a host, so does the request's flow
            for (const auto &name : resolver.namesOf(toAddress(flow.remoteHost).value_or(QHostAddress()))) {
                named.remoteHost = name;
                core.transportFailed(named, sentence, currentTime());
            }
            deliver();
        },
        Qt::QueuedConnection);
}

/// Sends at once; what is to be told waits, so that no signal comes before the command that caused it has returned.
void UserAgent::Private::command(const std::function<void(UserAgentCore &, Time)> &run)
{
    run(core, currentTime());
    takeOutputs();
    m_wasQuiet = m_wasQuiet && core.isQuiet();
    if (!std::exchange(m_deliveryDue, true))
        QMetaObject::invokeMethod(
            this,
            [this] {
                m_deliveryDue = false;
                deliver();
            },
            Qt::QueuedConnection);
}

void UserAgent::Private::takeOutputs()
{
    for (auto &output : core.takeOutputs()) {
        if (const auto *message = std::get_if<output::Send>(&output))
            send(message->flow, message->octets);
        else
            m_events.push_back(std::move(output));
    }
}

/// Tells what happened, in its order; a slot that runs an event loop of its own may make this happen within itself.
void UserAgent::Private::deliver()
{
    takeOutputs();
    while (!m_events.empty()) {
        const auto event = std::move(m_events.front());
        m_events.pop_front();
        std::visit([this](const auto &value) { handle(value); }, event);
    }
    setTimer();
    const bool isQuiet = core.isQuiet();
    if (!std::exchange(m_wasQuiet, isQuiet) && isQuiet)
        Q_EMIT m_owner.quiet();
}

void UserAgent::Private::setTimer()
{
    const auto deadline = core.deadline();
    if (!deadline) {
        m_timer.stop();
        return;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*deadline - currentTime());
    m_timer.start(std::max(wait, std::chrono::milliseconds(0)));
}

void UserAgent::Private::handle(const output::Incoming &event)
{
    Q_EMIT m_owner.incoming(addSession(event.session, event.info));
}

void UserAgent::Private::handle(const output::Ended &event)
{
    const auto it = m_sessions.find(event.session);
    if (it == m_sessions.end())
        return;
    it->second->m_info.offer = {};
    Q_EMIT it->second->ended(event.ending);
}

void UserAgent::Private::handle(const output::Released &event)
{
    const auto node = m_sessions.extract(event.session);
    if (!node.empty())
        node.mapped()->deleteLater();
}

void UserAgent::Private::handle(const output::Notice &event)
{
    if (const auto sentence = m_limiter.admit(event.sentence, currentTime()))
        Q_EMIT m_owner.notice(QString::fromStdString(*sentence));
}

Session *UserAgent::Private::addSession(SessionId id, const SessionInfo &info)
{
    auto *session = new Session(m_owner, id, info);
    m_sessions.emplace(id, session);
    return session;
}

// ---- sending

void UserAgent::Private::send(const Flow &flow, const std::string &octets)
{
    resolver.resolve(flow.remoteHost, this, [this, flow, octets](const QHostAddress &remote) {
        if (remote.isNull())
            failed(flow, "The name '" + flow.remoteHost + "' is not known.");
        else
            sendTo(flow, remote, octets);
    });
}

void UserAgent::Private::sendTo(const Flow &flow, const QHostAddress &remote, const std::string &octets)
{
    if (flow.transport == Transport::Tcp) {
        tcp.send(flow, remote, octets);
        return;
    }
    auto *socket = udpFor(toAddress(flow.localHost).value_or(QHostAddress()), remote);
    if (socket)
        socket->send(flow, remote, octets);
    else
        failed(flow, "There is no UDP socket to reach " + placeText(remote, flow.remotePort) + '.');
}

/// The socket that has this address of ours, or else one that can reach the peer.
UdpTransport *UserAgent::Private::udpFor(const QHostAddress &local, const QHostAddress &remote) const
{
    UdpTransport *best = nullptr;
    for (const auto &socket : udp) {
        const auto bound = socket->localAddress();
        if (bound == local)
            return socket.get();
        if (isSameFamily(bound, remote) && (!best || isWildcard(bound)))
            best = socket.get();
    }
    return best;
}

Result<Route> UserAgent::Private::routeTo(const Uri &target, const QHostAddress &address) const
{
    Route route;
    route.transport = target.transport().value_or(udp.empty() ? Transport::Tcp : Transport::Udp);
    route.remoteAddress = address;
    route.remotePort = target.effectivePort();
    const auto path = pathTo(address, route.remotePort);
    if (!path)
        return Fault{503, "There is no way to " + placeText(address, route.remotePort) + '.'};
    route.localAddress = path->local;
    if (path->mtu > 1500)
        route.largestDatagram = path->mtu - 200; // RFC 3261 section 18.1.1: the path MTU is known
    if (route.transport == Transport::Tcp)
        return route;
    const auto *socket = udpFor(path->local, address);
    if (!socket)
        return Fault{503, "There is no UDP socket to reach " + placeText(address, route.remotePort) + '.'};
    if (!isWildcard(socket->localAddress()))
        route.localAddress = socket->localAddress();
    return route;
}

// ---- the interface

UserAgent::UserAgent(Config config, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(*this, std::move(config)))
{
}

UserAgent::~UserAgent() = default;

void UserAgent::setIdentity(const Uri &identity, const std::string &displayName)
{
    d->core.setIdentity(identity, displayName);
}

void UserAgent::command(const std::function<void(UserAgentCore &, Time)> &run)
{
    d->command(run);
}

bool UserAgent::awaitsAnswer(SessionId session, OfferId offer) const
{
    return d->core.awaitsAnswer(session, offer);
}

Result<ListeningPoint> UserAgent::listen(Transport transport, const QHostAddress &address, quint16 port)
{
    const auto bound = transport == Transport::Udp ? d->listenUdp(address, port) : d->tcp.listen(address, port);
    if (!bound)
        return Fault{500, "SIP cannot listen at " + placeText(address, port) + ": " + bound.fault().sentence + '.'};
    d->core.addListening(transport, isWildcard(address) ? std::string() : toText(address), *bound);
    return ListeningPoint{transport, address, *bound};
}

std::vector<ListeningPoint> UserAgent::listeningPoints() const
{
    auto points = d->tcp.listeningPoints();
    for (const auto &socket : d->udp)
        points.push_back({Transport::Udp, socket->localAddress(), socket->localPort()});
    return points;
}

void UserAgent::findRoute(const Uri &target, QObject *context, std::function<void(const Result<Route> &)> done)
{
    if (target.scheme != "sip") {
        done(Fault{416, "Addresses that begin with '" + target.scheme + ":' cannot be called."});
        return;
    }
    if (!target.isReachable()) {
        const auto *transport = findParameter(target.parameters, "transport");
        done(Fault{503, "The transport '" + transport->value.value_or("") + "' is not supported."});
        return;
    }
    const auto *maddr = findParameter(target.parameters, "maddr");
    const auto host = maddr && maddr->value ? *maddr->value : target.host;
    d->resolver.resolve(host, context, [this, target, host, done = std::move(done)](const QHostAddress &address) {
        if (address.isNull())
            done(Fault{503, "The name '" + host + "' is not known."});
        else
            done(d->routeTo(target, address));
    });
}

Session *UserAgent::invite(const Uri &target, const Route &route, const Body &offer)
{
    const Flow flow{.transport = route.transport,
                    .localHost = toText(route.localAddress),
                    .remoteHost = toText(route.remoteAddress),
                    .remotePort = route.remotePort,
                    .largestDatagram = route.largestDatagram};
    Session *session = nullptr;
    d->command([&](UserAgentCore &core, Time now) {
        const auto id = core.invite(target, flow, offer, now);
        session = d->addSession(id, *core.info(id));
    });
    return session;
}

void UserAgent::shutDown()
{
    d->command([](UserAgentCore &core, Time now) { core.shutDown(now); });
}

bool UserAgent::isQuiet() const
{
    return d->core.isQuiet();
}

} // namespace sip
