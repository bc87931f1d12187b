// SPDX-License-Identifier: Apache-2.0
#include "account/enrolment.h"

#include "account/credential_files.h"
#include "account/endpoint_file.h"
#include "account/endpoint_sakke.h"
#include "account/kms_access.h"

#include <QFileInfo>

namespace account {

namespace {

/// The service that the part names.
Loaded<SakkeService> serviceOf(const QJsonObject &part, const QString &directory)
{
    const auto kms = part[QLatin1String("kms")].toString();
    if (kms.isEmpty())
        return QStringLiteral("\"sakke\" does not name its key management service as \"kms\"");
    if (kms.contains(QLatin1String("://")))
        return QStringLiteral("the key management service is at an address, so it has to be asked over the network");
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
    dropOld(keys, now);
    return enrolled;
}

} // namespace

Loaded<Enrolled> enrol(const QString &endpointFile, mikey::NtpTime now)
{
    EndpointSakke file(endpointFile);
    if (const auto trouble = file.read())
        return *trouble;
    const auto service = serviceOf(file.part(), QFileInfo(endpointFile).path());
    if (!service)
        return file.about(service.error());
    auto keys = file.keys(now);
    if (!keys)
        return keys.error();
    if (keys->domains.front().z != service->domain.z || keys->domains.front().kpak != service->domain.kpak)
        return file.about(QStringLiteral("the service has other public keys than those in the file"));
    auto enrolled = fetch(*keys, *service, now);
    if (!enrolled)
        return file.about(enrolled.error());
    if (const auto trouble = file.write(*keys))
        return *trouble;
    return enrolled;
}

void enrolAll(const QString &endpointFile, const KmsAccess &access, mikey::NtpTime now, QObject *context,
              std::function<void(const Loaded<Enrolled> &)> then)
{
    const auto file = readEndpointFile(endpointFile);
    const auto part = [&file](const char *name) {
        return file ? (*file)[QLatin1String(name)].toObject() : QJsonObject();
    };
    const auto hasAccount = [&](const char *name) {
        return part(name).contains(QLatin1String("kms")) && isServiceOf(part(name), access.url);
    };
    const bool ibake = access.psk || hasAccount("ibake");
    const bool sakke = !access.token.isEmpty() || hasAccount("sakke") || !ibake;
    if (!sakke)
        return enrolIbake(endpointFile, access, now, context, std::move(then));
    enrol(endpointFile, access, now, context, [=](const Loaded<Enrolled> &first) {
        if (!first || !ibake)
            return then(first);
        enrolIbake(endpointFile, access, now, context, [first, then](const Loaded<Enrolled> &second) {
            if (!second)
                return then(second);
            auto both = *first;
            both.dates = second->dates;
            both.newService |= second->newService;
            then(both);
        });
    });
}

} // namespace account
