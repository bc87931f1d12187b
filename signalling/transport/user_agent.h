// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/body.h"
#include "sip/result.h"
#include "sip/timers.h"
#include "sip/uri.h"
#include "sip/user_agent_config.h"
#include "transport/listening_point.h"
#include "transport/session.h"

#include <QHostAddress>
#include <QObject>
#include <QString>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sip {

class UserAgentCore;

/// How a target is reached: found by UserAgent::findRoute().
struct Route
{
    Transport transport = Transport::Udp;
    QHostAddress remoteAddress;
    quint16 remotePort = 0;
    QHostAddress localAddress;          ///< ours that faces the peer
    std::size_t largestDatagram = 1300; ///< octets a request may have over UDP (RFC 3261 section 18.1.1)
};

/// The SIP user agent on Qt Network: a shell of sockets and one timer around UserAgentCore. Everything happens on the
/// thread it lives on; nothing here blocks. Do not delete it from a slot of its own or its sessions' signals.
class UserAgent : public QObject
{
    Q_OBJECT

public:
    /// `random` may be left out: then it is the system's generator.
    using Config = UserAgentConfig;

    explicit UserAgent(Config config, QObject *parent = nullptr);
    ~UserAgent() override;

    void setIdentity(const Uri &identity, const std::string &displayName); ///< for calls from now on

    /// Opens a socket; port 0 lets the system choose. QHostAddress::Any takes IPv4 and IPv6.
    Result<ListeningPoint> listen(Transport transport, const QHostAddress &address, quint16 port);
    std::vector<ListeningPoint> listeningPoints() const;

    /// Finds how to reach a target. `done` is called once, at once when no name has to be looked up, and never after
    /// `context` is gone. The fault says in a sentence why there is no way.
    void findRoute(const Uri &target, QObject *context, std::function<void(const Result<Route> &)> done);

    /// Calls `target`. Everything that goes wrong, now or later, comes by the session's ended(), never before this
    /// returns.
    Session *invite(const Uri &target, const Route &route, const Body &offer);

    /// Hangs up all sessions and refuses those that come from now on. Then wait for quiet() unless isQuiet() already,
    /// but not for long: a peer may never answer, and the BYE of a call whose ACK has not come has to wait for that
    /// (RFC 3261 section 15). What is not out by then is given up when the user agent goes.
    void shutDown();
    /// Nothing is owed to any peer: each request of ours has its final response, each 2xx of ours its ACK, no CANCEL
    /// or BYE waits to be sent. Retransmissions may still come that would be answered.
    bool isQuiet() const;

Q_SIGNALS:
    void quiet();                         ///< isQuiet() has become true
    void incoming(sip::Session *session); ///< a new call; connect to its signals, then ring(), accept() or reject()
    /// A plain sentence for the log about what was not understood or refused; at most a few a second.
    void notice(const QString &sentence);

private:
    friend class Session;
    class Private;
    void command(const std::function<void(UserAgentCore &core, Time now)> &run);
    bool awaitsAnswer(SessionId session, OfferId offer) const;

    std::unique_ptr<Private> d;
};

} // namespace sip
