// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/output.h"
#include "sip/result.h"

#include <QHostAddress>
#include <QObject>
#include <QUdpSocket>

#include <string>

namespace sip {

/// One UDP socket that sends and receives SIP messages.
class UdpTransport : public QObject
{
    Q_OBJECT

public:
    explicit UdpTransport(QObject *parent);

    /// The port taken; the fault says why there is none.
    Result<quint16> bind(const QHostAddress &address, quint16 port);
    QHostAddress localAddress() const { return m_local; } ///< may be a wildcard
    quint16 localPort() const { return m_socket.localPort(); }

    void send(const Flow &flow, const QHostAddress &remote, const std::string &octets);

Q_SIGNALS:
    void received(const sip::Flow &source, const QByteArray &datagram);
    void failed(const sip::Flow &flow, const std::string &sentence); ///< it did not reach flow's remote address

private:
    void readDatagrams();
    void readErrors();
    bool readError();

    QUdpSocket m_socket;
    QHostAddress m_local;
};

} // namespace sip
