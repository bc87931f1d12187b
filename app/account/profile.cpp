// SPDX-License-Identifier: Apache-2.0
#include "account/profile.h"

#include "account/known_certificates.h"
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
    endpoint.x509.trustOnFirstUse = true;
    return createPrivateFile(path, QJsonDocument(endpointJson(endpoint)).toJson());
}

/// A file of the profile that belongs to one identity.
QString pathFor(const Profile &profile, const char *what)
{
    const auto identity = mikey::octetsOf(profile.identity);
    const auto name =
        QStringLiteral("%1-%2.json").arg(QLatin1String(what), QString::fromStdString(mikey::fingerprint(identity)));
    return QDir(profile.directory).filePath(name);
}

void addKnownCertificates(const QString &path, LoadedEndpoint &loaded)
{
    const auto known = KnownCertificates(path).load();
    if (known)
        return addKnown(*known, loaded.endpoint.x509);
    loaded.endpoint.x509.trustOnFirstUse = false;
    loaded.warnings += known.error();
}

} // namespace

Loaded<LoadedEndpoint> loadCredentials(const Profile &profile, mikey::NtpTime now)
{
    auto loaded = loadEndpointFile(profile.endpointPath, now);
    if (loaded)
        addKnownCertificates(profile.knownPath, *loaded);
    return loaded;
}

Loaded<Profile> openProfile(const QString &directory, const QString &endpointPath, mikey::NtpTime now)
{
    Profile profile;
    profile.directory =
        directory.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) : directory;
    if (auto trouble = makePrivateDirectory(profile.directory))
        return std::move(*trouble);
    profile.endpointPath =
        endpointPath.isEmpty() ? QDir(profile.directory).filePath(QStringLiteral("endpoint.json")) : endpointPath;
    if (endpointPath.isEmpty() && !QFileInfo::exists(profile.endpointPath)) {
        if (auto trouble = writeDefaultEndpoint(profile.endpointPath))
            return std::move(*trouble);
    }
    auto loaded = loadEndpointFile(profile.endpointPath, now);
    if (!loaded)
        return loaded.error();
    profile.loaded = std::move(*loaded);
    profile.identity = profile.loaded.endpoint.identity;
    profile.statePath = pathFor(profile, "state");
    profile.knownPath = pathFor(profile, "known");
    addKnownCertificates(profile.knownPath, profile.loaded);
    return profile;
}

} // namespace account
