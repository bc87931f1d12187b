// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp_connection.h"

#include "transport/address.h"

#include <chrono>

namespace sip {

namespace {

constexpr qint64 maxUnsent = 1 << 20; // octets the peer has not taken
constexpr qint64 chunk = 64 * 1024;

Time currentTime()
{
    return std::chrono::steady_clock::now();
}

void start(QTimer &timer, Duration duration)
{
    timer.start(std::chrono::ceil<std::chrono::milliseconds>(duration));
}

} // namespace

TcpConnection::TcpConnection(QTcpSocket *socket, std::uint64_t id, const TcpTimes &times)
    : m_socket(socket), m_id(id), m_remote(unmapped(socket->peerAddress())), m_remotePort(socket->peerPort()),
      m_times(times), m_usedAt(currentTime()), m_wasConnected(socket->state() == QAbstractSocket::ConnectedState)
{
    socket->setParent(this);
    socket->setReadBufferSize(chunk);
    socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    connect(socket, &QTcpSocket::readyRead, this, &TcpConnection::read);
    connect(socket, &QTcpSocket::connected, this, [this] {
        m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        m_wasConnected = true;
        m_socket->write(m_unsent);
        m_unsent.clear();
        start(m_timer, m_times.message);
    });
    connect(socket, &QTcpSocket::disconnected, this,
            [this] { close("The connection to " + placeText(m_remote, m_remotePort) + " was closed."); });
    connect(socket, &QTcpSocket::errorOccurred, this, [this](QAbstractSocket::SocketError error) {
        if (error == QAbstractSocket::ConnectionRefusedError)
            close("Nobody is listening at " + placeText(m_remote, m_remotePort) + '.');
        else
            close("The connection to " + placeText(m_remote, m_remotePort) +
                  " failed: " + m_socket->errorString().toStdString() + '.');
    });
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &TcpConnection::timeOut);
    start(m_timer, m_times.message);
}

TcpConnection::~TcpConnection()
{
    // What the socket says while it goes down is no news any more.
    m_socket->disconnect(this);
}

QHostAddress TcpConnection::localAddress() const
{
    return unmapped(m_socket->localAddress());
}

void TcpConnection::connectTo(const QHostAddress &remote, quint16 port)
{
    m_remote = remote;
    m_remotePort = port;
    start(m_timer, m_times.connect);
    m_socket->connectToHost(remote, port);
}

void TcpConnection::send(const std::string &octets)
{
    if (m_socket->bytesToWrite() + m_unsent.size() > maxUnsent) {
        close("The other side at " + placeText(m_remote, m_remotePort) + " takes no more data.");
        return;
    }
    m_usedAt = currentTime();
    if (m_socket->state() != QAbstractSocket::ConnectedState) {
        m_unsent.append(octets.data(), qsizetype(octets.size()));
        return;
    }
    m_socket->write(octets.data(), qint64(octets.size()));
    m_socket->flush(); // what Qt still holds is lost when the program ends
}

void TcpConnection::read()
{
    const auto octets = m_socket->read(chunk);
    m_parser.append({octets.constData(), std::size_t(octets.size())});
    while (!m_closed) {
        const auto parsed = m_parser.next();
        if (!parsed)
            break;
        m_hasSpoken = true;
        m_usedAt = currentTime();
        const bool speaksSip = parsed->request() || parsed->response();
        Q_EMIT received(*parsed);
        if (m_parser.isBroken() || !speaksSip) {
            m_socket->flush();
            close("The connection from " + placeText(m_remote, m_remotePort) + " did not speak SIP and was closed.");
        }
    }
    if (m_parser.takePing() && !m_closed)
        send("\r\n");
    if (m_closed)
        return;
    waitForMore();
    if (m_socket->bytesAvailable() > 0)
        QMetaObject::invokeMethod(this, &TcpConnection::read, Qt::QueuedConnection);
}

/// Gives a message that has begun its time once, however slowly it comes.
void TcpConnection::waitForMore()
{
    const bool quiet = m_hasSpoken && !m_parser.isWaiting();
    if (quiet)
        start(m_timer, m_times.idle);
    else if (!m_timer.isActive() || m_timer.remainingTimeAsDuration() > m_times.message)
        start(m_timer, m_times.message);
}

void TcpConnection::timeOut()
{
    if (m_socket->state() == QAbstractSocket::ConnectedState)
        close("The connection to " + placeText(m_remote, m_remotePort) + " was idle and was closed.");
    else
        close("Nobody answers at " + placeText(m_remote, m_remotePort) + '.');
}

void TcpConnection::close(const std::string &sentence)
{
    if (std::exchange(m_closed, true))
        return;
    m_timer.stop();
    m_socket->disconnect(this);
    m_socket->disconnectFromHost();
    Q_EMIT closed(sentence);
}

} // namespace sip
