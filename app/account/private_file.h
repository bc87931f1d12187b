// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/result.h"

#include <QByteArray>
#include <QFile>
#include <QLockFile>
#include <QString>

#include <optional>

/// Small files that hold secrets or state. Errors are sentences that name the file, never its contents.
namespace account {

template <class T>
using Loaded = mikey::Result<T, QString>;

/// A whole file, which may be a pipe; refused if it holds more than `limit` octets.
Loaded<QByteArray> readFile(const QString &path, qint64 limit);
/// The same of a file that is open; `name` is for errors.
Loaded<QByteArray> readFile(QFile &file, const QString &name, qint64 limit);

/// Replaces a file as a whole or leaves it as it was; mode 0600. What is wrong, or none.
std::optional<QString> writePrivateFile(const QString &path, const QByteArray &contents);

/// A file that must not be there yet; mode 0600. It is there as a whole or not at all, also after a crash.
std::optional<QString> createPrivateFile(const QString &path, const QByteArray &contents);

/// A directory only its owner may enter, if it is not there yet; its parents get the usual mode.
std::optional<QString> makePrivateDirectory(const QString &path);

/// Keeps other processes off a file that is read, changed and written; until this object goes.
class FileLock
{
public:
    explicit FileLock(const QString &path);
    /// Waits at most that long for another holder. What is wrong, or none.
    std::optional<QString> take(int longestWaitMs = 10000);

private:
    QString m_path;
    QLockFile m_lock;
};

/// Overwrites contents that were secret.
void wipe(QByteArray &contents);

} // namespace account
