// SPDX-License-Identifier: Apache-2.0
#include "account/sakke_part.h"

#include "methods/identity.h"
#include "wire/text.h"

#include <QJsonArray>

namespace account {

namespace {

using Fault = std::optional<QString>;

constexpr auto uidScheme = "uid", telScheme = "rfc6509";
constexpr double mostSeconds = 4294967295.0;

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

QString told(const std::string &text)
{
    return QString::fromStdString(text);
}

std::optional<mikey::Bytes> octets(const QJsonObject &object, const char *member)
{
    return mikey::fromHex(object[QLatin1String(member)].toString().toStdString());
}

std::optional<mikey::Secret> secret(const QJsonObject &object, const char *member)
{
    auto bytes = octets(object, member);
    if (!bytes)
        return std::nullopt;
    mikey::Secret kept{mikey::ByteView(*bytes)};
    mikey::wipe(*bytes);
    return kept;
}

Fault readSeconds(const QJsonObject &object, const char *member, double least, std::uint32_t &seconds)
{
    const auto value = object[QLatin1String(member)];
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isDouble() || value.toDouble() < least || value.toDouble() > mostSeconds)
        return QStringLiteral("\"%1\" of \"sakke\" is not a number of seconds").arg(QLatin1String(member));
    seconds = static_cast<std::uint32_t>(value.toDouble());
    return std::nullopt;
}

/// Scheme and periods, which stay as they are where the object does not tell them.
Fault readScheme(const QJsonObject &object, mikey::SakkeDomain &domain)
{
    const auto scheme = object[QLatin1String("scheme")];
    if (scheme == QLatin1String(telScheme))
        domain.scheme = mikey::SakkeIdScheme::TelUriMonthly;
    else if (scheme == QLatin1String(uidScheme))
        domain.scheme = mikey::SakkeIdScheme::Uid;
    else if (!scheme.isUndefined())
        return QStringLiteral("\"scheme\" of \"sakke\" is neither \"uid\" nor \"rfc6509\"");
    if (auto fault = readSeconds(object, "key_period", 1, domain.keyPeriod))
        return fault;
    for (const auto &host : object[QLatin1String("hosts")].toArray())
        domain.hosts.push_back(host.toString().toLower().toStdString());
    return readSeconds(object, "key_period_offset", 0, domain.keyPeriodOffset);
}

/// The public keys of the periods before "from_period".
Fault readEarlier(const QJsonObject &object, mikey::SakkeDomain &domain)
{
    const auto told = object[QLatin1String("earlier")];
    if (told.isUndefined())
        return std::nullopt;
    const auto from = object[QLatin1String("from_period")];
    const auto kpak = octets(told.toObject(), "kpak"), z = octets(told.toObject(), "z");
    auto keys = kpak && z ? mikey::makeSakkeDomain(domain.kms, *kpak, *z, domain.scheme) : std::nullopt;
    if (!keys || !from.isDouble() || from.toDouble() < 0)
        return QStringLiteral("\"earlier\" of \"sakke\" has no public keys, or there is no \"from_period\"");
    auto earlier = domain;
    earlier.kpak = std::move(keys->kpak);
    earlier.z = std::move(keys->z);
    earlier.key = std::move(keys->key);
    domain.fromPeriod = static_cast<std::uint64_t>(from.toDouble());
    domain.earlier = std::make_shared<const mikey::SakkeDomain>(std::move(earlier));
    return std::nullopt;
}

Loaded<mikey::SakkeDomain> domainOf(const QString &kms, const QJsonObject &object, const mikey::SakkeDomain &like)
{
    const auto kpak = octets(object, "kpak"), z = octets(object, "z");
    auto domain = kpak && z ? mikey::makeSakkeDomain(kms.toStdString(), *kpak, *z, like.scheme) : std::nullopt;
    if (!domain)
        return QStringLiteral("the public keys of \"%1\" in \"sakke\" are missing or are none").arg(kms);
    domain->keyPeriod = like.keyPeriod;
    domain->keyPeriodOffset = like.keyPeriodOffset;
    if (auto fault = readScheme(object, *domain))
        return std::move(*fault);
    if (auto fault = readEarlier(object, *domain))
        return std::move(*fault);
    return std::move(*domain);
}

/// The period of keys: told, or the one whose Identifier the user_id is.
std::optional<std::uint64_t> periodOf(const QJsonObject &object, const mikey::SakkeKeys &keys, mikey::NtpTime now)
{
    constexpr std::uint64_t ahead = 2, searched = 5000;
    const auto &own = keys.domains.front();
    const auto current = own.periodAt(now);
    const auto id = octets(object, "user_id");
    if (const auto period = object[QLatin1String("period")]; period.isDouble() && period.toDouble() >= 0) {
        const auto number = static_cast<std::uint64_t>(period.toDouble());
        return !id || id->empty() || *id == own.identifier(keys.uri, number) ? std::optional(number) : std::nullopt;
    }
    if (!id || id->empty())
        return current;
    for (auto period = current + ahead; period + searched > current && period <= current + ahead; --period) {
        if (own.identifier(keys.uri, period) == *id)
            return period;
    }
    return std::nullopt;
}

Fault addKeys(const QJsonObject &object, mikey::SakkeKeys &keys, mikey::NtpTime now)
{
    const auto rsk = secret(object, "rsk"), ssk = secret(object, "ssk");
    const auto pvt = octets(object, "pvt");
    if (!rsk || !ssk || !pvt)
        return QStringLiteral("\"rsk\", \"ssk\" or \"pvt\" of \"sakke\" is missing or is no hex");
    const auto period = periodOf(object, keys, now);
    if (!period)
        return QStringLiteral("\"user_id\" of \"sakke\" is not that of %1 in that period, or in any")
            .arg(told(keys.uri));
    if (const auto fault = keys.add(*period, *rsk, *ssk, *pvt))
        return QStringLiteral("\"sakke\": %1").arg(told(*fault));
    return std::nullopt;
}

QJsonObject schemeJson(const mikey::SakkeDomain &domain)
{
    const bool tel = domain.scheme == mikey::SakkeIdScheme::TelUriMonthly;
    QJsonArray hosts;
    for (const auto &host : domain.hosts)
        hosts += told(host);
    QJsonObject json{{QStringLiteral("scheme"), QLatin1String(tel ? telScheme : uidScheme)},
                     {QStringLiteral("hosts"), hosts},
                     {QStringLiteral("kpak"), hexOf(domain.kpak)},
                     {QStringLiteral("z"), hexOf(domain.z)},
                     {QStringLiteral("key_period"), static_cast<qint64>(domain.keyPeriod)},
                     {QStringLiteral("key_period_offset"), static_cast<qint64>(domain.keyPeriodOffset)}};
    if (const auto &earlier = domain.earlier) {
        json[QStringLiteral("from_period")] = static_cast<qint64>(domain.fromPeriod);
        json[QStringLiteral("earlier")] =
            QJsonObject{{QStringLiteral("kpak"), hexOf(earlier->kpak)}, {QStringLiteral("z"), hexOf(earlier->z)}};
    }
    return json;
}

} // namespace

Loaded<mikey::SakkeKeys> sakkeOf(const QJsonObject &part, const std::string &identity, mikey::NtpTime now)
{
    mikey::SakkeKeys keys;
    const auto uri = mikey::canonicalIdentity(part[QLatin1String("uri")].toString().toStdString());
    keys.uri = uri.empty() ? identity : uri;
    auto own = domainOf(part[QLatin1String("kms_uri")].toString(), part, {});
    if (!own)
        return own.error();
    if (const auto obstacle = own->obstacleTo(keys.uri))
        return QStringLiteral("\"uri\" of \"sakke\": %1").arg(told(*obstacle));
    keys.domains.push_back(std::move(*own));
    const auto partners = part[QLatin1String("domains")].toObject();
    for (auto it = partners.begin(); it != partners.end(); ++it) {
        auto partner = domainOf(it.key(), it->toObject(), keys.domains.front());
        if (!partner)
            return partner.error();
        keys.domains.push_back(std::move(*partner));
    }
    Fault fault;
    if (part.contains(QLatin1String("rsk")))
        fault = addKeys(part, keys, now);
    for (const auto &one : part[QLatin1String("keys")].toArray()) {
        if (!fault)
            fault = addKeys(one.toObject(), keys, now);
    }
    if (fault)
        return *fault;
    return keys;
}

QStringList sakkeMembers()
{
    return {QStringLiteral("scheme"),      QStringLiteral("uri"),        QStringLiteral("kms_uri"),
            QStringLiteral("kpak"),        QStringLiteral("z"),          QStringLiteral("user_id"),
            QStringLiteral("rsk"),         QStringLiteral("ssk"),        QStringLiteral("pvt"),
            QStringLiteral("keys"),        QStringLiteral("key_period"), QStringLiteral("key_period_offset"),
            QStringLiteral("domains"),     QStringLiteral("hosts"),      QStringLiteral("earlier"),
            QStringLiteral("from_period"), QStringLiteral("kms"),        QStringLiteral("kms_fingerprint"),
            QStringLiteral("kms_trust"),   QStringLiteral("kms_token"),  QStringLiteral("kms_device")};
}

QJsonObject sakkeJson(const mikey::SakkeKeys &keys)
{
    const auto &own = keys.domains.front();
    auto part = schemeJson(own);
    part[QStringLiteral("uri")] = told(keys.uri);
    part[QStringLiteral("kms_uri")] = told(own.kms);
    QJsonArray periods;
    for (const auto &period : keys.periods)
        periods += QJsonObject{{QStringLiteral("period"), static_cast<qint64>(period.period)},
                               {QStringLiteral("user_id"), hexOf(own.identifier(keys.uri, period.period))},
                               {QStringLiteral("rsk"), hexOf(period.rsk.view())},
                               {QStringLiteral("ssk"), hexOf(period.ssk.view())},
                               {QStringLiteral("pvt"), hexOf(period.pvt)}};
    part[QStringLiteral("keys")] = periods;
    QJsonObject partners;
    for (auto it = keys.domains.begin() + 1; it != keys.domains.end(); ++it)
        partners[told(it->kms)] = schemeJson(*it);
    part[QStringLiteral("domains")] = partners;
    return part;
}

QJsonObject mastersJson(const mikey::kms::SakkeMasters &masters, const mikey::SakkeDomain &domain)
{
    auto json = schemeJson(domain);
    json[QStringLiteral("kms_uri")] = told(domain.kms);
    json[QStringLiteral("master_z")] = hexOf(masters.z.view());
    json[QStringLiteral("master_ksak")] = hexOf(masters.ksak.view());
    return json;
}

Loaded<SakkeService> mastersOf(const QJsonObject &json)
{
    auto z = secret(json, "master_z"), ksak = secret(json, "master_ksak");
    if (!z || !ksak)
        return QStringLiteral("the master secrets are missing or are no hex");
    mikey::kms::SakkeMasters masters{std::move(*z), std::move(*ksak)};
    auto domain = mikey::kms::sakkeDomain(masters, json[QLatin1String("kms_uri")].toString().toStdString(),
                                          mikey::SakkeIdScheme::Uid);
    if (!domain)
        return QStringLiteral("the master secrets are none");
    if (auto fault = readScheme(json, *domain))
        return std::move(*fault);
    return SakkeService{std::move(masters), std::move(*domain)};
}

} // namespace account
