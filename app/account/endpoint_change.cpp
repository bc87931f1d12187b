// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_change.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>

namespace account {

namespace {

constexpr int lockWaitMs = 1000; ///< a window waits

} // namespace

Loaded<LoadedEndpoint> changeEndpoint(const Profile &profile, mikey::NtpTime now,
                                      const std::function<Fault(QJsonObject &)> &how)
{
    const auto &path = profile.endpointPath;
    FileLock lock(path);
    if (auto trouble = lock.take(lockWaitMs))
        return std::move(*trouble);
    auto file = readEndpointFile(path);
    if (!file)
        return file.error();
    if (auto trouble = how(*file))
        return std::move(*trouble);
    const auto tried = endpointOf(*file, QFileInfo(path).path(), now);
    if (!tried)
        return QStringLiteral("%1: %2").arg(path, tried.error());
    auto contents = QJsonDocument(*file).toJson();
    auto trouble = writePrivateFile(path, contents);
    wipe(contents);
    if (trouble)
        return std::move(*trouble);
    return loadCredentials(profile, now);
}

Loaded<LoadedEndpoint> changeX509(const Profile &profile, mikey::NtpTime now,
                                  const std::function<Fault(QJsonObject &)> &how)
{
    return changeEndpoint(profile, now, [&how](QJsonObject &file) {
        const auto part = QStringLiteral("x509");
        auto x509 = file[part].toObject();
        auto fault = how(x509);
        file[part] = x509;
        return fault;
    });
}

QString besideEndpoint(const Profile &profile, const QString &name)
{
    return QFileInfo(profile.endpointPath).dir().filePath(name);
}

void removeIdentity(QJsonObject &x509, const QString &member, const std::string &identity)
{
    auto named = x509[member].toObject();
    for (const auto &written : named.keys()) {
        if (identityOf(written) == identity)
            named.remove(written);
    }
    x509[member] = named;
}

} // namespace account
