// SPDX-License-Identifier: Apache-2.0
#include "account/profile.h"

#include "crypto/digest.h"
#include "methods/identity.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QSysInfo>

namespace account {

namespace {

/// The name of the user, as far as it may stand in a SIP URI without escapes.
QString userName()
{
    auto name = qEnvironmentVariable("USER", qEnvironmentVariable("LOGNAME"));
    name.remove(QRegularExpression(QStringLiteral("[^A-Za-z0-9._-]")));
    return name.isEmpty() ? QStringLiteral("user") : name;
}

QString hostName()
{
    const auto name = QSysInfo::machineHostName();
    static const QRegularExpression usual(QStringLiteral("^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"));
    return usual.match(name).hasMatch() ? name : QStringLiteral("127.0.0.1");
}

std::optional<QString> writeDefaultEndpoint(const QString &path)
{
    mikey::Endpoint endpoint;
    endpoint.identity = mikey::canonicalIdentity(QStringLiteral("sip:%1@%2").arg(userName(), hostName()).toStdString());
    return createPrivateFile(path, QJsonDocument(endpointJson(endpoint)).toJson());
}

} // namespace

Loaded<Profile> openProfile(const QString &directory, const QString &endpointPath)
{
    Profile profile;
    profile.directory =
        directory.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) : directory;
    if (auto trouble = makePrivateDirectory(profile.directory))
        return std::move(*trouble);
    const QDir home(profile.directory);
    profile.endpointPath = endpointPath.isEmpty() ? home.filePath(QStringLiteral("endpoint.json")) : endpointPath;
    if (endpointPath.isEmpty() && !QFileInfo::exists(profile.endpointPath)) {
        if (auto trouble = writeDefaultEndpoint(profile.endpointPath))
            return std::move(*trouble);
    }
    auto loaded = loadEndpointFile(profile.endpointPath);
    if (!loaded)
        return loaded.error();
    profile.loaded = std::move(*loaded);
    const auto name = mikey::fingerprint(mikey::octetsOf(profile.loaded.endpoint.identity));
    profile.statePath = home.filePath(QStringLiteral("state-%1.json").arg(QString::fromStdString(name)));
    return profile;
}

} // namespace account
