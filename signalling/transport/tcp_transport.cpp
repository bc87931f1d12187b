// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp_transport.h"

#include "transport/address.h"
#include "transport/tcp_connection.h"

#include <QTcpSocket>
#include <QTimer>

#include <algorithm>
#include <chrono>

namespace sip {

using namespace std::chrono_literals;

TcpTransport::TcpTransport(const TcpTimes &times) : m_times(times) {}

TcpTransport::~TcpTransport() = default;

Result<quint16> TcpTransport::listen(const QHostAddress &address, quint16 port)
{
    auto server = std::make_unique<QTcpServer>();
    if (!server->listen(address, port))
        return Fault{500, server->errorString().toStdString()};
    connect(server.get(), &QTcpServer::newConnection, this,
            [this, listener = server.get()] { acceptConnections(*listener); });
    // Out of descriptors, most likely: the listener would report it without end, so it rests.
    connect(server.get(), &QTcpServer::acceptError, server.get(), [listener = server.get()] {
        listener->pauseAccepting();
        QTimer::singleShot(1s, listener, &QTcpServer::resumeAccepting);
    });
    m_servers.push_back(std::move(server));
    return m_servers.back()->serverPort();
}

std::vector<ListeningPoint> TcpTransport::listeningPoints() const
{
    std::vector<ListeningPoint> points;
    for (const auto &server : m_servers)
        points.push_back({Transport::Tcp, server->serverAddress(), server->serverPort()});
    return points;
}

void TcpTransport::acceptConnections(QTcpServer &server)
{
    while (auto *socket = server.nextPendingConnection()) {
        makeRoom(maxConnections - keptForUs, unmapped(socket->peerAddress()));
        add(socket);
    }
}

/// Closes what is worth least when there are `most` connections, or too many with the newcomer's host.
void TcpTransport::makeRoom(std::size_t most, const QHostAddress &newcomer)
{
    const auto isOfHost = [&](const auto &entry) { return entry.second->remoteAddress() == newcomer; };
    const bool hostFull = std::size_t(std::ranges::count_if(m_connections, isOfHost)) >= maxPerHost;
    if (!hostFull && m_connections.size() < most)
        return;
    TcpConnection *least = nullptr;
    for (const auto &entry : m_connections)
        if ((!hostFull || isOfHost(entry)) && (!least || entry.second->worth() < least->worth()))
            least = entry.second.get();
    least->close("The connection to " + placeText(least->remoteAddress(), least->remotePort()) +
                 " was closed to make room for another.");
}

TcpConnection *TcpTransport::add(QTcpSocket *socket)
{
    const auto id = m_nextId++;
    auto *connection =
        m_connections.emplace(id, std::make_unique<TcpConnection>(socket, id, m_times)).first->second.get();
    connect(connection, &TcpConnection::received, this, [this, connection](const Parsed &parsed) {
        Q_EMIT received({.transport = Transport::Tcp,
                         .localHost = toText(connection->localAddress()),
                         .remoteHost = toText(connection->remoteAddress()),
                         .remotePort = connection->remotePort(),
                         .connection = connection->id()},
                        parsed);
    });
    connect(connection, &TcpConnection::closed, this, [this, connection](const std::string &sentence) {
        const Flow flow{.transport = Transport::Tcp,
                        .remoteHost = toText(connection->remoteAddress()),
                        .remotePort = connection->remotePort(),
                        .connection = connection->wasConnected() ? connection->id() : 0};
        // It is the one that tells us, so it cannot go at once.
        auto node = m_connections.extract(connection->id());
        node.mapped().release()->deleteLater();
        Q_EMIT failed(flow, sentence);
    });
    return connection;
}

TcpConnection *TcpTransport::find(const Flow &flow, const QHostAddress &remote)
{
    if (const auto it = m_connections.find(flow.connection); it != m_connections.end())
        return it->second.get();
    const auto it = std::ranges::find_if(m_connections, [&](const auto &entry) {
        return entry.second->remoteAddress() == remote && entry.second->remotePort() == flow.remotePort;
    });
    return it == m_connections.end() ? nullptr : it->second.get();
}

TcpConnection *TcpTransport::open(const Flow &flow, const QHostAddress &remote)
{
    makeRoom(maxConnections, remote);
    auto *connection = add(new QTcpSocket);
    connection->connectTo(remote, flow.remotePort);
    return connection;
}

void TcpTransport::send(const Flow &flow, const QHostAddress &remote, const std::string &octets)
{
    auto *connection = find(flow, remote);
    if (!connection)
        connection = open(flow, remote);
    connection->send(octets);
}

} // namespace sip
