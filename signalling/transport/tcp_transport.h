// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/output.h"
#include "sip/parser.h"
#include "sip/result.h"
#include "transport/listening_point.h"

#include <QHostAddress>
#include <QObject>
#include <QTcpServer>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sip {

class TcpConnection;

/// The TCP listeners and connections of a user agent.
class TcpTransport : public QObject
{
    Q_OBJECT

public:
    static constexpr std::size_t maxConnections = 128;

    explicit TcpTransport(QObject *parent);
    ~TcpTransport() override;

    /// Opens one more listener; the fault says why it could not.
    Result<quint16> listen(const QHostAddress &address, quint16 port);
    std::vector<ListeningPoint> listeningPoints() const;

    /// On the flow's connection while it stands, else on the one to the remote address, which is opened when needed.
    void send(const Flow &flow, const QHostAddress &remote, const std::string &octets);

Q_SIGNALS:
    void received(const sip::Flow &source, const sip::Parsed &parsed);
    void failed(const sip::Flow &flow,
                const std::string &sentence); ///< the connection to flow's remote address is no more

private:
    void acceptConnections(QTcpServer &server);
    TcpConnection *open(const Flow &flow, const QHostAddress &remote);
    TcpConnection *find(const Flow &flow, const QHostAddress &remote);
    TcpConnection *add(QTcpSocket *socket);

    std::vector<std::unique_ptr<QTcpServer>> m_servers;
    std::map<std::uint64_t, std::unique_ptr<TcpConnection>> m_connections;
    std::uint64_t m_nextId = 1;
};

} // namespace sip
