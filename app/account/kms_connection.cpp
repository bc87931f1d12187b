// SPDX-License-Identifier: Apache-2.0
#include "account/kms_connection.h"

#include "account/private_file.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QRandomGenerator>
#include <QSslConfiguration>
#include <QTimer>

namespace account {

namespace {

constexpr int ok = 200, forbidden = 403, unauthorized = 401, tooMany = 429, unavailable = 503;

QString text(const char *sentence)
{
    return QCoreApplication::translate("account", sentence);
}

QByteArray fingerprintOf(const QSslCertificate &certificate)
{
    return certificate.digest(QCryptographicHash::Sha256);
}

/// One question and its attempts. It lives as long as that takes, and no longer than its parent.
class Asking : public QObject
{
public:
    Asking(QNetworkAccessManager &network, const KmsPlace &place, const KmsLimits &limits, KmsQuestion question,
           std::function<void(const KmsReply &)> then, QObject *context)
        : QObject(context), m_network(network), m_place(place), m_limits(limits), m_question(std::move(question)),
          m_then(std::move(then)), m_pauseMs(limits.firstPauseMs)
    {
    }

    void start();

private:
    void attempt();
    QNetworkRequest request() const;
    void watchTls(QNetworkReply *reply);
    void handle(QNetworkReply &reply);
    QString wordsFor(const QNetworkReply &reply, int status) const;
    void finish(const KmsReply &answer);

    QNetworkAccessManager &m_network;
    KmsPlace m_place;
    KmsLimits m_limits;
    KmsQuestion m_question;
    std::function<void(const KmsReply &)> m_then;
    int m_pauseMs;
    int m_attempts = 0;
    bool m_stranger = false; ///< its certificate is not the one that is known
    bool m_tooLong = false;
};

QNetworkRequest Asking::request() const
{
    auto url = m_place.url;
    auto path = url.path(QUrl::FullyEncoded);
    if (!path.endsWith(QLatin1Char('/')))
        path += QLatin1Char('/');
    url.setPath(path + m_question.path, QUrl::TolerantMode); // it is encoded already
    QNetworkRequest request(url);
    request.setTransferTimeout(m_limits.milliseconds);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    for (const auto remembered :
         {QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::CookieSaveControlAttribute,
          QNetworkRequest::AuthenticationReuseAttribute})
        request.setAttribute(remembered, QNetworkRequest::Manual);
    if (!m_question.contentType.isEmpty())
        request.setHeader(QNetworkRequest::ContentTypeHeader, m_question.contentType);
    request.setRawHeader("Accept-Encoding", "identity"); // what is unpacked may be large
    if (!m_question.token.isEmpty())
        request.setRawHeader("Authorization", "Bearer " + m_question.token);
    auto tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    if (!m_place.trust.isEmpty())
        tls.setCaCertificates(m_place.trust);
    request.setSslConfiguration(tls);
    return request;
}

/// A certificate that is known by its fingerprint needs nobody to vouch for it, and no other will do. A secret leaves
/// only once that is sure: before, nothing of the request is sent.
void Asking::watchTls(QNetworkReply *reply)
{
    if (m_place.fingerprint.isEmpty())
        return;
    connect(reply, &QNetworkReply::sslErrors, this, [this, reply](const QList<QSslError> &errors) {
        const bool known = fingerprintOf(reply->sslConfiguration().peerCertificate()) == m_place.fingerprint;
        m_stranger = !known;
        if (known)
            reply->ignoreSslErrors(errors);
    });
    connect(reply, &QNetworkReply::encrypted, this, [this, reply] {
        m_stranger = fingerprintOf(reply->sslConfiguration().peerCertificate()) != m_place.fingerprint;
        if (m_stranger)
            reply->abort();
    });
}

void Asking::start()
{
    if (m_place.url.scheme() == QLatin1String("https"))
        return attempt();
    finish({0,
            {},
            text(QT_TRANSLATE_NOOP("account", "The key management service is to be asked at %1, which is no https "
                                              "address."))
                .arg(m_place.url.toDisplayString())});
}

void Asking::attempt()
{
    ++m_attempts;
    auto *reply =
        m_question.contentType.isEmpty() ? m_network.get(request()) : m_network.post(request(), m_question.body);
    reply->setParent(this);
    reply->setReadBufferSize(m_limits.octets + 1);
    watchTls(reply);
    connect(reply, &QNetworkReply::readyRead, this, [this, reply] {
        if (reply->bytesAvailable() > m_limits.octets) {
            m_tooLong = true;
            reply->abort();
        }
    });
    connect(reply, &QNetworkReply::finished, this, [this, reply] {
        handle(*reply);
        reply->deleteLater();
    });
}

void Asking::handle(QNetworkReply &reply)
{
    auto status = reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    if (status == ok && reply.error() != QNetworkReply::NoError) // it broke off within its answer
        status = 0;
    const bool tls = m_stranger || reply.error() == QNetworkReply::SslHandshakeFailedError;
    const bool worthAnother = !tls && !m_tooLong && (status == 0 || status == tooMany || status == unavailable);
    if (worthAnother && m_attempts < m_limits.attempts) {
        // With some chance in it, so that those who lost the service together do not return together.
        const auto pause = m_pauseMs + QRandomGenerator::global()->bounded(m_pauseMs / 2 + 1);
        m_pauseMs *= 3;
        QTimer::singleShot(pause, this, &Asking::attempt);
        return;
    }
    KmsReply answer;
    answer.status = m_tooLong ? 0 : status;
    answer.body = reply.read(m_limits.octets);
    answer.trouble = wordsFor(reply, status);
    finish(answer);
    wipe(answer.body); // it may be secret
}

QString Asking::wordsFor(const QNetworkReply &reply, int status) const
{
    const auto name = m_place.url.host();
    if (m_stranger)
        return text(QT_TRANSLATE_NOOP("account", "The key management service %1 shows another certificate than the one "
                                                 "that is known, so nothing was asked of it."))
            .arg(name);
    if (reply.error() == QNetworkReply::SslHandshakeFailedError)
        return text(QT_TRANSLATE_NOOP("account", "Nobody vouches for the certificate of the key management service %1, "
                                                 "so nothing was asked of it."))
            .arg(name);
    if (m_tooLong)
        return text(QT_TRANSLATE_NOOP("account", "The key management service %1 sent more than it may.")).arg(name);
    if (status == unauthorized || status == forbidden)
        return text(QT_TRANSLATE_NOOP("account", "The key management service %1 does not let this user in. Check the "
                                                 "token, or ask whoever runs the service."))
            .arg(name);
    if (status == ok)
        return {};
    if (status != 0)
        return text(QT_TRANSLATE_NOOP("account", "The key management service %1 could not answer (HTTP %2)."))
            .arg(name)
            .arg(status);
    return text(QT_TRANSLATE_NOOP("account", "The key management service %1 cannot be reached. Keys that are valid "
                                             "still go on serving."))
        .arg(name);
}

void Asking::finish(const KmsReply &answer)
{
    deleteLater();
    std::exchange(m_then, nullptr)(answer);
}

} // namespace

KmsConnection::KmsConnection(KmsPlace place, KmsLimits limits)
    : m_place(std::move(place)), m_limits(limits), m_network(std::make_unique<QNetworkAccessManager>())
{
}

KmsConnection::~KmsConnection() = default;

void KmsConnection::ask(const KmsQuestion &question, QObject *context, std::function<void(const KmsReply &)> then)
{
    auto *asking = new Asking(*m_network, m_place, m_limits, question, std::move(then), context);
    QObject::connect(m_network.get(), &QObject::destroyed, asking, &QObject::deleteLater);
    // In the next turn of the event loop, so that `then` never comes before ask() has returned.
    QTimer::singleShot(0, asking, &Asking::start);
}

} // namespace account
