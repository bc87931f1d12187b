// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"
#include "connection_limit.h"
#include "front.h"
#include "rate_limit.h"

#include <httplib.h>

#include <functional>

namespace kmsd {

/// HTTPS with limits on body, headers, time and rate. Each request is logged, also those that are no HTTP.
class HttpsServer final : private httplib::Server
{
public:
    /// Called from several threads.
    using Answerer = std::function<Reply(const Question &)>;

    HttpsServer(const Config &config, Answerer answerer);
    ~HttpsServer() override;

    /// What is wrong with certificate, address or port; none: it can run.
    std::optional<QString> bind();
    int port() const { return m_port; }
    /// Until stop(): what was begun is finished.
    void run();
    void stop(); ///< from any thread

private:
    bool process_and_close_socket(socket_t socket) override;
    bool serveFrom(const std::string &peer, class TlsStream &stream);
    void converse(const std::string &peer, TlsStream &stream);
    HandlerResponse admit(const httplib::Request &request, httplib::Response &response);
    void handle(const httplib::Request &request, httplib::Response &response);

    const Config &m_config;
    Answerer m_answerer;
    RateLimit m_rate;
    RateLimit m_handshakes; ///< what is refused by m_rate costs them still
    ConnectionLimit m_connections;
    SSL_CTX *m_tls = nullptr;
    int m_port = 0;
    std::atomic<bool> m_stopping = false, m_ended = false;
    std::atomic<int> m_waiting = 0; ///< connections without a thread
};

} // namespace kmsd
