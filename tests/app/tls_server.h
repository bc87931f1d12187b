// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/kms_connection.h"
#include "crypto/issue.h"

#include <QSslKey>
#include <QSslServer>
#include <QSslSocket>

#include <functional>

using namespace Qt::StringLiterals;

struct Identity
{
    QSslCertificate certificate;
    QSslKey key;
    QByteArray fingerprint;
};

inline Identity makeIdentity()
{
    mikey::CertificateRequest request;
    request.commonName = "kms.example.org";
    const auto now = mikey::NtpTime::fromUnixMicroseconds(QDateTime::currentMSecsSinceEpoch() * 1000);
    request.notBefore = now.plusSeconds(-60);
    request.notAfter = now.plusSeconds(3600);
    const auto key = mikey::PrivateKey::generate(2048);
    const auto certificate = mikey::selfSigned(request, key);
    const auto pem = key.toPem();
    const auto fingerprint = certificate.fingerprint();
    return {QSslCertificate(QByteArray::fromStdString(certificate.toPem())),
            QSslKey(QByteArray(reinterpret_cast<const char *>(pem.view().data()), qsizetype(pem.size())), QSsl::Rsa),
            QByteArray(reinterpret_cast<const char *>(fingerprint.data()), qsizetype(fingerprint.size()))};
}

inline const Identity &identity()
{
    static const auto made = makeIdentity();
    return made;
}

/// A TLS server on loopback that gives each request an answer of the test's making.
class TlsServer : public QSslServer
{
public:
    using Answer = std::function<QByteArray(const QByteArray &request)>;

    /// Each request gets the next of the answers, the last one for ever.
    explicit TlsServer(QByteArrayList answers)
        : TlsServer([left = std::move(answers)](const QByteArray &) mutable {
              return left.size() > 1 ? left.takeFirst() : left.first();
          })
    {
    }
    explicit TlsServer(Answer answer) : m_answer(std::move(answer))
    {
        auto tls = QSslConfiguration::defaultConfiguration();
        tls.setLocalCertificate(identity().certificate);
        tls.setPrivateKey(identity().key);
        setSslConfiguration(tls);
        if (!listen(QHostAddress::LocalHost))
            qFatal("cannot listen");
        connect(this, &QTcpServer::pendingConnectionAvailable, this, &TlsServer::serve);
    }

    account::KmsPlace place() const
    {
        account::KmsPlace place;
        place.url = QUrl(u"https://127.0.0.1:%1/kms"_s.arg(serverPort()));
        place.fingerprint = identity().fingerprint;
        return place;
    }
    QByteArrayList requests;

private:
    void serve()
    {
        auto *socket = nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
            const auto octets = socket->readAll();
            if (!octets.startsWith("POST ")) {
                requests.last() += octets;
                return;
            }
            requests += octets;
            socket->write(m_answer(octets));
            socket->disconnectFromHost();
        });
    }

    Answer m_answer;
};

inline QByteArray http(const QByteArray &status, const QByteArray &body)
{
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + QByteArray::number(body.size()) +
           "\r\n\r\n" + body;
}
