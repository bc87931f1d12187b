// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDir>
#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QThread>

#include <csignal>

#include <pwd.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

/// A PostgreSQL server of our own, on a socket in a directory of its own. Where we are root it runs as `nobody`, since
/// it refuses to be root.
class PostgresServer
{
public:
    /// Where Debian's postgresql has its programs; empty if it is not installed.
    static QString programs()
    {
        const QDir versions(u"/usr/lib/postgresql"_s);
        const auto names = versions.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name | QDir::Reversed);
        for (const auto &name : names) {
            if (QFile::exists(versions.filePath(name + u"/bin/initdb"_s)))
                return versions.filePath(name + u"/bin/"_s);
        }
        return {};
    }

    ~PostgresServer() { stop(); }

    bool make()
    {
        const auto *nobody = getpwnam("nobody");
        m_asNobody = geteuid() == 0 && nobody;
        if (m_asNobody && chown(m_dir.path().toLocal8Bit().constData(), nobody->pw_uid, nobody->pw_gid) != 0)
            return false;
        return run(u"initdb"_s,
                   {u"-D"_s, data(), u"-U"_s, u"kms"_s, u"-A"_s, u"trust"_s, u"-E"_s, u"UTF8"_s, u"--no-locale"_s});
    }
    bool start()
    {
        begin(m_process, u"postgres"_s, {u"-D"_s, data(), u"-k"_s, m_dir.path(), u"-c"_s, u"listen_addresses="_s});
        QElapsedTimer timer;
        for (timer.start(); timer.elapsed() < 20000; QThread::msleep(50)) {
            if (run(u"pg_isready"_s, {u"-h"_s, m_dir.path(), u"-U"_s, u"kms"_s}))
                return true;
        }
        return false;
    }
    void stop()
    {
        if (m_process.state() == QProcess::NotRunning)
            return;
        ::kill(static_cast<pid_t>(m_process.processId()), SIGINT); // ends connections, then itself
        m_process.waitForFinished(10000);
    }
    QString place() const { return u"postgresql:///postgres?user=kms&host="_s + m_dir.path(); }

private:
    QString data() const { return m_dir.filePath(u"data"_s); }

    void begin(QProcess &process, const QString &program, const QStringList &arguments) const
    {
        const auto path = programs() + program;
        process.setWorkingDirectory(u"/"_s);
        process.setStandardOutputFile(QProcess::nullDevice());
        process.setStandardErrorFile(QProcess::nullDevice());
        QStringList words{u"--pdeathsig=INT"_s}; // a test that crashes leaves no server behind
        if (m_asNobody)
            words += QStringList{u"--reuid=nobody"_s, u"--regid=nogroup"_s, u"--clear-groups"_s};
        process.start(u"setpriv"_s, words + QStringList{path} + arguments);
    }
    bool run(const QString &program, const QStringList &arguments) const
    {
        QProcess process;
        begin(process, program, arguments);
        return process.waitForFinished(60000) && process.exitStatus() == QProcess::NormalExit &&
               process.exitCode() == 0;
    }

    QTemporaryDir m_dir;
    QProcess m_process;
    bool m_asNobody = false;
};
