// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/parser.h"
#include "sip/timers.h"

#include <QHostAddress>
#include <QObject>
#include <QTcpSocket>
#include <QTimer>

#include <cstdint>
#include <string>
#include <utility>

namespace sip {

/// One TCP connection: cuts what comes into messages, closes itself when it is idle or speaks no SIP.
class TcpConnection : public QObject
{
    Q_OBJECT

public:
    TcpConnection(QTcpSocket *socket, std::uint64_t id, const TcpTimes &times); ///< takes the socket
    ~TcpConnection() override;

    std::uint64_t id() const { return m_id; }
    const QHostAddress &remoteAddress() const { return m_remote; }
    quint16 remotePort() const { return m_remotePort; }
    QHostAddress localAddress() const;

    void connectTo(const QHostAddress &remote, quint16 port);
    void send(const std::string &octets); ///< kept until the connection stands
    void close(const std::string &sentence);

    bool wasConnected() const { return m_wasConnected; }
    /// Orders connections by how little is lost with them: those that never brought a message come first, then those
    /// that were used longest ago.
    std::pair<bool, Time> worth() const { return {m_hasSpoken, m_usedAt}; }

Q_SIGNALS:
    void received(const sip::Parsed &parsed);
    void closed(const std::string &sentence); ///< once; why, as a sentence

private:
    void read();
    void waitForMore();
    void timeOut();

    QTcpSocket *m_socket;
    std::uint64_t m_id;
    QHostAddress m_remote;
    quint16 m_remotePort;
    StreamParser m_parser;
    QByteArray m_unsent;
    QTimer m_timer;
    TcpTimes m_times;
    Time m_usedAt;               ///< when a message last came or went
    bool m_wasConnected = false; ///< the connection stood, if only for a while
    bool m_hasSpoken = false;    ///< a whole message came
    bool m_closed = false;
};

} // namespace sip
