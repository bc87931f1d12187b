// SPDX-License-Identifier: Apache-2.0
#include "account/kms_access.h"

#include "account/certificate_input.h"
#include "account/local_kms.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QEventLoop>
#include <QJsonArray>
#include <QPointer>
#include <QThreadPool>

namespace account {

namespace {

constexpr qint64 mostTrustOctets = qint64{1} << 20;

KmsQuestion questionOf(const mikey::Bytes &message)
{
    return {QStringLiteral("mikey/ticket"),
            QByteArrayLiteral("application/mikey"),
            QByteArray(reinterpret_cast<const char *>(message.data()), static_cast<qsizetype>(message.size())),
            {}};
}

KmsTold toldOf(const KmsReply &reply)
{
    if (!reply.trouble.isEmpty())
        return reply.trouble;
    const auto octets = viewOf(reply.body);
    return mikey::Bytes(octets.begin(), octets.end());
}

KmsTold playedHere(const QString &file, const mikey::Bytes &message, mikey::NtpTime now)
{
    auto answer = LocalKms(file).answer(message, now);
    if (!answer)
        return answer.error();
    if (answer->message)
        return std::move(*answer->message);
    return QStringLiteral("the key management service gave no answer: %1")
        .arg(answer->error ? QString::fromStdString(answer->error->reason) : QString());
}

mikey::NtpTime clockTime()
{
    constexpr std::int64_t microseconds = 1000;
    return mikey::NtpTime::fromUnixMicroseconds(QDateTime::currentMSecsSinceEpoch() * microseconds);
}

/// A file of certificates, or a list of such. What is neither is refused: without it the system's authorities would be
/// trusted.
std::optional<QString> readTrust(const QJsonValue &told, const QString &directory, QList<QSslCertificate> &trust)
{
    const auto paths = told.isString() ? QJsonArray{told} : told.toArray();
    if (!told.isUndefined() && told != QString() && paths.isEmpty())
        return QStringLiteral("\"kms_trust\" is neither the path of a file of certificates nor a list of such");
    for (const auto &path : paths) {
        if (path == QString())
            continue;
        const auto contents = readFile(QDir(directory).filePath(path.toString()), mostTrustOctets);
        if (!contents)
            return contents.error();
        const auto found = QSslCertificate::fromData(*contents, QSsl::Pem);
        if (found.isEmpty())
            return QStringLiteral("\"kms_trust\" names %1, in which there is no certificate").arg(path.toString());
        trust += found;
    }
    return std::nullopt;
}

} // namespace

Loaded<KmsSource> kmsSourceOf(const QJsonObject &part, const QString &directory)
{
    KmsSource source;
    const auto kms = part[QLatin1String("kms")].toString();
    if (kms.isEmpty())
        return source;
    if (!kms.contains(QLatin1String("://"))) {
        source.file = QDir(directory).filePath(kms);
        return source;
    }
    source.place.url = QUrl(kms, QUrl::StrictMode);
    if (!source.place.url.isValid() || source.place.url.scheme() != QLatin1String("https"))
        return QStringLiteral("\"kms\" is neither an https URL nor the path of a kms.json");
    if (const auto pinned = part[QLatin1String("kms_fingerprint")]; !pinned.isUndefined() && pinned != QString()) {
        const auto fingerprint = fingerprintOf(pinned.toString());
        if (!fingerprint)
            return QStringLiteral("\"kms_fingerprint\" is no SHA-256 in hex");
        source.place.fingerprint = QByteArray(reinterpret_cast<const char *>(fingerprint->data()),
                                              static_cast<qsizetype>(fingerprint->size()));
    }
    if (auto fault = readTrust(part[QLatin1String("kms_trust")], directory, source.place.trust))
        return std::move(*fault);
    return source;
}

bool isServiceOf(const QJsonObject &part, const QUrl &url)
{
    const QUrl known(part[QLatin1String("kms")].toString());
    return url.isEmpty() || (known.host() == url.host() && known.port(443) == url.port(443));
}

KmsClient::KmsClient(KmsSource source) : m_source(std::move(source))
{
    if (m_source.file.isEmpty())
        m_connection = std::make_unique<KmsConnection>(m_source.place);
}

KmsClient::~KmsClient() = default;

void KmsClient::ask(const mikey::KmsRequest &request, QObject *context, std::function<void(const KmsTold &)> then) const
{
    if (m_connection)
        return m_connection->ask(questionOf(request.message), context,
                                 [then](const KmsReply &reply) { then(toldOf(reply)); });
    // Files are read and written: not in the thread of a window.
    QThreadPool::globalInstance()->start(
        [file = m_source.file, message = request.message, guard = QPointer<QObject>(context), then] {
            const auto told = playedHere(file, message, clockTime());
            // Whether the one who asked is still there is known in his thread only.
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, then, told] {
                    if (guard)
                        then(told);
                },
                Qt::QueuedConnection);
        });
}

KmsTold askKmsAndWait(const KmsSource &source, const mikey::KmsRequest &request, mikey::NtpTime now, KmsLimits limits)
{
    if (!source.file.isEmpty())
        return playedHere(source.file, request.message, now);
    if (!source.isSet())
        return QStringLiteral(
                   "the key management service %1 is needed, and the endpoint file does not tell where it is")
            .arg(QString::fromStdString(request.kms));
    QEventLoop loop;
    std::optional<KmsTold> told;
    KmsConnection connection(source.place, limits);
    connection.ask(questionOf(request.message), &loop, [&](const KmsReply &reply) {
        told = toldOf(reply);
        loop.quit();
    });
    loop.exec();
    return *told;
}

} // namespace account
