// SPDX-License-Identifier: Apache-2.0
#include "account/key_service.h"

#include "kms/issue_window.h"

#include <algorithm>

namespace account {

namespace {

QString placeIn(const QJsonObject &file, const char *part)
{
    return file[QLatin1String(part)].toObject()[QLatin1String("kms")].toString();
}

/// Sets `until` and `renewFrom`, where `end` gives the end of the period of a time, and `holds` whether its keys are
/// there.
template <class End, class Holds>
void setTimes(KeyService &service, mikey::NtpTime now, End end, Holds holds)
{
    auto time = now;
    while (holds(time)) {
        service.until = end(time);
        time = *service.until;
    }
    service.renewFrom = service.until ? service.until->plusSeconds(-mikey::kms::issuedEarlySeconds) : now;
}

KeyService sakkeService(const mikey::SakkeKeys &keys, mikey::NtpTime now)
{
    const auto &domain = keys.domains.front();
    KeyService service{"sakke", domain.kms, {}, {}, {}};
    setTimes(
        service, now, [&](auto time) { return domain.startOf(domain.periodAt(time) + 1); },
        [&](auto time) { return keys.of(domain.periodAt(time)) != nullptr; });
    return service;
}

KeyService ibakeService(const mikey::IbakeKeys &keys, mikey::NtpTime now)
{
    KeyService service{"ibake", keys.kms, {}, {}, {}};
    setTimes(service, now, mikey::ibakePeriodEnd, [&](auto time) { return keys.at(time) != nullptr; });
    return service;
}

} // namespace

std::vector<KeyService> keyServicesOf(const mikey::Endpoint &endpoint, const QJsonObject &file, mikey::NtpTime now)
{
    std::vector<KeyService> services;
    if (!endpoint.sakke.domains.empty())
        services.push_back(sakkeService(endpoint.sakke, now));
    if (endpoint.ibake.reachesKms() || !endpoint.ibake.keys.empty())
        services.push_back(ibakeService(endpoint.ibake, now));
    for (auto &service : services)
        service.place = placeIn(file, service.method.c_str());
    return services;
}

} // namespace account
