// SPDX-License-Identifier: Apache-2.0
#include "account/private_file.h"

#include "crypto/secret.h"

#include <QDir>
#include <QFileInfo>
#include <QSaveFile>
#include <QTemporaryFile>

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace account {

namespace {

constexpr QFile::Permissions ownerOnly = QFile::ReadOwner | QFile::WriteOwner;

QString trouble(const QString &path, const QString &what)
{
    return QStringLiteral("%1: %2").arg(path, what);
}

/// So that a name in it outlives a loss of power.
void syncDirectory(const QString &path)
{
    const int directory = open(QFile::encodeName(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return;
    fsync(directory);
    close(directory);
}

} // namespace

Loaded<QByteArray> readFile(const QString &path, qint64 limit)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        return trouble(path, file.errorString());
    return readFile(file, path, limit);
}

Loaded<QByteArray> readFile(QFile &file, const QString &name, qint64 limit)
{
    QByteArray contents;
    while (contents.size() <= limit) {
        auto more = file.read(limit + 1 - contents.size());
        if (more.isEmpty())
            break;
        contents += more;
        wipe(more);
    }
    if (file.error() != QFile::NoError)
        return trouble(name, file.errorString());
    if (contents.size() <= limit)
        return contents;
    wipe(contents);
    return trouble(name, QStringLiteral("the file is larger than %1 octets").arg(limit));
}

std::optional<QString> writePrivateFile(const QString &path, const QByteArray &contents)
{
    QSaveFile file(path);
    const bool written = file.open(QIODevice::WriteOnly) && file.setPermissions(ownerOnly) &&
                         file.write(contents) == contents.size() && file.commit();
    return written ? std::nullopt : std::optional(trouble(path, file.errorString()));
}

std::optional<QString> createPrivateFile(const QString &path, const QByteArray &contents)
{
    QTemporaryFile file(path + QStringLiteral(".XXXXXX")); // of mode 0600
    const bool written =
        file.open() && file.write(contents) == contents.size() && file.flush() && fsync(file.handle()) == 0;
    if (!written)
        return trouble(path, file.errorString());
    // The name comes up with the whole contents, and only if nobody else has it.
    if (link(QFile::encodeName(file.fileName()).constData(), QFile::encodeName(path).constData()) != 0)
        return trouble(path, qt_error_string(errno));
    syncDirectory(QFileInfo(path).path());
    return std::nullopt;
}

std::optional<QString> makePrivateDirectory(const QString &path)
{
    const QFileInfo directory(QDir::cleanPath(path));
    if (directory.isDir())
        return std::nullopt;
    const auto parent = directory.absoluteDir();
    if (QDir().mkpath(parent.path()) && parent.mkdir(directory.fileName(), ownerOnly | QFile::ExeOwner))
        return std::nullopt;
    return trouble(path, QStringLiteral("the directory cannot be made"));
}

FileLock::FileLock(const QString &path) : m_path(path), m_lock(path + QStringLiteral(".lock"))
{
    m_lock.setStaleLockTime(0); // a lock is stale when its process is gone, however long it lasts
}

std::optional<QString> FileLock::take(int longestWaitMs)
{
    if (m_lock.isLocked() || m_lock.tryLock(longestWaitMs))
        return std::nullopt;
    return trouble(m_path, m_lock.error() == QLockFile::LockFailedError ? QStringLiteral("another program uses it")
                                                                        : QStringLiteral("it cannot be locked"));
}

void wipe(QByteArray &contents)
{
    auto *octets = reinterpret_cast<std::uint8_t *>(contents.data());
    mikey::wipe({octets, static_cast<std::size_t>(contents.size())});
    contents.clear();
}

} // namespace account
