// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include "crypto/issue.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace kmsd {

namespace {

using Fault = std::optional<QString>;

constexpr qint64 mostOctets = 1 << 20;

QString member(const QJsonObject &json, const char *name, const char *usual)
{
    return json[QLatin1String(name)].toString(QLatin1String(usual));
}

struct Number
{
    const char *name;
    double least;
    double most;
    double usual;
};

Fault readNumber(const QJsonObject &json, const Number &number, double &value)
{
    const auto given = json[QLatin1String(number.name)];
    value = given.toDouble(number.usual);
    if ((given.isUndefined() || given.isDouble()) && value >= number.least && value <= number.most)
        return std::nullopt;
    return QStringLiteral("\"%1\" is no number from %2 to %3")
        .arg(QLatin1String(number.name))
        .arg(number.least, 0, 'f', 0)
        .arg(number.most, 0, 'f', 0);
}

Fault readNumbers(const QJsonObject &json, Config &config)
{
    double port = 0, rate = 0, threads = 0, skew = 0, period = 0, offset = 0, connections = 0, audit = 0, refusals = 0;
    const std::pair<Number, double *> wanted[] = {
        {{"port", 0, 65535, 8443}, &port},
        {{"requests_per_minute", 1, 1e9, 240}, &rate},
        {{"threads", 1, 256, 8}, &threads},
        {{"clock_skew_s", 1, 86400, 300}, &skew},
        {{"connections_per_address", 0, 256, 0}, &connections},
        {{"audit_days", 1, 36500, 400}, &audit},
        {{"refusal_days", 1, 36500, 30}, &refusals},
        {{"key_period", 8 * 86400.0, 3653 * 86400.0, 2592000}, &period},
        {{"key_period_offset", 0, 4294967295.0, 0}, &offset},
    };
    for (const auto &[number, value] : wanted) {
        if (auto fault = readNumber(json, number, *value))
            return fault;
    }
    config.port = static_cast<int>(port);
    config.requestsPerMinute = static_cast<int>(rate);
    config.threads = static_cast<int>(threads);
    config.connectionsPerAddress = connections > 0 ? static_cast<int>(connections) : std::max(config.threads - 1, 1);
    config.auditDays = static_cast<int>(audit);
    config.refusalDays = static_cast<int>(refusals);
    config.clockSkewSeconds = static_cast<int>(skew);
    config.profile.keyPeriod = static_cast<std::uint32_t>(period);
    config.profile.keyPeriodOffset = static_cast<std::uint32_t>(offset);
    return std::nullopt;
}

Fault readMayCall(const QJsonObject &json, Config &config)
{
    const auto told = json[QLatin1String("may_call")];
    if (!told.isUndefined() && !told.isObject())
        return QStringLiteral("\"may_call\" is no object");
    const auto calls = told.toObject();
    const auto isIdentity = [](const std::string &text) { return mikey::identityType(text) == mikey::IdType::Uri; };
    for (auto it = calls.begin(); it != calls.end(); ++it) {
        const auto initiator = mikey::canonicalIdentity(it.key().toStdString());
        if (!it->isArray() || !isIdentity(initiator))
            return QStringLiteral("\"may_call\" has no list for %1, or that is no identity such as "
                                  "sip:alice@example.org")
                .arg(it.key());
        auto &responders = config.mayCall[initiator];
        for (const auto &listed : it->toArray()) {
            const auto responder = mikey::canonicalIdentity(listed.toString().toStdString());
            if (!isIdentity(responder))
                return QStringLiteral("\"may_call\" of %1 lists what is no identity such as sip:bob@example.org")
                    .arg(it.key());
            responders.insert(responder);
        }
    }
    return std::nullopt;
}

Fault readProfile(const QJsonObject &json, mikey::kms::ServiceProfile &profile)
{
    profile.kms = member(json, "kms_uri", "").toLower().toStdString();
    if (profile.kms.empty())
        return QStringLiteral("\"kms_uri\" is missing, such as \"kms.example.org\"");
    const auto scheme = member(json, "scheme", "uid");
    if (scheme != QLatin1String("uid") && scheme != QLatin1String("rfc6509"))
        return QStringLiteral("\"scheme\" is neither \"uid\" nor \"rfc6509\"");
    if (scheme == QLatin1String("rfc6509"))
        profile.scheme = mikey::SakkeIdScheme::TelUriMonthly;
    for (const auto &host : json[QLatin1String("hosts")].toArray())
        profile.hosts.push_back(host.toString().toLower().toStdString());
    return std::nullopt;
}

mikey::ByteView octetsOf(const QByteArray &array)
{
    return mikey::octetsOf({array.data(), static_cast<std::size_t>(array.size())});
}

/// Nobody vouches for it; whoever enrols knows its fingerprint.
Fault makeCertificate(const Config &config, mikey::NtpTime now)
{
    constexpr int keyBits = 3072;
    constexpr std::int64_t day = 24 * 3600;
    const auto key = mikey::PrivateKey::generate(keyBits);
    mikey::CertificateRequest request;
    request.commonName = config.profile.kms;
    request.notBefore = now.plusSeconds(-day);
    request.notAfter = now.plusSeconds(10 * 365 * day);
    const auto certificate = mikey::selfSigned(request, key);
    const auto pem = key.toPem();
    auto secret = QByteArray(reinterpret_cast<const char *>(pem.view().data()), static_cast<qsizetype>(pem.size()));
    auto trouble = account::createPrivateFile(config.privateKey, secret);
    account::wipe(secret);
    if (trouble)
        return trouble;
    return account::createPrivateFile(config.certificate, QByteArray::fromStdString(certificate.toPem()));
}

} // namespace

account::Loaded<Config> readConfig(const QString &path)
{
    const auto contents = account::readFile(path, mostOctets);
    if (!contents)
        return contents.error();
    QJsonParseError error;
    const auto json = QJsonDocument::fromJson(*contents, &error).object();
    if (error.error != QJsonParseError::NoError)
        return QStringLiteral("%1: %2").arg(path, error.errorString());
    Config config;
    auto fault = readProfile(json, config.profile);
    if (!fault)
        fault = readNumbers(json, config);
    if (!fault)
        fault = readMayCall(json, config);
    if (fault)
        return QStringLiteral("%1: %2").arg(path, *fault);
    const QDir home(QFileInfo(path).path());
    config.address = member(json, "listen", "127.0.0.1");
    config.database = member(json, "database", "kms.sqlite");
    if (!config.database.contains(QLatin1String("://")))
        config.database = home.filePath(config.database);
    config.keyFile = home.filePath(member(json, "key_file", "kms.key"));
    config.certificate = home.filePath(member(json, "certificate", "kms.pem"));
    config.privateKey = home.filePath(member(json, "private_key", "kms-tls.key"));
    return config;
}

account::Loaded<mikey::Secret> sealingKey(const Config &config)
{
    constexpr auto size = mikey::kms::Sealer::keyOctets;
    const bool needed = config.database.contains(QLatin1String("://")) || QFileInfo::exists(config.database);
    if (!QFileInfo::exists(config.keyFile) && !needed) {
        mikey::SystemRandom random;
        const auto fresh = random.secret(size);
        auto digits = QByteArray::fromStdString(mikey::hex(fresh.view()));
        // Where another process was faster, its key is read below.
        const auto trouble = account::createPrivateFile(config.keyFile, digits);
        account::wipe(digits);
        if (trouble && !QFileInfo::exists(config.keyFile))
            return *trouble;
    }
    auto contents = account::readFile(config.keyFile, 2 * size + 2);
    if (!contents)
        return QStringLiteral("%1; it holds the key of the database, 64 hex digits").arg(contents.error());
    auto octets = mikey::fromHex(contents->trimmed().toStdString());
    account::wipe(*contents);
    if (!octets || octets->size() != size)
        return QStringLiteral("%1: this is no key of 64 hex digits").arg(config.keyFile);
    mikey::Secret key{mikey::ByteView(*octets)};
    mikey::wipe(*octets);
    return key;
}

account::Loaded<QByteArray> tlsFingerprint(const Config &config, mikey::NtpTime now)
{
    if (!QFileInfo::exists(config.certificate) && !QFileInfo::exists(config.privateKey)) {
        if (const auto trouble = makeCertificate(config, now))
            return *trouble;
    }
    const auto pem = account::readFile(config.certificate, mostOctets);
    if (!pem)
        return pem.error();
    const auto certificates = mikey::Certificate::fromPem(octetsOf(*pem));
    if (certificates.empty())
        return QStringLiteral("%1: there is no certificate in it").arg(config.certificate);
    const auto &fingerprint = certificates.front().fingerprint();
    return QByteArray(reinterpret_cast<const char *>(fingerprint.data()), static_cast<qsizetype>(fingerprint.size()));
}

} // namespace kmsd
