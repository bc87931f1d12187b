// SPDX-License-Identifier: Apache-2.0
#include "admin.h"

#include "account/kms_xml.h"
#include "mikey_front.h"
#include "sql_store.h"
#include "wire/text.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>

#include <chrono>
#include <cstdio>

namespace kmsd {

namespace {

enum Exit { Done = 0, Refused = 1 };

mikey::NtpTime clockTime()
{
    using namespace std::chrono;
    return mikey::NtpTime::fromUnixMicroseconds(
        duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

void print(const QJsonObject &json)
{
    auto line = QJsonDocument(json).toJson(QJsonDocument::Compact) + '\n';
    std::fwrite(line.data(), 1, static_cast<std::size_t>(line.size()), stdout);
    account::wipe(line);
}

int fail(const std::string &reason)
{
    std::fprintf(stderr, "latchkey-kms: %s\n", reason.c_str());
    return Refused;
}

int addUser(mikey::kms::Service &service, const QString &identity)
{
    const auto user = service.addUser(identity.toStdString(), clockTime());
    if (!user)
        return fail(user.error().reason);
    print({{QStringLiteral("identity"), identity},
           {QStringLiteral("token"), QString::fromStdString(user->token)},
           {QStringLiteral("psk"), QString::fromStdString(mikey::hex(user->psk.view()))}});
    return Done;
}

int revoke(mikey::kms::Service &service, const QString &identity)
{
    if (const auto refusal = service.revoke(identity.toStdString(), clockTime()))
        return fail(refusal->reason);
    print({{QStringLiteral("revoked"), identity}});
    return Done;
}

int rotate(mikey::kms::Service &service)
{
    const auto period = service.rotate(clockTime());
    if (!period)
        return fail(period.error().reason);
    print({{QStringLiteral("from_period"), static_cast<qint64>(*period)}});
    return Done;
}

int rotateTickets(mikey::kms::Service &service, mikey::Random &random)
{
    const auto generation = service.rotateSecret(
        tpkKind, [&random] { return makeTpk(random); }, clockTime());
    if (!generation)
        return fail(generation.error().reason);
    print({{QStringLiteral("ticket_key"), static_cast<qint64>(*generation)}});
    return Done;
}

int setMember(mikey::kms::Service &service, const QString &group, const QString &member, bool belongs)
{
    if (const auto refusal = service.setMember(group.toStdString(), member.toStdString(), belongs, clockTime()))
        return fail(refusal->reason);
    print({{QStringLiteral("group"), group}, {QLatin1String(belongs ? "added" : "removed"), member}});
    return Done;
}

int exportAudit(SqlStore &store, std::uint64_t after)
{
    constexpr std::size_t most = 1000;
    for (;;) {
        const auto rows = store.audit(after, most);
        if (!rows)
            return fail(rows.error().reason);
        for (const auto &row : *rows) {
            after = row.number;
            const auto time = QDateTime::fromMSecsSinceEpoch(row.time.unixMilliseconds(), Qt::UTC);
            print({{QStringLiteral("number"), static_cast<qint64>(row.number)},
                   {QStringLiteral("time"), time.toString(Qt::ISODateWithMs)},
                   {QStringLiteral("event"), QString::fromStdString(row.event)},
                   {QStringLiteral("identity"), QString::fromStdString(row.identity)},
                   {QStringLiteral("detail"), QString::fromStdString(row.detail)}});
        }
        if (rows->size() < most)
            return Done;
    }
}

/// What other services list as their partner.
int showCertificate(mikey::kms::Service &service, const Config &config)
{
    const auto now = clockTime();
    const auto domains = service.domains(now);
    if (!domains)
        return fail(domains.error().reason);
    account::KmsRequest request;
    request.kmsUri = QString::fromStdString(config.profile.kms);
    request.time = now;
    const auto xml = account::certCacheXml(request, *domains, {}) + '\n';
    std::fwrite(xml.data(), 1, static_cast<std::size_t>(xml.size()), stdout);
    return Done;
}

} // namespace

std::optional<int> administrate(const QStringList &words, const Config &config, const mikey::Secret &key)
{
    const auto is = [&](const char *command, qsizetype more) {
        const auto names = QString::fromLatin1(command).split(QLatin1Char(' '));
        return words.size() == names.size() + more && words.first(names.size()) == names;
    };
    const bool add = is("user add", 1), revokes = is("revoke", 1), rotates = is("rotate", 0);
    const bool rotatesTickets = is("rotate tickets", 0);
    const bool joins = is("group add", 2), leaves = is("group remove", 2);
    const bool shows = is("certificate", 0);
    const bool exports = is("export-audit", 0) || is("export-audit", 1);
    if (!add && !revokes && !rotates && !rotatesTickets && !joins && !leaves && !exports && !shows)
        return std::nullopt;
    const auto store = SqlStore::open(config.database);
    if (!store)
        return fail(store.error().toStdString());
    if (exports) {
        bool isNumber = true;
        const auto after = words.size() > 1 ? words[1].toULongLong(&isNumber) : 0;
        return isNumber ? exportAudit(**store, after) : fail("what rows are exported after has to be a number");
    }
    mikey::SystemRandom random;
    const mikey::kms::Sealer sealer(key.clone());
    mikey::kms::Service service(**store, sealer, config.profile, random);
    if (const auto refusal = service.open(clockTime()))
        return fail(refusal->reason);
    if (shows)
        return showCertificate(service, config);
    if (add)
        return addUser(service, words.last());
    if (rotatesTickets)
        return rotateTickets(service, random);
    if (joins || leaves)
        return setMember(service, words[2], words[3], joins);
    return revokes ? revoke(service, words.last()) : rotate(service);
}

} // namespace kmsd
