// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/kms_connection.h"
#include "account/kms_xml.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;

inline mikey::NtpTime clockTime()
{
    return mikey::NtpTime::fromUnixMicroseconds(QDateTime::currentMSecsSinceEpoch() * 1000);
}

/// latchkey-kms itself in a directory of its own, as people run it.
class KmsProcess
{
public:
    explicit KmsProcess(QJsonObject config = {}) { configure(std::move(config)); }

    void configure(QJsonObject config)
    {
        if (!config.contains(u"kms_uri"_s))
            config[u"kms_uri"_s] = u"kms.example.org"_s;
        config[u"port"_s] = 0;
        if (!config.contains(u"requests_per_minute"_s))
            config[u"requests_per_minute"_s] = 1000000;
        QFile file(path(u"latchkey-kms.json"_s));
        if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(config).toJson()) <= 0)
            qFatal("cannot write the config file");
    }
    ~KmsProcess()
    {
        m_process.kill();
        m_process.waitForFinished(5000);
    }

    QString path(const QString &name) const { return m_dir.filePath(name); }

    bool start()
    {
        m_process.setWorkingDirectory(m_dir.path());
        m_process.setStandardErrorFile(path(u"log"_s), QIODevice::Append);
        m_process.start(QStringLiteral(LATCHKEY_KMS), QStringList());
        while (!m_process.canReadLine()) {
            if (!m_process.waitForReadyRead(20000))
                return false;
        }
        const auto line = QJsonDocument::fromJson(m_process.readLine()).object();
        place.url = QUrl(line[u"url"_s].toString());
        place.fingerprint = QByteArray::fromHex(line[u"fingerprint"_s].toString().toLatin1());
        return place.url.isValid();
    }
    void kill() ///< SIGKILL
    {
        m_process.kill();
        m_process.waitForFinished(10000);
    }
    /// SIGTERM; the exit status.
    int stop()
    {
        m_process.terminate();
        return m_process.waitForFinished(15000) && m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode()
                                                                                                  : -1;
    }

    /// A sub-command; its standard output.
    QByteArray admin(const QStringList &words) const
    {
        QProcess process;
        process.setWorkingDirectory(m_dir.path());
        process.start(QStringLiteral(LATCHKEY_KMS), words);
        return process.waitForFinished(60000) && process.exitCode() == 0 ? process.readAllStandardOutput()
                                                                         : QByteArray();
    }
    QByteArray addUser(const QString &identity) const
    {
        const auto out = QJsonDocument::fromJson(admin({u"user"_s, u"add"_s, identity})).object();
        return out[u"token"_s].toString().toLatin1();
    }
    QByteArray log() const
    {
        QFile file(path(u"log"_s));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    account::KmsPlace place;

private:
    QTemporaryDir m_dir;
    QProcess m_process;
};

/// A question about the keys of `identity`, as a client writes it.
inline account::KmsQuestion keyQuestion(const account::KmsPlace &place, const QString &identity,
                                        const QByteArray &token, const QString &resource = u"keyprov"_s,
                                        const QString &device = u"test"_s)
{
    const auto path = u"keymanagement/identity/v1/"_s + resource;
    account::KmsRequest request{identity, u"kms.example.org"_s, device, place.url.toString() + u'/' + path,
                                clockTime()};
    return {path, "application/xml", account::requestXml(request), token};
}

inline account::KmsReply ask(const account::KmsPlace &place, const account::KmsQuestion &question)
{
    account::KmsLimits limits;
    limits.attempts = 1;
    account::KmsConnection connection(place, limits);
    std::optional<account::KmsReply> reply;
    QObject context;
    connection.ask(question, &context, [&](const account::KmsReply &r) { reply = r; });
    return QTest::qWaitFor([&] { return reply.has_value(); }, 20000) ? *reply : account::KmsReply{0, {}, u"late"_s};
}
