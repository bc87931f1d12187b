// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QSslCertificate>
#include <QString>
#include <QUrl>

#include <functional>
#include <memory>
#include <optional>

class QNetworkAccessManager;
class QObject;

/// Questions to a key management service over HTTPS. On a thread with an event loop; nothing blocks.
namespace account {

/// Where a service is, and how its TLS certificate is known.
struct KmsPlace
{
    QUrl url;                     ///< https; what it is asked stands below this path
    QByteArray fingerprint;       ///< SHA-256 of its certificate: only that one is taken, whoever vouches for it
    QList<QSslCertificate> trust; ///< without a fingerprint: who may vouch for it; empty: whom the system trusts
};

/// What comes of a question.
struct KmsReply
{
    int status = 0;  ///< of HTTP; 0: there was no answer
    QByteArray body; ///< bounded by KmsLimits
    QString trouble; ///< a sentence where there is no usable answer, else empty
};

struct KmsLimits
{
    qint64 octets = qint64{128} << 10; ///< of an answer
    int attempts = 3;                  ///< where the service cannot be reached or says that it is busy
    int firstPauseMs = 300;            ///< before the second attempt; then three times as long each
    int milliseconds = 8000;           ///< for one attempt
};

/// A question: the octets that are posted, or GET. Repeated as it is, it does no harm: a service answers the same
/// again.
struct KmsQuestion
{
    QString path;           ///< below the place's URL: "mikey/ticket"
    QByteArray contentType; ///< "application/mikey"; empty: GET
    QByteArray body;
    QByteArray token; ///< bearer token; empty: none
};

class KmsConnection
{
public:
    explicit KmsConnection(KmsPlace place, KmsLimits limits = {});
    ~KmsConnection();

    const KmsPlace &place() const { return m_place; }
    /// Calls `then` once, later, unless `context` or the connection goes before.
    void ask(const KmsQuestion &question, QObject *context, std::function<void(const KmsReply &)> then);

private:
    KmsPlace m_place;
    KmsLimits m_limits;
    std::unique_ptr<QNetworkAccessManager> m_network;
};

} // namespace account
