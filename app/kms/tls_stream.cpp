// SPDX-License-Identifier: Apache-2.0
#include "tls_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <poll.h>

#include <algorithm>
#include <array>

namespace kmsd {

namespace {

using std::chrono::milliseconds;

using Name = int (*)(int, sockaddr *, socklen_t *);

void nameOf(Name name, socket_t socket, std::string &ip, int &port)
{
    sockaddr_storage storage{};
    auto *const address = reinterpret_cast<sockaddr *>(&storage);
    socklen_t size = sizeof storage;
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> service{};
    if (name(socket, address, &size) != 0 || getnameinfo(address, size, host.data(), host.size(), service.data(),
                                                         service.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    ip = host.data();
    port = std::atoi(service.data());
}

bool pollFor(socket_t socket, short events, milliseconds longest)
{
    pollfd waiting{socket, events, 0};
    return poll(&waiting, 1, static_cast<int>(std::max<milliseconds::rep>(longest.count(), 0))) == 1;
}

} // namespace

/// After a call of OpenSSL that returned `result`: true if it is to be made again.
bool TlsStream::wait(int result)
{
    const auto error = SSL_get_error(m_tls, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return false;
    const auto left = std::chrono::duration_cast<milliseconds>(m_deadline - Clock::now());
    return left.count() > 0 && pollFor(m_socket, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, left);
}

bool TlsStream::awaitRequest(milliseconds longest, const std::function<bool()> &ended)
{
    constexpr milliseconds step(100); // within which an end is noticed
    const auto end = Clock::now() + longest;
    do {
        if (SSL_pending(m_tls) > 0 || pollFor(m_socket, POLLIN, step))
            return true;
    } while (Clock::now() < end && !ended());
    return false;
}

void TlsStream::limit(std::size_t octets, milliseconds time)
{
    m_octetsLeft = octets;
    m_used = false;
    m_time = time;
    m_deadline = Clock::now() + time;
}

bool TlsStream::handshake(milliseconds longest)
{
    m_deadline = Clock::now() + longest;
    for (;;) {
        ERR_clear_error();
        const auto result = SSL_accept(m_tls);
        if (result == 1)
            return true;
        if (!wait(result))
            return false;
    }
}

void TlsStream::shutDown()
{
    ERR_clear_error();
    SSL_shutdown(m_tls);
}

ssize_t TlsStream::read(char *to, std::size_t size)
{
    size = std::min(size, m_octetsLeft);
    if (size == 0)
        return -1;
    for (;;) {
        ERR_clear_error();
        const auto got = SSL_read(m_tls, to, static_cast<int>(size));
        if (got > 0) {
            m_used = true;
            m_octetsLeft -= static_cast<std::size_t>(got);
            return got;
        }
        if (!wait(got))
            return -1;
    }
}

ssize_t TlsStream::write(const char *from, std::size_t size)
{
    constexpr std::size_t most = 1 << 20;
    m_deadline = std::max(m_deadline, Clock::now() + m_time);
    for (;;) {
        ERR_clear_error();
        const auto put = SSL_write(m_tls, from, static_cast<int>(std::min(size, most)));
        if (put > 0)
            return put;
        if (!wait(put))
            return -1;
    }
}

void TlsStream::get_remote_ip_and_port(std::string &ip, int &port) const
{
    nameOf(getpeername, m_socket, ip, port);
}

void TlsStream::get_local_ip_and_port(std::string &ip, int &port) const
{
    nameOf(getsockname, m_socket, ip, port);
}

} // namespace kmsd
