// SPDX-License-Identifier: Apache-2.0
#include "transport/udp_transport.h"

#include "transport/address.h"

#include <QNetworkDatagram>

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

#ifdef __linux__
#include <linux/errqueue.h>
#endif

namespace sip {

namespace {

/// Has the system report ICMP errors to this socket, which it otherwise does to connected ones only.
void reportErrors(int descriptor)
{
#ifdef __linux__
    const int on = 1;
    // An IPv6 socket may also carry IPv4: each of the two calls may be refused where it does not apply.
    ::setsockopt(descriptor, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
#else
    (void)descriptor;
#endif
}

std::string errorSentence(int error, const QHostAddress &address, quint16 port)
{
    switch (error) {
    case ECONNREFUSED:
        return "Nobody is listening at " + placeText(address, port) + '.';
    case EMSGSIZE:
        return "The message is too large for a datagram to " + placeText(address, port) + '.';
    default:
        return "There is no way to " + placeText(address, port) + ": " + std::strerror(error) + '.';
    }
}

} // namespace

UdpTransport::UdpTransport(QObject *parent) : QObject(parent)
{
    connect(&m_socket, &QUdpSocket::readyRead, this, &UdpTransport::readDatagrams);
}

Result<quint16> UdpTransport::bind(const QHostAddress &address, quint16 port)
{
    if (!m_socket.bind(address, port, QAbstractSocket::DontShareAddress))
        return Fault{500, m_socket.errorString().toStdString()};
    m_local = address;
    reportErrors(int(m_socket.socketDescriptor()));
    return m_socket.localPort();
}

void UdpTransport::send(const Flow &flow, const QHostAddress &remote, const std::string &octets)
{
    QNetworkDatagram datagram(QByteArray::fromStdString(octets), remote, flow.remotePort);
    if (isWildcard(m_local)) // the source is the address that the peer knows of us
        if (const auto local = toAddress(flow.localHost))
            datagram.setSender(*local);
    if (m_socket.writeDatagram(datagram) >= 0)
        return;
    // An ICMP error of an earlier datagram is reported once in place of sending the next.
    readErrors();
    if (m_socket.writeDatagram(datagram) < 0)
        Q_EMIT failed(flow, "The message could not be sent to " + placeText(remote, flow.remotePort) + ": " +
                                m_socket.errorString().toStdString() + '.');
}

void UdpTransport::readDatagrams()
{
    constexpr int mostAtOnce = 64; // then others have their turn
    constexpr qint64 largestDatagram = 65535;
    readErrors();
    for (int i = 0; i < mostAtOnce; ++i) {
        // Reading is due even when only an error woke us: it rearms the socket's notifier. With a size given Qt reads
        // at once; else it asks for the size first, and where an ICMP error comes between it stays unarmed for ever.
        const auto datagram = m_socket.receiveDatagram(largestDatagram);
        if (!datagram.isValid())
            break;
        const auto remote = unmapped(datagram.senderAddress());
        const auto local = unmapped(datagram.destinationAddress());
        const auto &known = isWildcard(m_local) && !local.isNull() ? local : m_local;
        Q_EMIT received({.transport = Transport::Udp,
                         .localHost = toText(known),
                         .remoteHost = toText(remote),
                         .remotePort = quint16(datagram.senderPort())},
                        datagram.data());
    }
}

void UdpTransport::readErrors()
{
    constexpr int mostAtOnce = 64;
    for (int i = 0; i < mostAtOnce && readError(); ++i) {
    }
}

/// Takes one message from the socket's error queue (man 7 ip, IP_RECVERR); false when there is none.
bool UdpTransport::readError()
{
#ifdef __linux__
    std::array<char, 1> ignored{}; // the datagram that did not arrive
    alignas(cmsghdr) std::array<char, 512> control{};
    sockaddr_storage name{};
    iovec part{ignored.data(), ignored.size()};
    msghdr message{};
    message.msg_name = &name;
    message.msg_namelen = sizeof(name);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(int(m_socket.socketDescriptor()), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (auto *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        const bool isError = (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
                             (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR);
        if (!isError)
            continue;
        sock_extended_err error{};
        std::memcpy(&error, CMSG_DATA(header), sizeof(error));
        quint16 port = 0;
        const auto remote = readSocketAddress(name, &port);
        Q_EMIT failed({.transport = Transport::Udp, .remoteHost = toText(remote), .remotePort = port},
                      errorSentence(int(error.ee_errno), remote, port));
    }
    return true;
#else
    return false;
#endif
}

} // namespace sip
