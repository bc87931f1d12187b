// SPDX-License-Identifier: Apache-2.0
#include "account/certificate_fetch.h"

#include <QEventLoop>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QTimer>

#include <optional>

namespace account {

namespace {

constexpr auto certificateType = "application/pkix-cert"; // RFC 2585 4.1

bool mayBeFetched(const QUrl &url)
{
    return url.isValid() && !url.host().isEmpty() && url.userInfo().isEmpty() &&
           (url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https"));
}

QNetworkRequest requestFor(const QUrl &url)
{
    QNetworkRequest request(url);
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    for (const auto remembered :
         {QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::CookieSaveControlAttribute,
          QNetworkRequest::AuthenticationReuseAttribute})
        request.setAttribute(remembered, QNetworkRequest::Manual);
    request.setRawHeader("Accept", certificateType);
    request.setRawHeader("Accept-Encoding", "identity"); // what is unpacked may be large
    return request;
}

bool isCertificate(const QNetworkReply &reply)
{
    constexpr int ok = 200;
    if (reply.error() != QNetworkReply::NoError ||
        reply.attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt() != ok)
        return false;
    const auto type = reply.header(QNetworkRequest::ContentTypeHeader).toString();
    return type.section(QLatin1Char(';'), 0, 0)
               .trimmed()
               .compare(QLatin1String(certificateType), Qt::CaseInsensitive) == 0;
}

/// Where the server sends us instead; none if it does not, or if it leads to another scheme.
std::optional<QUrl> redirection(const QNetworkReply &reply)
{
    const auto target = reply.attribute(QNetworkRequest::RedirectionTargetAttribute).toUrl();
    const auto url = reply.url().resolved(target);
    const bool followed = !target.isEmpty() && mayBeFetched(url) && url.scheme() == reply.url().scheme();
    return followed ? std::optional(url) : std::nullopt;
}

/// The fetching for one message. It lives as long as that takes, and no longer than its parent.
class Fetch : public QObject
{
public:
    Fetch(QObject *context, std::function<void(FetchedCertificates)> done, const FetchLimits &limits)
        : QObject(context), m_done(std::move(done)), m_limits(limits)
    {
    }

    void start(const QStringList &urls);

private:
    void get(const QUrl &url, const QString &name, int redirectsLeft);
    void handle(QNetworkReply &reply, const QString &name, int redirectsLeft);
    void finish();

    std::function<void(FetchedCertificates)> m_done;
    FetchLimits m_limits;
    QNetworkAccessManager m_network;
    FetchedCertificates m_fetched;
    int m_waitingFor = 0;
};

void Fetch::start(const QStringList &urls)
{
    for (const auto &name : urls.mid(0, m_limits.urls)) {
        const QUrl url(name, QUrl::StrictMode);
        if (mayBeFetched(url))
            get(url, name, m_limits.redirects);
    }
    QTimer::singleShot(m_waitingFor == 0 ? 0 : m_limits.milliseconds, this, &Fetch::finish);
}

/// `name` is the URL as the message has it.
void Fetch::get(const QUrl &url, const QString &name, int redirectsLeft)
{
    auto *reply = m_network.get(requestFor(url));
    ++m_waitingFor;
    reply->setReadBufferSize(m_limits.octets + 1);
    connect(reply, &QNetworkReply::readyRead, reply, [reply, most = m_limits.octets] {
        if (reply->bytesAvailable() > most)
            reply->abort();
    });
    connect(reply, &QNetworkReply::finished, this, [this, reply, name, redirectsLeft] {
        handle(*reply, name, redirectsLeft);
        reply->deleteLater();
        if (--m_waitingFor == 0) // later: `done` may end the context, and the reply with it
            QMetaObject::invokeMethod(this, &Fetch::finish, Qt::QueuedConnection);
    });
}

void Fetch::handle(QNetworkReply &reply, const QString &name, int redirectsLeft)
{
    const auto elsewhere = redirection(reply);
    if (elsewhere && redirectsLeft > 0)
        return get(*elsewhere, name, redirectsLeft - 1);
    if (!isCertificate(reply) || reply.bytesAvailable() > m_limits.octets)
        return;
    const auto octets = reply.readAll();
    m_fetched[name.toStdString()] = mikey::Bytes(octets.begin(), octets.end());
}

void Fetch::finish()
{
    if (!m_done)
        return;
    const auto done = std::exchange(m_done, nullptr);
    deleteLater();
    done(std::move(m_fetched));
}

} // namespace

void fetchCertificates(const QStringList &urls, QObject *context, std::function<void(FetchedCertificates)> done,
                       const FetchLimits &limits)
{
    auto wanted = urls;
    wanted.removeDuplicates();
    (new Fetch(context, std::move(done), limits))->start(wanted);
}

FetchedCertificates fetchCertificatesNow(const QStringList &urls, const FetchLimits &limits)
{
    FetchedCertificates result;
    QEventLoop loop;
    fetchCertificates(
        urls, &loop,
        [&](FetchedCertificates fetched) {
            result = std::move(fetched);
            loop.quit();
        },
        limits);
    loop.exec();
    return result;
}

} // namespace account
