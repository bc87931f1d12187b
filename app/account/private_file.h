// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/result.h"

#include <QByteArray>
#include <QString>

#include <optional>

/// Small files that hold secrets or state. Errors are sentences that name the file, never its contents.
namespace account {

template <class T>
using Loaded = mikey::Result<T, QString>;

/// A whole file, which may be a pipe; refused if it holds more than `limit` octets.
Loaded<QByteArray> readFile(const QString &path, qint64 limit);

/// Replaces a file as a whole or leaves it as it was; mode 0600. What is wrong, or none.
std::optional<QString> writePrivateFile(const QString &path, const QByteArray &contents);

/// A file that must not be there yet; mode 0600.
std::optional<QString> createPrivateFile(const QString &path, const QByteArray &contents);

/// A directory only its owner may enter, if it is not there yet; its parents get the usual mode.
std::optional<QString> makePrivateDirectory(const QString &path);

/// Overwrites contents that were secret.
void wipe(QByteArray &contents);

} // namespace account
