// SPDX-License-Identifier: Apache-2.0
#include "config.h"

#include "account/kms_xml.h"
#include "account/x509_part.h"
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

mikey::ByteView octetsOf(const QByteArray &array)
{
    return mikey::octetsOf({array.data(), static_cast<std::size_t>(array.size())});
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

constexpr Number numbers[] = {
    {"port", 0, 65535, 8443},
    {"requests_per_minute", 1, 1e9, 240},
    {"threads", 1, 256, 8},
    {"connections_per_address", 0, 256, 0},
    {"audit_days", 1, 36500, 400},
    {"refusal_days", 1, 36500, 30},
    {"clock_skew_s", 1, 86400, 300},
    {"key_period", 8 * 86400.0, 3653 * 86400.0, 2592000},
    {"key_period_offset", 0, 4294967295.0, 0},
    {"rekey_s", 0, 4294967295.0, 0},
};

Fault readNumbers(const QJsonObject &json, Config &config)
{
    std::map<std::string, double> values;
    for (const auto &number : numbers) {
        if (auto fault = readNumber(json, number, values[number.name]))
            return fault;
    }
    const auto whole = [&values](const char *name) { return static_cast<int>(values.at(name)); };
    const auto seconds = [&values](const char *name) { return static_cast<std::uint32_t>(values.at(name)); };
    config.port = whole("port");
    config.requestsPerMinute = whole("requests_per_minute");
    config.threads = whole("threads");
    const int connections = whole("connections_per_address");
    config.connectionsPerAddress = connections > 0 ? connections : std::max(config.threads - 1, 1);
    config.auditDays = whole("audit_days");
    config.refusalDays = whole("refusal_days");
    config.clockSkewSeconds = whole("clock_skew_s");
    config.rekeySeconds = seconds("rekey_s");
    config.profile.keyPeriod = seconds("key_period");
    config.profile.keyPeriodOffset = seconds("key_period_offset");
    if (config.profile.keyPeriodOffset >= config.profile.keyPeriod)
        return QStringLiteral("\"key_period_offset\" is not less than \"key_period\"");
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

/// The private key of TLS, made where there is none.
account::Loaded<mikey::PrivateKey> tlsKey(const QString &path)
{
    constexpr int keyBits = 3072;
    if (QFileInfo::exists(path)) {
        auto pem = account::readFile(path, mostOctets);
        if (!pem)
            return pem.error();
        auto key = mikey::PrivateKey::fromPem(octetsOf(*pem));
        account::wipe(*pem);
        if (!key)
            return QStringLiteral("%1: this is no private key").arg(path);
        return std::move(*key);
    }
    auto key = mikey::PrivateKey::generate(keyBits);
    const auto pem = key.toPem();
    auto secret = QByteArray(reinterpret_cast<const char *>(pem.view().data()), static_cast<qsizetype>(pem.size()));
    const auto trouble = account::createPrivateFile(path, secret);
    account::wipe(secret);
    if (trouble)
        return *trouble;
    return key;
}

/// Nobody vouches for it; whoever enrols knows its fingerprint. One start that was cut off before leaves a key alone.
Fault makeCertificate(const Config &config, mikey::NtpTime now)
{
    constexpr std::int64_t day = 24 * 3600;
    account::FileLock lock(config.certificate); // of several that start together one makes it
    if (auto trouble = lock.take())
        return trouble;
    if (QFileInfo::exists(config.certificate))
        return std::nullopt;
    const auto key = tlsKey(config.privateKey);
    if (!key)
        return key.error();
    mikey::CertificateRequest request;
    request.commonName = config.profile.kms;
    request.notBefore = now.plusSeconds(-day);
    request.notAfter = now.plusSeconds(10 * 365 * day);
    const auto certificate = mikey::selfSigned(request, *key);
    return account::createPrivateFile(config.certificate, QByteArray::fromStdString(certificate.toPem()));
}

/// A partner tells itself whose users it serves: none of ours, and none of another one's.
QString claimedTwice(const mikey::SakkeDomain &partner, const Config &config)
{
    const auto serves = [](const std::string &kms, const std::vector<std::string> &hosts, const std::string &host) {
        const auto user = host.starts_with('+') ? "tel:" + host : "sip:x@" + host;
        return mikey::servedBy(user, kms, hosts) != mikey::ServedBy::Nobody;
    };
    for (const auto &host : partner.hosts) {
        const bool ours = host == "+" || serves(config.profile.kms, config.profile.hosts, host);
        const bool anothers = std::any_of(config.partners.begin(), config.partners.end(), [&](const auto &other) {
            return other.kms != partner.kms && serves(other.kms, other.hosts, host);
        });
        if (ours || anothers)
            return QString::fromStdString(host);
    }
    return {};
}

/// Public keys of other services, as those have written them (latchkey-kms certificate).
Fault readPartners(const QJsonObject &json, const QDir &home, Config &config)
{
    for (const auto &listed : json[QLatin1String("partners")].toArray()) {
        const auto path = home.filePath(listed.toString());
        const auto xml = account::readFile(path, mostOctets);
        if (!xml)
            return xml.error();
        const auto response = account::responseOf(*xml);
        const auto before = config.partners.size();
        if (response) {
            for (const auto &certificate : response->certificates) {
                if (certificate.validity.revoked || certificate.domain.kms == config.profile.kms)
                    continue;
                if (const auto host = claimedTwice(certificate.domain, config); !host.isEmpty())
                    return QStringLiteral("%1: %2 says that it serves %3, which another service does")
                        .arg(path, QString::fromStdString(certificate.domain.kms), host);
                config.partners.push_back(certificate.domain);
                if (const auto from = certificate.validity.from) // the keys that it changes to, perhaps
                    config.partners.back().fromPeriod =
                        certificate.domain.periodAt(mikey::NtpTime::fromUnixMicroseconds(*from * 1000));
            }
        }
        if (config.partners.size() == before)
            return QStringLiteral("%1: there are no public keys of another service in it").arg(path);
    }
    return std::nullopt;
}

constexpr std::size_t leastKeyOctets = 16; ///< RFC 6043 12.1

account::Loaded<TicketPartner> ticketPartnerOf(const QJsonObject &told, const QDir &home)
{
    constexpr qsizetype fingerprintOctets = 32;
    TicketPartner partner;
    partner.kms = member(told, "kms", "").toLower().toStdString();
    partner.place.url = QUrl(member(told, "url", ""));
    partner.place.fingerprint = QByteArray::fromHex(member(told, "fingerprint", "").toLatin1());
    if (partner.kms.empty() || partner.place.url.scheme() != QLatin1String("https") ||
        partner.place.fingerprint.size() != fingerprintOctets)
        return QStringLiteral(
            "one of \"ticket_partners\" lacks its \"kms\", an https \"url\" or the \"fingerprint\" of its "
            "certificate");
    auto digits = account::readFile(home.filePath(member(told, "psk_file", "")), mostOctets);
    if (!digits)
        return digits.error();
    auto octets = mikey::fromHex(digits->trimmed().toStdString());
    account::wipe(*digits);
    if (!octets || octets->size() < leastKeyOctets)
        return QStringLiteral("the \"psk_file\" of %1 holds no key in hex").arg(QString::fromStdString(partner.kms));
    partner.psk = mikey::Secret(mikey::ByteView(*octets));
    mikey::wipe(*octets);
    for (const auto &host : told[QLatin1String("hosts")].toArray())
        partner.hosts.push_back(host.toString().toLower().toStdString());
    return partner;
}

Fault readTicketPartners(const QJsonObject &json, const QDir &home, Config &config)
{
    for (const auto &told : json[QLatin1String("ticket_partners")].toArray()) {
        auto partner = ticketPartnerOf(told.toObject(), home);
        if (!partner)
            return partner.error();
        config.ticketPartners.push_back(std::move(*partner));
    }
    return std::nullopt;
}

/// Our certificate for MIKEY, with which users are answered who prove themselves by theirs.
Fault readX509(const QJsonObject &json, const QString &directory, Config &config)
{
    const auto told = json[QLatin1String("x509")];
    if (told.isUndefined())
        return std::nullopt;
    if (!told.isObject())
        return QStringLiteral("\"x509\" is no object");
    auto part = account::x509Of(told.toObject(), directory);
    if (!part)
        return part.error();
    if (part->x509.own.empty() || part->x509.trust.empty())
        return QStringLiteral("\"x509\" lacks our certificate, or whom to trust");
    config.x509 = std::move(part->x509);
    return std::nullopt;
}

/// What is misspelled may protect something, so it is not passed over.
Fault checkMembers(const QJsonObject &json)
{
    const QStringList texts{QStringLiteral("kms_uri"),  QStringLiteral("listen"),      QStringLiteral("database"),
                            QStringLiteral("key_file"), QStringLiteral("certificate"), QStringLiteral("private_key"),
                            QStringLiteral("scheme")};
    const QStringList lists{QStringLiteral("hosts"), QStringLiteral("partners")};
    const QStringList objects{QStringLiteral("ticket_partners")};
    const QStringList others{QStringLiteral("may_call"), QStringLiteral("x509")};
    for (auto it = json.begin(); it != json.end(); ++it) {
        const auto name = it.key();
        const bool isNumber = std::any_of(std::begin(numbers), std::end(numbers),
                                          [&](const Number &number) { return name == QLatin1String(number.name); });
        if (!isNumber && !texts.contains(name) && !objects.contains(name) && !lists.contains(name) &&
            !others.contains(name))
            return QStringLiteral("\"%1\" is not known here").arg(name);
        if (objects.contains(name) && !it->isArray())
            return QStringLiteral("\"%1\" is no list").arg(name);
        if (texts.contains(name) && !it->isString())
            return QStringLiteral("\"%1\" is no text").arg(name);
        const auto list = it->toArray();
        if (lists.contains(name) &&
            (!it->isArray() || !std::all_of(list.begin(), list.end(), [](const auto &one) { return one.isString(); })))
            return QStringLiteral("\"%1\" is no list of texts").arg(name);
    }
    return std::nullopt;
}

} // namespace

account::Loaded<Config> readConfig(const QString &path)
{
    const auto contents = account::readFile(path, mostOctets);
    if (!contents)
        return contents.error();
    QJsonParseError error;
    const auto document = QJsonDocument::fromJson(*contents, &error);
    if (error.error != QJsonParseError::NoError)
        return QStringLiteral("%1: %2").arg(path, error.errorString());
    if (!document.isObject())
        return QStringLiteral("%1: this is no object").arg(path);
    const auto json = document.object();
    const QDir home(QFileInfo(path).path());
    Config config;
    auto fault = checkMembers(json);
    if (!fault)
        fault = readProfile(json, config.profile);
    if (!fault)
        fault = readNumbers(json, config);
    if (!fault)
        fault = readMayCall(json, config);
    if (!fault)
        fault = readPartners(json, home, config);
    if (!fault)
        fault = readTicketPartners(json, home, config);
    if (!fault)
        fault = readX509(json, home.path(), config);
    if (fault)
        return QStringLiteral("%1: %2").arg(path, *fault);
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
    if (!QFileInfo::exists(config.certificate)) {
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
