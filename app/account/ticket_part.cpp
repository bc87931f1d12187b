// SPDX-License-Identifier: Apache-2.0
#include "account/ticket_part.h"

#include "account/certificate_input.h"
#include "account/endpoint_file.h"
#include "account/x509_part.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <QJsonArray>

namespace account {

namespace {

constexpr std::size_t leastKeyOctets = 16; ///< RFC 6043 12.1
constexpr std::size_t mostKeyOctets = 64;
constexpr std::size_t demoKeyOctets = 32; ///< serves the algorithms of 256 bits too

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

std::string textAt(const QJsonObject &object, const char *member)
{
    return object[QLatin1String(member)].toString().toStdString();
}

/// A key in hex; empty if the member is absent.
Loaded<mikey::Secret> keyAt(const QJsonObject &object, const char *member)
{
    const auto value = object[QLatin1String(member)];
    if (value.isUndefined())
        return mikey::Secret();
    auto octets = mikey::fromHex(value.toString().toStdString());
    if (!octets || octets->size() < leastKeyOctets || octets->size() > mostKeyOctets)
        return QStringLiteral("\"%1\" of \"ticket\" is not %2 to %3 octets in hex")
            .arg(QLatin1String(member))
            .arg(leastKeyOctets)
            .arg(mostKeyOctets);
    mikey::Secret key{mikey::ByteView(*octets)};
    mikey::wipe(*octets);
    return key;
}

std::optional<QString> readChoices(const QJsonObject &part, mikey::TicketKeys &keys)
{
    const auto mode = part[QLatin1String("mode")];
    keys.mode = mode.toInt(!keys.tpk.empty() && !keys.reachesKms() ? 4 : 1);
    if (keys.mode < 1 || keys.mode > 4)
        return QStringLiteral("\"mode\" of \"ticket\" is not 1 to 4");
    const auto lifetime = part[QLatin1String("lifetime_s")];
    constexpr qint64 longest = qint64{10} * 365 * 24 * 3600;
    if (!lifetime.isUndefined())
        keys.lifetimeSeconds = lifetime.toInteger();
    if (keys.lifetimeSeconds < 1 || keys.lifetimeSeconds > longest)
        return QStringLiteral("\"lifetime_s\" of \"ticket\" is not a number of seconds");
    const auto reuse = part[QLatin1String("reuse")];
    if (!reuse.isUndefined() && !reuse.isBool())
        return QStringLiteral("\"reuse\" of \"ticket\" is neither true nor false");
    keys.reuse = reuse.toBool();
    return std::nullopt;
}

} // namespace

Loaded<mikey::TicketKeys> ticketOf(const QJsonObject &part, const QString &directory)
{
    mikey::TicketKeys keys;
    keys.kms = mikey::canonicalIdentity(textAt(part, "kms_id"));
    auto psk = keyAt(part, "psk"), tpk = keyAt(part, "tpk");
    if (!psk || !tpk)
        return psk ? tpk.error() : psk.error();
    keys.psk = std::move(*psk);
    keys.tpk = std::move(*tpk);
    keys.tpkId = textAt(part, "tpk_id");
    keys.tpkPeer = mikey::canonicalIdentity(textAt(part, "tpk_peer"));
    auto certificate = certificateOf(part[QLatin1String("kms_certificate")].toString(), directory);
    if (!certificate)
        return certificate.error();
    keys.kmsCertificate = std::move(*certificate);
    if (!keys.psk.empty() && keys.kms.empty())
        return QStringLiteral("\"kms_id\" of \"ticket\" is missing");
    if (auto fault = readChoices(part, keys))
        return std::move(*fault);
    return keys;
}

QStringList ticketMembers()
{
    return {QStringLiteral("kms"),       QStringLiteral("kms_fingerprint"),
            QStringLiteral("kms_trust"), QStringLiteral("kms_id"),
            QStringLiteral("psk"),       QStringLiteral("kms_certificate"),
            QStringLiteral("tpk"),       QStringLiteral("tpk_id"),
            QStringLiteral("tpk_peer"),  QStringLiteral("mode"),
            QStringLiteral("reuse"),     QStringLiteral("lifetime_s")};
}

QJsonObject ticketJson(const mikey::TicketKeys &keys)
{
    QJsonObject part{{QStringLiteral("kms_id"), QString::fromStdString(keys.kms)},
                     {QStringLiteral("mode"), keys.mode},
                     {QStringLiteral("reuse"), keys.reuse},
                     {QStringLiteral("lifetime_s"), static_cast<qint64>(keys.lifetimeSeconds)}};
    if (!keys.psk.empty())
        part[QStringLiteral("psk")] = hexOf(keys.psk.view());
    if (!keys.tpk.empty())
        part[QStringLiteral("tpk")] = hexOf(keys.tpk.view());
    if (!keys.tpkId.empty())
        part[QStringLiteral("tpk_id")] = QString::fromStdString(keys.tpkId);
    if (!keys.tpkPeer.empty())
        part[QStringLiteral("tpk_peer")] = QString::fromStdString(keys.tpkPeer);
    if (keys.kmsCertificate)
        part[QStringLiteral("kms_certificate")] = QString::fromStdString(keys.kmsCertificate->toPem());
    return part;
}

TicketService TicketService::clone() const
{
    TicketService copy;
    copy.kms = kms;
    copy.x509 = x509;
    copy.rekeySeconds = rekeySeconds;
    for (const auto &tpk : tpks)
        copy.tpks.push_back(tpk.clone());
    for (const auto &[identity, account] : accounts)
        copy.accounts[identity] = account.clone();
    return copy;
}

mikey::kms::TicketDomain TicketService::domain() const
{
    mikey::kms::TicketDomain domain;
    domain.kms = kms;
    domain.x509 = x509;
    domain.rekeySeconds = rekeySeconds;
    for (const auto &tpk : tpks)
        domain.tpks.push_back(tpk.clone());
    domain.account = [this](const std::string &identity) -> std::optional<mikey::kms::TicketAccount> {
        const auto found = accounts.find(identity);
        return found == accounts.end() ? std::nullopt : std::optional(found->second.clone());
    };
    return domain;
}

mikey::TicketKeys TicketService::enrol(const std::string &identity, mikey::Random &random)
{
    auto &account = accounts[identity];
    account.identity = identity;
    account.psk = random.secret(demoKeyOctets);
    mikey::TicketKeys keys;
    keys.kms = kms;
    keys.psk = account.psk.clone();
    return keys;
}

TicketService makeTicketService(const std::string &kms, mikey::Random &random)
{
    TicketService service;
    service.kms = kms;
    service.tpks.push_back({"tpk-1", random.secret(demoKeyOctets)});
    return service;
}

QJsonObject ticketServiceJson(const TicketService &service)
{
    QJsonArray tpks;
    for (const auto &tpk : service.tpks)
        tpks += QJsonObject{{QStringLiteral("id"), QString::fromStdString(tpk.id)},
                            {QStringLiteral("key"), hexOf(tpk.key.view())}};
    QJsonObject users;
    for (const auto &[identity, account] : service.accounts) {
        QJsonObject user{{QStringLiteral("psk"), hexOf(account.psk.view())}};
        if (!account.tpk.key.empty())
            user[QStringLiteral("tpk")] = hexOf(account.tpk.key.view());
        if (!account.tpk.id.empty())
            user[QStringLiteral("tpk_id")] = QString::fromStdString(account.tpk.id);
        if (account.revoked)
            user[QStringLiteral("revoked")] = true;
        users[QString::fromStdString(identity)] = user;
    }
    QJsonObject json{{QStringLiteral("kms_id"), QString::fromStdString(service.kms)},
                     {QStringLiteral("tpks"), tpks},
                     {QStringLiteral("users"), users},
                     {QStringLiteral("x509"), x509Json(service.x509)}};
    if (service.rekeySeconds > 0)
        json[QStringLiteral("rekey_s")] = static_cast<qint64>(service.rekeySeconds);
    return json;
}

Loaded<TicketService> ticketServiceOf(const QJsonObject &json)
{
    TicketService service;
    service.kms = mikey::canonicalIdentity(textAt(json, "kms_id"));
    service.rekeySeconds = static_cast<std::uint32_t>(json[QLatin1String("rekey_s")].toInteger());
    for (const auto &value : json[QLatin1String("tpks")].toArray()) {
        auto key = keyAt(value.toObject(), "key");
        if (!key || key->empty())
            return QStringLiteral("a key for tickets is missing or is no hex");
        service.tpks.push_back({textAt(value.toObject(), "id"), std::move(*key)});
    }
    if (service.tpks.empty() || service.kms.empty())
        return QStringLiteral("\"kms_id\" or \"tpks\" of \"ticket\" is missing");
    const auto users = json[QLatin1String("users")].toObject();
    for (auto it = users.begin(); it != users.end(); ++it) {
        mikey::kms::TicketAccount account;
        account.identity = identityOf(it.key());
        const auto user = it->toObject();
        auto psk = keyAt(user, "psk"), tpk = keyAt(user, "tpk");
        if (account.identity.empty() || !psk || !tpk)
            return QStringLiteral("the account of %1 is damaged").arg(it.key());
        account.psk = std::move(*psk);
        account.tpk = {textAt(user, "tpk_id"), std::move(*tpk)};
        account.revoked = user[QLatin1String("revoked")].toBool();
        service.accounts.emplace(account.identity, std::move(account));
    }
    if (const auto x509 = json[QLatin1String("x509")].toObject(); !x509.isEmpty()) {
        auto part = x509Of(x509, {});
        if (!part)
            return part.error();
        service.x509 = std::move(part->x509);
    }
    return service;
}

} // namespace account
