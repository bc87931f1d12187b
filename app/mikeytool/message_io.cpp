// SPDX-License-Identifier: Apache-2.0
#include "message_io.h"

#include "wire/inspector.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>

#include <cstdio>

namespace tool {

namespace {

constexpr qint64 mostOctets = qint64{1} << 20;

QByteArray viewed(mikey::ByteView octets)
{
    return QByteArray::fromRawData(reinterpret_cast<const char *>(octets.data()),
                                   static_cast<qsizetype>(octets.size()));
}

std::optional<QString> writeFile(const QString &path, mikey::ByteView octets)
{
    QFile file(path);
    const auto contents = viewed(octets);
    if (file.open(QIODevice::WriteOnly) && file.write(contents) == contents.size() && file.flush())
        return std::nullopt;
    return QStringLiteral("%1: %2").arg(path, file.errorString());
}

/// Leaves the file as it is. Pipes and devices are not tried: their readers would notice.
std::optional<QString> checkWritable(const QString &path)
{
    const QFileInfo info(path);
    const bool absent = !info.exists() && !info.isSymLink();
    if (!absent && !info.isFile() && !info.isDir())
        return std::nullopt;
    QFile file(path);
    if (!file.open(QIODevice::Append))
        return QStringLiteral("%1: %2").arg(path, file.errorString());
    if (absent)
        file.remove();
    return std::nullopt;
}

std::optional<QString> makeDirectory(const QDir &directory)
{
    if (!directory.mkpath(QStringLiteral(".")))
        return QStringLiteral("%1: the directory cannot be made").arg(directory.path());
    if (!QFileInfo(directory.path()).isWritable())
        return QStringLiteral("%1: the directory cannot be written").arg(directory.path());
    return std::nullopt;
}

/// "PSK I_MESSAGE" as the name of a file.
QString fileName(mikey::ByteView message)
{
    auto name = QString::fromStdString(mikey::inspect(message).message).toLower();
    static const QRegularExpression unusual(QStringLiteral("[^a-z0-9_]+"));
    return name.replace(unusual, QStringLiteral("-")).remove(QRegularExpression(QStringLiteral("-+$")));
}

} // namespace

account::Loaded<QByteArray> readInput(const Arguments &arguments)
{
    if (arguments.file() != QLatin1String("-"))
        return account::readFile(arguments.file(), mostOctets);
    QFile input;
    if (!input.open(stdin, QIODevice::ReadOnly))
        return QStringLiteral("standard input cannot be read");
    return account::readFile(input, QStringLiteral("standard input"), mostOctets);
}

mikey::Outcome<account::FoundMessage> messageIn(const QByteArray &input)
{
    auto found = account::findMessages(input);
    if (found.empty())
        return mikey::Error::discarded("there is no a=key-mgmt:mikey in it");
    if (!found.front().trouble.isEmpty())
        return mikey::Error::discarded(found.front().trouble.toStdString());
    if (found.size() > 1)
        warn(QStringLiteral("there are %1 MIKEY messages in it; this is about the first").arg(found.size()));
    return std::move(found.front());
}

std::optional<QString> checkOutputs(const Arguments &arguments)
{
    std::optional<QString> trouble;
    if (arguments.isSet("out"))
        trouble = checkWritable(arguments.value("out"));
    if (!trouble && arguments.isSet("trace"))
        trouble = makeDirectory(QDir(arguments.value("trace")));
    return trouble;
}

std::optional<QString> writeOut(const Arguments &arguments, const std::optional<mikey::Bytes> &message)
{
    if (!arguments.isSet("out"))
        return std::nullopt;
    const auto path = arguments.value("out");
    if (message)
        return writeFile(path, *message);
    if (QFileInfo(path).isFile() && !QFile::remove(path))
        return QStringLiteral("%1: there is nothing to send, and what is there cannot be removed").arg(path);
    return std::nullopt;
}

std::optional<QString> tellFirst(const Arguments &arguments, const mikey::Bytes &message)
{
    auto trouble = writeOut(arguments, message);
    if (!trouble)
        trouble = trace(arguments, message);
    if (!trouble && !arguments.isSet("out"))
        print(viewed(message).toBase64() + '\n');
    return trouble;
}

std::optional<QString> trace(const Arguments &arguments, mikey::ByteView message)
{
    if (!arguments.isSet("trace"))
        return std::nullopt;
    const QDir directory(arguments.value("trace"));
    if (auto trouble = makeDirectory(directory))
        return trouble;
    int number = 1;
    for (const auto &name : directory.entryList({QStringLiteral("*.mikey")}, QDir::Files)) {
        const auto there = account::readFile(directory.filePath(name), mostOctets);
        if (there && *there == viewed(message))
            return std::nullopt;
        number = std::max(number, name.left(name.indexOf(QLatin1Char('-'))).toInt() + 1);
    }
    const auto name = QStringLiteral("%1-%2.mikey").arg(number, 2, 10, QLatin1Char('0')).arg(fileName(message));
    return writeFile(directory.filePath(name), message);
}

} // namespace tool
