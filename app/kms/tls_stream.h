// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <chrono>
#include <functional>

namespace kmsd {

/// One TLS connection for cpp-httplib, whose own bounds neither the time nor the octets of a request: both are limited
/// here, whatever the request is made of.
class TlsStream final : public httplib::Stream
{
public:
    using Clock = std::chrono::steady_clock;

    TlsStream(socket_t socket, SSL *tls) : m_socket(socket), m_tls(tls) {}

    /// Waits for the next octets, at most that long, and no longer once `ended` says so.
    bool awaitRequest(std::chrono::milliseconds longest, const std::function<bool()> &ended);
    /// From here on a request may take that much. An answer has as much time again.
    void limit(std::size_t octets, std::chrono::milliseconds time);
    bool handshake(std::chrono::milliseconds longest);
    void shutDown();
    bool wasUsed() const { return m_used; } ///< since limit(): octets came

    bool is_readable() const override { return true; }
    bool is_writable() const override { return true; }
    ssize_t read(char *to, std::size_t size) override;
    ssize_t write(const char *from, std::size_t size) override;
    void get_remote_ip_and_port(std::string &ip, int &port) const override;
    void get_local_ip_and_port(std::string &ip, int &port) const override;
    socket_t socket() const override { return m_socket; }

private:
    bool wait(int result);

    socket_t m_socket;
    SSL *m_tls;
    std::size_t m_octetsLeft = 0;
    bool m_used = false;
    Clock::time_point m_deadline;
    std::chrono::milliseconds m_time{0};
};

} // namespace kmsd
