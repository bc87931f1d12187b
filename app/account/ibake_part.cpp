// SPDX-License-Identifier: Apache-2.0
#include "account/ibake_part.h"

#include "account/certificate_input.h"
#include "account/endpoint_file.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <QDir>
#include <QJsonArray>

namespace account {

namespace {

constexpr qint64 mostOctets = qint64{64} << 10; ///< of a file of parameters
constexpr auto usualGroup = "BF-3072";
constexpr auto firstDay = "-01"; ///< a key period is a month, told as "2026-11"
constexpr std::size_t demoKeyOctets = 32;

QString hexOf(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

/// Octets in hex; empty if the member is absent.
Loaded<mikey::Secret> secretAt(const QJsonObject &object, const char *member)
{
    const auto value = object.value(QLatin1String(member));
    auto octets = mikey::fromHex(value.toString().toStdString());
    if (!value.isUndefined() && (!octets || octets->empty()))
        return QStringLiteral("\"%1\" of \"ibake\" is no hex").arg(QLatin1String(member));
    mikey::Secret secret{octets ? mikey::ByteView(*octets) : mikey::ByteView()};
    if (octets)
        mikey::wipe(*octets);
    return secret;
}

Loaded<mikey::Bytes> parametersDer(const QString &text, const QString &directory)
{
    if (auto octets = mikey::fromHex(text.toStdString()))
        return std::move(*octets);
    const auto contents = readFile(QDir(directory).filePath(text), mostOctets);
    if (!contents)
        return contents.error();
    const auto view = viewOf(*contents);
    return mikey::Bytes(view.begin(), view.end());
}

Loaded<std::shared_ptr<const mikey::ibe::Parameters>> parametersOf(const QString &text, const QString &directory)
{
    const auto der = parametersDer(text, directory);
    if (!der)
        return der.error();
    auto parameters = mikey::ibe::Parameters::fromDer(*der);
    if (!parameters)
        return QStringLiteral("\"parameters\" of \"ibake\" are damaged, or not those of a group that is known here");
    return std::make_shared<const mikey::ibe::Parameters>(std::move(*parameters));
}

Loaded<mikey::IbakePartner> partnerOf(const QString &kms, const QJsonObject &object, const QString &directory)
{
    auto parameters = parametersOf(object.value(QLatin1String("parameters")).toString(), directory);
    if (!parameters)
        return parameters.error();
    mikey::IbakePartner partner{mikey::canonicalIdentity(kms.toStdString()), {}, std::move(*parameters)};
    for (const auto &host : object.value(QLatin1String("hosts")).toArray())
        partner.hosts.push_back(host.toString().toLower().toStdString());
    return partner;
}

QJsonObject partnersJson(const std::vector<mikey::IbakePartner> &partners)
{
    QJsonObject all;
    for (const auto &partner : partners) {
        QJsonArray hosts;
        for (const auto &host : partner.hosts)
            hosts += QString::fromStdString(host);
        all[QString::fromStdString(partner.kms)] = QJsonObject{
            {QStringLiteral("parameters"), hexOf(partner.parameters->toDer())}, {QStringLiteral("hosts"), hosts}};
    }
    return all;
}

} // namespace

Loaded<mikey::IbakeKeys> ibakeOf(const QJsonObject &part, const std::string &identity, const QString &directory)
{
    mikey::IbakeKeys keys;
    keys.kms = mikey::canonicalIdentity(part.value(QLatin1String("kms_id")).toString().toStdString());
    auto psk = secretAt(part, "psk");
    if (!psk)
        return psk.error();
    keys.psk = std::move(*psk);
    auto certificate = certificateOf(part.value(QLatin1String("kms_certificate")).toString(), directory);
    if (!certificate)
        return certificate.error();
    keys.kmsCertificate = std::move(*certificate);
    if (const auto given = part.value(QLatin1String("parameters")).toString(); !given.isEmpty()) {
        auto parameters = parametersOf(given, directory);
        if (!parameters)
            return parameters.error();
        keys.parameters = std::move(*parameters);
    }
    const auto domains = part.value(QLatin1String("domains")).toObject();
    for (auto it = domains.begin(); it != domains.end(); ++it) {
        auto partner = partnerOf(it.key(), it->toObject(), directory);
        if (!partner)
            return partner.error();
        keys.partners.push_back(std::move(*partner));
    }
    for (const auto &value : part.value(QLatin1String("keys")).toArray()) {
        const auto one = value.toObject();
        const auto date = one.value(QLatin1String("date")).toString();
        const auto block = secretAt(one, "private_key");
        if (!block)
            return block.error();
        if (!keys.add(identity, date.toStdString() + firstDay, block->view()))
            return QStringLiteral("the key of \"ibake\" for %1 is not that of %2 from this service")
                .arg(date, QString::fromStdString(identity));
    }
    return keys;
}

QStringList ibakeMembers()
{
    return {QStringLiteral("kms"),
            QStringLiteral("kms_fingerprint"),
            QStringLiteral("kms_trust"),
            QStringLiteral("kms_id"),
            QStringLiteral("kms_certificate"),
            QStringLiteral("psk"),
            QStringLiteral("parameters"),
            QStringLiteral("keys"),
            QStringLiteral("domains")};
}

QJsonObject ibakeJson(const mikey::IbakeKeys &keys)
{
    QJsonArray periods;
    for (const auto &key : keys.keys) {
        auto month = QString::fromStdString(key.date);
        month.chop(static_cast<qsizetype>(std::string_view(firstDay).size()));
        periods += QJsonObject{{QStringLiteral("date"), month}, {QStringLiteral("private_key"), hexOf(key.der.view())}};
    }
    QJsonObject part{{QStringLiteral("kms_id"), QString::fromStdString(keys.kms)}, {QStringLiteral("keys"), periods}};
    if (!keys.psk.empty())
        part[QStringLiteral("psk")] = hexOf(keys.psk.view());
    if (keys.parameters)
        part[QStringLiteral("parameters")] = hexOf(keys.parameters->toDer());
    if (keys.kmsCertificate)
        part[QStringLiteral("kms_certificate")] = QString::fromStdString(keys.kmsCertificate->toPem());
    if (!keys.partners.empty())
        part[QStringLiteral("domains")] = partnersJson(keys.partners);
    return part;
}

IbakeService IbakeService::clone() const
{
    IbakeService copy{kms, group, master.clone(), {}};
    for (const auto &[identity, key] : accounts)
        copy.accounts.emplace(identity, key.clone());
    return copy;
}

mikey::kms::IbakeDomain IbakeService::domain() const
{
    mikey::kms::IbakeDomain domain;
    domain.kms = kms;
    domain.group = mikey::ibe::group(group);
    domain.master = master.clone();
    domain.account = [this](const std::string &identity) -> std::optional<mikey::Secret> {
        const auto found = accounts.find(identity);
        return found == accounts.end() ? std::nullopt : std::optional(found->second.clone());
    };
    return domain;
}

std::shared_ptr<const mikey::ibe::Parameters> IbakeService::parameters() const
{
    auto made = mikey::ibe::publicParameters(mikey::ibe::group(group), master);
    return made ? std::make_shared<const mikey::ibe::Parameters>(std::move(*made)) : nullptr;
}

mikey::IbakeKeys IbakeService::enrol(const std::string &identity, mikey::NtpTime now, mikey::Random &random)
{
    auto &account = accounts[identity];
    account = random.secret(demoKeyOctets);
    mikey::IbakeKeys keys;
    keys.kms = kms;
    keys.psk = account.clone();
    keys.parameters = parameters();
    const auto own = domain();
    for (const auto &date : mikey::kms::ibakeDatesAt(now)) {
        if (const auto block = mikey::kms::issueIbake(own, identity, date))
            keys.add(identity, date, block->view());
    }
    return keys;
}

IbakeService makeIbakeService(const std::string &kms, mikey::Random &random)
{
    IbakeService service;
    service.kms = kms;
    service.group = usualGroup;
    service.master = mikey::ibe::makeMaster(*mikey::ibe::group(service.group), random);
    return service;
}

QJsonObject ibakeServiceJson(const IbakeService &service)
{
    QJsonObject users;
    for (const auto &[identity, key] : service.accounts)
        users[QString::fromStdString(identity)] =
            key.empty() ? QJsonObject() : QJsonObject{{QStringLiteral("psk"), hexOf(key.view())}};
    return {{QStringLiteral("kms_id"), QString::fromStdString(service.kms)},
            {QStringLiteral("group"), QString::fromStdString(service.group)},
            {QStringLiteral("master_s"), hexOf(service.master.view())},
            {QStringLiteral("users"), users}};
}

Loaded<IbakeService> ibakeServiceOf(const QJsonObject &json)
{
    IbakeService service;
    service.kms = mikey::canonicalIdentity(json.value(QLatin1String("kms_id")).toString().toStdString());
    service.group = json.value(QLatin1String("group")).toString().toStdString();
    auto master = secretAt(json, "master_s");
    if (!master)
        return master.error();
    service.master = std::move(*master);
    if (service.kms.empty() || !mikey::ibe::group(service.group) || !service.parameters())
        return QStringLiteral("\"kms_id\", \"group\" or \"master_s\" of \"ibake\" is missing or is none");
    const auto users = json.value(QLatin1String("users")).toObject();
    for (auto it = users.begin(); it != users.end(); ++it) {
        auto key = secretAt(it->toObject(), "psk");
        const auto identity = identityOf(it.key());
        if (!key || identity.empty()) // without a key his certificate proves him
            return QStringLiteral("the account of %1 is damaged").arg(it.key());
        service.accounts.emplace(identity, std::move(*key));
    }
    return service;
}

} // namespace account
