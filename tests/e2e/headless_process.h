// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <functional>

/// A running `latchkey --headless` and the events it told so far.
class HeadlessProcess
{
public:
    using Wanted = std::function<bool(const QJsonObject &)>;

    explicit HeadlessProcess(const QStringList &arguments)
    {
        m_process.setProcessChannelMode(QProcess::SeparateChannels);
        m_process.start(QStringLiteral(LATCHKEY_PROGRAM), QStringList{QStringLiteral("--headless")} + arguments);
    }
    ~HeadlessProcess()
    {
        m_process.closeWriteChannel();
        if (!m_process.waitForFinished(500)) // it may wait for a peer that the test only plays
            m_process.kill();
        m_process.waitForFinished(1000);
    }

    void send(const QJsonObject &command) { sendLine(QJsonDocument(command).toJson(QJsonDocument::Compact)); }
    void sendLine(const QByteArray &line) { m_process.write(line + '\n'); }

    /// The next event of that name that was not taken yet; an empty object if none comes within 10 s.
    QJsonObject next(const QString &event, const Wanted &wanted = {})
    {
        QJsonObject found;
        static_cast<void>(QTest::qWaitFor([&] { return take(event, wanted, found); }, 10000));
        return found;
    }
    /// All events of that name so far.
    QList<QJsonObject> all(const QString &event)
    {
        read();
        QList<QJsonObject> found;
        for (const auto &one : m_events) {
            if (one.value(QLatin1String("event")) == event)
                found.append(one);
        }
        return found;
    }
    quint16 port()
    {
        return static_cast<quint16>(next(QStringLiteral("listening")).value(QLatin1String("port")).toInt());
    }

    void endInput() { m_process.closeWriteChannel(); }

    /// Exit status after end of input; -1 if it does not end in time.
    int finish()
    {
        m_process.closeWriteChannel();
        if (!m_process.waitForFinished(5000) || m_process.exitStatus() != QProcess::NormalExit)
            return -1;
        read();
        return m_process.exitCode();
    }
    bool running() const { return m_process.state() == QProcess::Running; }
    QByteArray log() { return m_process.readAllStandardError(); }

private:
    void read()
    {
        m_pending += m_process.readAllStandardOutput();
        for (auto end = m_pending.indexOf('\n'); end >= 0; end = m_pending.indexOf('\n')) {
            m_events.append(QJsonDocument::fromJson(m_pending.left(end)).object());
            m_pending.remove(0, end + 1);
        }
    }
    bool take(const QString &event, const Wanted &wanted, QJsonObject &found)
    {
        read();
        for (auto i = m_taken.value(event); i < m_events.size(); ++i) {
            const auto &one = m_events[i];
            if (one.value(QLatin1String("event")) == event && (!wanted || wanted(one))) {
                m_taken[event] = i + 1;
                found = one;
                return true;
            }
        }
        return false;
    }

    QProcess m_process;
    QByteArray m_pending;
    QList<QJsonObject> m_events;
    QHash<QString, qsizetype> m_taken; ///< where the search for each event goes on
};

/// Alice's and Bob's endpoint files and profiles in a folder of their own.
class TwoEndpoints
{
public:
    TwoEndpoints(const QByteArray &alicesKey = defaultKey, const QByteArray &bobsKey = defaultKey,
                 const QJsonObject &bobAccepts = {})
    {
        write(QStringLiteral("alice"), QStringLiteral("bob"), alicesKey, {});
        write(QStringLiteral("bob"), QStringLiteral("alice"), bobsKey, bobAccepts);
    }

    QStringList arguments(const QString &name, const QString &audio = QStringLiteral("none"),
                          const QString &listen = QStringLiteral("udp:127.0.0.1:0")) const
    {
        return {QStringLiteral("--profile"),  path(name + QStringLiteral("-profile")),
                QStringLiteral("--endpoint"), path(name + QStringLiteral(".json")),
                QStringLiteral("--audio"),    audio,
                QStringLiteral("--listen"),   listen};
    }
    QString path(const QString &name) const { return m_dir.filePath(name); }

    static constexpr auto defaultKey = "00112233445566778899aabbccddeeff";

private:
    void write(const QString &name, const QString &peer, const QByteArray &key, const QJsonObject &accept)
    {
        const QJsonObject endpoint{{QStringLiteral("identity"), QStringLiteral("sip:%1@example.org").arg(name)},
                                   {QStringLiteral("psk"), QJsonObject{{QStringLiteral("sip:%1@example.org").arg(peer),
                                                                        QString::fromLatin1(key)}}},
                                   {QStringLiteral("accept"), accept}};
        QFile file(path(name + QStringLiteral(".json")));
        if (!file.open(QIODevice::WriteOnly) || !file.setPermissions(QFile::ReadOwner | QFile::WriteOwner))
            qFatal("cannot write an endpoint file");
        file.write(QJsonDocument(endpoint).toJson());
    }

    QTemporaryDir m_dir;
};

/// `{"do":"call"}` to Bob at a port of this machine.
inline QJsonObject callBob(quint16 port, const QString &transport = {})
{
    const auto suffix = transport.isEmpty() ? QString() : QStringLiteral(";transport=") + transport;
    return {{QStringLiteral("do"), QStringLiteral("call")},
            {QStringLiteral("to"), QStringLiteral("sip:bob@127.0.0.1:%1%2").arg(port).arg(suffix)},
            {QStringLiteral("identity"), QStringLiteral("sip:bob@example.org")},
            {QStringLiteral("method"), QStringLiteral("psk")}};
}
