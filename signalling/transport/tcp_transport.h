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
    // Where there are too many, the one that is worth least is closed for the new one.
    static constexpr std::size_t maxConnections = 128;
    static constexpr std::size_t maxPerHost = 16; ///< one stranger does not shut out the others
    static constexpr std::size_t keptForUs = 16;  ///< that peers cannot take from those we open

    explicit TcpTransport(const TcpTimes &times);
    ~TcpTransport() override;

    /// Opens one more listener; the fault says why it could not.
    Result<quint16> listen(const QHostAddress &address, quint16 port);
    std::vector<ListeningPoint> listeningPoints() const;

    /// On the flow's connection while it stands, else on the one to the remote address, which is opened when needed.
    void send(const Flow &flow, const QHostAddress &remote, const std::string &octets);

Q_SIGNALS:
    void received(const sip::Flow &source, const sip::Parsed &parsed);
    /// The connection of that number is no more, or with number 0, there could be none to flow's remote address.
    void failed(const sip::Flow &flow, const std::string &sentence);

private:
    void acceptConnections(QTcpServer &server);
    void makeRoom(std::size_t most, const QHostAddress &newcomer);
    TcpConnection *open(const Flow &flow, const QHostAddress &remote);
    TcpConnection *find(const Flow &flow, const QHostAddress &remote);
    TcpConnection *add(QTcpSocket *socket);

    TcpTimes m_times;
    std::vector<std::unique_ptr<QTcpServer>> m_servers;
    std::map<std::uint64_t, std::unique_ptr<TcpConnection>> m_connections;
    std::uint64_t m_nextId = 1;
};

} // namespace sip
