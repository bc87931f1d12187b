// SPDX-License-Identifier: Apache-2.0
#include "account/enrolment.h"

#include "account/credential_files.h"
#include "account/endpoint_file.h"
#include "account/sakke_part.h"

#include <QFileInfo>
#include <QJsonDocument>

namespace account {

namespace {

/// The service that the part names.
Loaded<SakkeService> serviceOf(const QJsonObject &part, const QString &directory)
{
    const auto kms = part[QLatin1String("kms")].toString();
    if (kms.isEmpty())
        return QStringLiteral("\"sakke\" does not name its key management service as \"kms\"");
    if (kms.contains(QLatin1String("://")))
        return QStringLiteral("services at a URL are not supported yet, only a kms.json beside the file");
    return readService(QFileInfo(directory + QLatin1Char('/') + kms).filePath());
}

/// Keys of those periods that are issued now.
Loaded<Enrolled> fetch(mikey::SakkeKeys &keys, const SakkeService &service, mikey::NtpTime now)
{
    mikey::SystemRandom random;
    Enrolled enrolled;
    const auto &domain = service.domain;
    const auto current = domain.periodAt(now);
    for (const auto period : {current, current + 1}) {
        if (!mikey::kms::mayIssueSakke(domain, period, now))
            continue;
        const auto issued = mikey::kms::issueSakke(service.masters, domain, keys.uri, period, random);
        if (!issued)
            return QStringLiteral("the service issues no keys for %1").arg(QString::fromStdString(keys.uri));
        if (const auto fault = keys.add(period, issued->rsk, issued->ssk, issued->pvt))
            return QString::fromStdString(*fault);
        enrolled.periods.push_back(period);
    }
    std::erase_if(keys.periods, [current](const auto &period) { return period.period + 1 < current; });
    return enrolled;
}

} // namespace

Loaded<Enrolled> enrol(const QString &endpointFile, mikey::NtpTime now)
{
    FileLock lock(endpointFile);
    if (const auto trouble = lock.take())
        return *trouble;
    const auto about = [&](const QString &what) { return QStringLiteral("%1: %2").arg(endpointFile, what); };
    auto file = readEndpointFile(endpointFile);
    if (!file)
        return file.error();
    const auto directory = QFileInfo(endpointFile).path();
    const auto part = (*file)[QLatin1String("sakke")].toObject();
    const auto service = serviceOf(part, directory);
    if (!service)
        return about(service.error());
    const auto identity = identityOf((*file)[QLatin1String("identity")].toString());
    auto keys = sakkeOf(part, identity, now);
    if (!keys)
        return about(keys.error());
    if (keys->domains.front().z != service->domain.z || keys->domains.front().kpak != service->domain.kpak)
        return about(QStringLiteral("the service has other public keys than those in the file"));
    auto enrolled = fetch(*keys, *service, now);
    if (!enrolled)
        return about(enrolled.error());
    auto renewed = sakkeJson(*keys);
    for (const auto &member : part.keys()) { // where the service is, and how it is known
        if (member.startsWith(QLatin1String("kms")))
            renewed[member] = part[member];
    }
    (*file)[QStringLiteral("sakke")] = renewed;
    auto contents = QJsonDocument(*file).toJson();
    const auto trouble = writePrivateFile(endpointFile, contents);
    wipe(contents);
    if (trouble)
        return *trouble;
    return enrolled;
}

} // namespace account
