// SPDX-License-Identifier: Apache-2.0
#include "https_server.h"

#include "log.h"
#include "tls_stream.h"

#include "crypto/openssl.h"
#include "crypto/secret.h"

#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace kmsd {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t mostBodyOctets = 64 << 10;
constexpr std::size_t mostRequestOctets = mostBodyOctets + (16 << 10); ///< with the headers
constexpr std::size_t longestTarget = 1024; ///< cpp-httplib matches paths by std::regex, which recurses
constexpr milliseconds requestTime(10000), idleTime(5000), handshakeTime(5000);
constexpr int mostRequestsOfAConnection = 100;

/// What the log says of the request that a thread is at.
struct Outcome
{
    std::chrono::steady_clock::time_point begun;
    std::string peer; ///< cpp-httplib forgets it where the request is none
    std::string user;
    std::string trouble;
    int status = 0; ///< 0: nothing was answered
};
thread_local Outcome outcome;

mikey::NtpTime clockTime()
{
    using namespace std::chrono;
    return mikey::NtpTime::fromUnixMicroseconds(
        duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

/// The part of the target that names what is asked for. Behind it may be tokens (RFC 6750 2.3).
std::string pathOf(const httplib::Request &request)
{
    return request.target.substr(0, request.target.find('?'));
}

void logRequest(const httplib::Request &request)
{
    const auto time = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - outcome.begun);
    QJsonObject line{{QStringLiteral("peer"), QString::fromStdString(outcome.peer)},
                     {QStringLiteral("method"), QString::fromStdString(request.method.substr(0, 16))},
                     {QStringLiteral("path"), QString::fromStdString(pathOf(request).substr(0, 200))},
                     {QStringLiteral("status"), outcome.status},
                     {QStringLiteral("ms"), static_cast<qint64>(time.count())}};
    if (!outcome.user.empty())
        line[QStringLiteral("user")] = QString::fromStdString(outcome.user);
    if (!outcome.trouble.empty())
        line[QStringLiteral("reason")] = QString::fromStdString(outcome.trouble);
    logLine("request", line);
}

/// The body may be secret: it is not copied into the response, and wiped when that was sent.
void send(httplib::Response &response, QByteArray body, const char *contentType)
{
    const auto size = static_cast<std::size_t>(body.size());
    if (size == 0)
        return response.set_content("", 0, contentType);
    const auto secret = std::make_shared<QByteArray>(std::move(body));
    response.set_content_provider(
        size, contentType,
        [secret](std::size_t offset, std::size_t length, httplib::DataSink &sink) {
            return sink.write(secret->constData() + offset, length);
        },
        [secret](bool) { account::wipe(*secret); });
}

void refuse(httplib::Response &response, int status, const char *reason)
{
    response.status = status;
    response.set_content(std::string(reason) + '\n', "text/plain");
    outcome.trouble = reason;
}

void tooMany(httplib::Response &response)
{
    response.set_header("Retry-After", "60");
    refuse(response, 429, "too many requests");
}

void wipeText(std::string &text)
{
    mikey::wipe({reinterpret_cast<std::uint8_t *>(text.data()), text.size()});
}

std::string bearerOf(const httplib::Request &request)
{
    const std::string scheme = "Bearer ";
    auto value = request.get_header_value("Authorization");
    const bool bearer = strncasecmp(value.c_str(), scheme.c_str(), scheme.size()) == 0; // RFC 7235 2.1
    auto token = bearer ? value.substr(scheme.size()) : std::string();
    wipeText(value);
    return token;
}

/// The octets of the body, which come in base64 where its header says so (kms-reference 1.6). None: they are no base64.
std::optional<QByteArray> bodyOf(const httplib::Request &request)
{
    QByteArray body(request.body.data(), static_cast<qsizetype>(request.body.size()));
    if (strcasecmp(request.get_header_value("Content-Transfer-Encoding").c_str(), "base64") != 0)
        return body;
    body.replace("\r", "").replace("\n", "");
    const auto decoded = QByteArray::fromBase64Encoding(body, QByteArray::AbortOnBase64DecodingErrors);
    return decoded ? std::optional(*decoded) : std::nullopt;
}

/// Knows how many connections wait for a thread.
class CountingPool final : public httplib::ThreadPool
{
public:
    CountingPool(std::size_t threads, std::atomic<int> &waiting) : ThreadPool(threads), m_waiting(waiting) {}

    void enqueue(std::function<void()> task) override
    {
        ++m_waiting;
        ThreadPool::enqueue([this, task = std::move(task)] {
            --m_waiting;
            task();
        });
    }

private:
    std::atomic<int> &m_waiting;
};

/// Only one process listens on a port: cpp-httplib's own options would let others share it.
void onlyOurs(socket_t socket)
{
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

} // namespace

HttpsServer::HttpsServer(const Config &config, Answerer answerer)
    : m_config(config), m_answerer(std::move(answerer)), m_rate(config.requestsPerMinute),
      m_handshakes(2 * config.requestsPerMinute), m_connections(config.connectionsPerAddress)
{
    new_task_queue = [this] { return new CountingPool(static_cast<std::size_t>(m_config.threads), m_waiting); };
    set_payload_max_length(mostBodyOctets);
    set_socket_options(onlyOurs);
    set_tcp_nodelay(true);
    set_pre_routing_handler([this](const auto &request, auto &response) { return admit(request, response); });
    const auto answer = [this](const httplib::Request &request, httplib::Response &response) {
        handle(request, response);
    };
    Get(".*", answer);
    Post(".*", answer);
    Put(".*", answer);
    Delete(".*", answer);
    set_logger([](const httplib::Request &request, const httplib::Response &response) {
        outcome.status = response.status;
        logRequest(request);
    });
    set_exception_handler([](const auto &, auto &response, const std::exception_ptr &) {
        refuse(response, 500, "the service has a fault");
    });
}

HttpsServer::~HttpsServer()
{
    SSL_CTX_free(m_tls);
}

std::optional<QString> HttpsServer::bind()
{
    m_tls = SSL_CTX_new(TLS_server_method());
    const auto certificate = m_config.certificate.toLocal8Bit(), key = m_config.privateKey.toLocal8Bit();
    if (!m_tls || SSL_CTX_set_min_proto_version(m_tls, TLS1_2_VERSION) != 1 ||
        SSL_CTX_use_certificate_chain_file(m_tls, certificate.constData()) != 1 ||
        SSL_CTX_use_PrivateKey_file(m_tls, key.constData(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(m_tls) != 1)
        return QStringLiteral("TLS cannot use the certificate %1 with the key %2")
            .arg(m_config.certificate, m_config.privateKey);
    const auto address = m_config.address.toStdString();
    m_port = m_config.port;
    if (m_port == 0)
        m_port = bind_to_any_port(address);
    else if (!bind_to_port(address, m_port))
        m_port = -1;
    if (m_port > 0)
        return std::nullopt;
    return QStringLiteral("%1 port %2 cannot be listened on").arg(m_config.address).arg(m_config.port);
}

void HttpsServer::run()
{
    listen_after_bind();
    m_ended = true;
}

void HttpsServer::stop()
{
    constexpr milliseconds pause(10);
    m_stopping = true;
    while (!is_running() && !m_ended) // cpp-httplib forgets what it is told before it listens
        std::this_thread::sleep_for(pause);
    Server::stop();
}

bool HttpsServer::process_and_close_socket(socket_t socket)
{
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
    {
        const mikey::Owned<SSL, SSL_free> tls(SSL_new(m_tls));
        SSL_set_fd(tls.get(), socket);
        TlsStream stream(socket, tls.get());
        std::string peer;
        int port = 0;
        stream.get_remote_ip_and_port(peer, port);
        if (serveFrom(peer, stream)) // the place is free before the peer learns that the connection ends
            stream.shutDown();
    }
    close(socket);
    return true;
}

/// False: there was no TLS, so there is none to end.
bool HttpsServer::serveFrom(const std::string &peer, TlsStream &stream)
{
    const ConnectionLimit::Place place(m_connections, peer);
    const bool welcome = place.isTaken() && m_handshakes.admit(peer, std::chrono::steady_clock::now());
    const bool served = welcome && stream.handshake(handshakeTime);
    if (served)
        converse(peer, stream);
    else
        logLine(welcome ? "no tls" : "too many connections", {{QStringLiteral("peer"), QString::fromStdString(peer)}});
    return served;
}

/// Requests one after the other; after one that was refused the connection is closed, as its rest may still come.
void HttpsServer::converse(const std::string &peer, TlsStream &stream)
{
    bool closed = false;
    for (int left = mostRequestsOfAConnection; left > 0 && !closed; --left) {
        // One that is idle gives its thread to those who wait for one, and its place to others of its address.
        if (!stream.awaitRequest(idleTime, [this, &peer, first = left == mostRequestsOfAConnection] {
                return m_stopping || (!first && (m_waiting > 0 || m_connections.isFull(peer)));
            }))
            return;
        outcome = {std::chrono::steady_clock::now(), peer, {}, {}, 0};
        stream.limit(mostRequestOctets, requestTime);
        const bool done = process_request(stream, left == 1, closed, {});
        if (outcome.status == 0 && stream.wasUsed()) {
            outcome.trouble = "the request did not end in time or within its limits";
            logRequest({});
        }
        if (!done || outcome.status == 0 || outcome.status >= 400)
            return;
    }
}

/// Before the body is read.
httplib::Server::HandlerResponse HttpsServer::admit(const httplib::Request &request, httplib::Response &response)
{
    response.set_header("Cache-Control", "no-store");
    if (!m_rate.admit(request.remote_addr, std::chrono::steady_clock::now()))
        tooMany(response);
    else if (request.target.size() > longestTarget)
        refuse(response, 414, "the path is too long");
    else if (request.has_header("Content-Encoding")) // what is unpacked may be large
        refuse(response, 415, "compressed requests are not taken");
    else if (request.has_header("Range")) // of answers that are made for one question; many ranges make a long one
        refuse(response, 416, "parts of answers are not given");
    else
        return HandlerResponse::Unhandled;
    return HandlerResponse::Handled;
}

void HttpsServer::handle(const httplib::Request &request, httplib::Response &response)
{
    Question question;
    question.method = request.method;
    question.path = pathOf(request);
    auto body = bodyOf(request);
    if (!body)
        return refuse(response, 400, "the body is no base64");
    question.bearer = bearerOf(request);
    question.body = std::move(*body);
    question.now = clockTime();
    auto reply = m_answerer(question);
    wipeText(question.bearer);
    response.status = reply.status;
    if (reply.status == 401)
        response.set_header("WWW-Authenticate", "Bearer");
    if (!reply.allow.empty())
        response.set_header("Allow", reply.allow);
    send(response, std::move(reply.body), reply.contentType);
    outcome.user = std::move(reply.user);
    outcome.trouble = std::move(reply.trouble);
}

} // namespace kmsd
