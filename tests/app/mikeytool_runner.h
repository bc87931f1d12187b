// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>

using namespace Qt::StringLiterals;

/// What a run of the program came to.
struct Run
{
    int status = -1;
    QByteArray out;
    QString err;

    QJsonObject json() const { return QJsonDocument::fromJson(out).object(); }
    QJsonArray array() const { return QJsonDocument::fromJson(out).array(); }
};

inline QStringList words(const char *text)
{
    return QString::fromLatin1(text).split(u' ', Qt::SkipEmptyParts);
}

inline QByteArray contentsOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline QJsonObject vectors()
{
    const auto file = contentsOf(QStringLiteral(LATCHKEY_TEST_DATA "/vectors/mikey-computed-kat.json"));
    return QJsonDocument::fromJson(file).object();
}

inline QByteArray vectorMessage(const char *exchange, const char *message)
{
    return QByteArray::fromHex(
        vectors()[QLatin1String(exchange)].toObject()[QLatin1String(message)].toString().toLatin1());
}

/// The program itself in a directory of its own, as scripts run it. Its clock stands at noon.
class Mikeytool
{
protected:
    QString path(const QString &name) const { return m_dir.filePath(name); }

    QString write(const QString &name, const QByteArray &contents) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(contents) != contents.size())
            qFatal("cannot write %s", qPrintable(name));
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        return path(name);
    }

    void writeEndpoint(const char *name, const QByteArray &identity, const QByteArray &peer,
                       const QByteArray &psk) const
    {
        write(QLatin1String(name), "{\"identity\":\"" + identity + "\",\"psk\":{\"" + peer + "\":\"" + psk + "\"}}");
    }

    /// Alice and Bob share a key.
    void writeEndpoints() const
    {
        const QByteArray alice("sip:alice@example.org"), bob("sip:bob@example.org");
        writeEndpoint("alice.json", alice, bob, "00112233445566778899aabbccddeeff");
        writeEndpoint("bob.json", bob, alice, "00112233445566778899aabbccddeeff");
    }

    Run run(const QStringList &arguments, const QByteArray &input = {}) const
    {
        QProcess process;
        process.setWorkingDirectory(m_dir.path());
        process.start(QStringLiteral(MIKEYTOOL), arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit)
            return {};
        return {process.exitCode(), process.readAllStandardOutput(), QString::fromUtf8(process.readAllStandardError())};
    }
    Run run(const char *arguments, const QByteArray &input = {}) const { return run(words(arguments), input); }

    /// An offer of Alice to Bob; what is needed to finish goes to the file `state`.
    QByteArray offer(const QString &state, const QStringList &more = {}) const
    {
        const auto made = run(words("offer --endpoint alice.json --to sip:bob@example.org --method psk --state") +
                              QStringList{state, u"--at"_s, noon} + more);
        if (made.status != 0)
            qWarning("%s", qPrintable(made.err));
        return made.out;
    }

    Run respond(const QByteArray &message, const QStringList &more = {}, const QString &endpoint = u"bob.json"_s) const
    {
        return run(QStringList{u"respond"_s, u"--endpoint"_s, endpoint, u"--at"_s, noon, u"--json"_s} + more, message);
    }

    Run finish(const QString &state, const QByteArray &message, const QStringList &more = {}) const
    {
        return run(QStringList{u"finish"_s, u"--state"_s, state, u"--at"_s, noon, u"--json"_s} + more, message);
    }

    const QString noon = u"2026-11-23T12:00:00Z"_s;

private:
    QTemporaryDir m_dir;
};
