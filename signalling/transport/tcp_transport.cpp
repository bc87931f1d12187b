// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp_transport.h"

#include "transport/address.h"
#include "transport/tcp_connection.h"

#include <QTcpSocket>

#include <algorithm>

namespace sip {

TcpTransport::TcpTransport(QObject *parent) : QObject(parent) {}

TcpTransport::~TcpTransport() = default;

Result<quint16> TcpTransport::listen(const QHostAddress &address, quint16 port)
{
    auto server = std::make_unique<QTcpServer>();
    if (!server->listen(address, port))
        return Fault{500, server->errorString().toStdString()};
    connect(server.get(), &QTcpServer::newConnection, this,
            [this, listener = server.get()] { acceptConnections(*listener); });
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
        if (m_connections.size() >= maxConnections)
            delete socket;
        else
            add(socket);
    }
}

TcpConnection *TcpTransport::add(QTcpSocket *socket)
{
    const auto id = m_nextId++;
    auto *connection =
        m_connections.emplace(id, std::make_unique<TcpConnection>(socket, id, nullptr)).first->second.get();
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
                        .remotePort = connection->remotePort()};
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
    if (m_connections.size() >= maxConnections)
        return nullptr;
    auto *connection = add(new QTcpSocket);
    connection->connectTo(remote, flow.remotePort);
    return connection;
}

void TcpTransport::send(const Flow &flow, const QHostAddress &remote, const std::string &octets)
{
    auto *connection = find(flow, remote);
    if (!connection)
        connection = open(flow, remote);
    if (connection)
        connection->send(octets);
    else
        Q_EMIT failed(flow,
                      "There are too many connections to open one to " + placeText(remote, flow.remotePort) + '.');
}

} // namespace sip
