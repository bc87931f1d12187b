// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_file.h"

#include "account/ibake_part.h"
#include "account/own_certificates.h"
#include "account/sakke_part.h"
#include "account/ticket_part.h"
#include "account/x509_part.h"
#include "methods/identity.h"
#include "methods/method.h"
#include "wire/text.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace account {

namespace {

constexpr qint64 mostOctets = qint64{1} << 20;
constexpr std::size_t mostKeyOctets = 4096;
constexpr std::size_t mostIdentityOctets = 1024;
constexpr double mostSkewSeconds = 1 << 30; ///< NTP times compare within ±68 years

/// What is wrong with a part of the file; the caller adds the file's name.
using Fault = std::optional<QString>;

struct AcceptFlag
{
    const char *member;
    bool mikey::Accept::*flag;
};

constexpr AcceptFlag acceptFlags[] = {
    {"null_encryption", &mikey::Accept::nullEncryption},
    {"null_authentication", &mikey::Accept::nullAuthentication},
    {"weak_groups", &mikey::Accept::weakGroups},
    {"missing_identities", &mikey::Accept::missingIdentities},
    {"sdes", &mikey::Accept::sdes},
};
constexpr const char *skewMember = "clock_skew_s";
constexpr const char *fetchMember = "fetch_certificates"; ///< those that a message names by URL

Fault readIdentity(const QJsonValue &value, mikey::Endpoint &endpoint)
{
    if (!value.isString())
        return QStringLiteral("\"identity\" is missing or is no string");
    endpoint.identity = identityOf(value.toString());
    if (endpoint.identity.empty())
        return QStringLiteral("\"identity\" is not an identity such as sip:alice@example.org");
    return std::nullopt;
}

Fault readKey(const QString &peer, const QJsonValue &value, mikey::Endpoint &endpoint)
{
    const auto identity = identityOf(peer);
    // Who swaps name and key must not find the key in a message, so a name has to look like one before it is shown.
    if (identity.find_first_of("@:") == std::string::npos)
        return QStringLiteral("\"psk\" has an entry whose name is not an identity");
    const auto text = value.toString().toStdString();
    auto octets = mikey::fromHex(text);
    if (!value.isString() || !octets || octets->empty() || octets->size() > mostKeyOctets)
        return QStringLiteral("the key shared with %1 is not 1 to %2 octets in hex").arg(peer).arg(mostKeyOctets);
    const bool first = endpoint.psk.emplace(identity, mikey::Secret(*octets)).second;
    mikey::wipe(*octets);
    if (!first)
        return QStringLiteral("\"psk\" has more than one key for %1").arg(QString::fromStdString(identity));
    return std::nullopt;
}

Fault readKeys(const QJsonValue &value, mikey::Endpoint &endpoint)
{
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isObject())
        return QStringLiteral("\"psk\" is not an object");
    const auto keys = value.toObject();
    for (auto it = keys.begin(); it != keys.end(); ++it) {
        if (auto fault = readKey(it.key(), it.value(), endpoint))
            return fault;
    }
    return std::nullopt;
}

Fault readFlag(const QJsonObject &accept, const char *member, bool &flag)
{
    const auto given = accept[QLatin1String(member)];
    flag = given.toBool();
    if (given.isUndefined() || given.isBool())
        return std::nullopt;
    return QStringLiteral("\"%1\" of \"accept\" is neither true nor false").arg(QLatin1String(member));
}

Fault readAccept(const QJsonValue &value, mikey::Endpoint &endpoint)
{
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isObject())
        return QStringLiteral("\"accept\" is not an object");
    const auto members = value.toObject();
    for (const auto &[member, flag] : acceptFlags) {
        if (auto fault = readFlag(members, member, endpoint.accept.*flag))
            return fault;
    }
    if (auto fault = readFlag(members, fetchMember, endpoint.x509.fetchUrls))
        return fault;
    const auto skew = members[QLatin1String(skewMember)];
    if (skew.isUndefined())
        return std::nullopt;
    if (!skew.isDouble() || skew.toDouble() < 0 || skew.toDouble() > mostSkewSeconds)
        return QStringLiteral("\"%1\" of \"accept\" is not a number of seconds").arg(QLatin1String(skewMember));
    endpoint.accept.clockSkewSeconds = static_cast<std::int64_t>(skew.toDouble());
    return std::nullopt;
}

/// The names of methods in a list, or what is wrong.
Loaded<std::vector<std::string>> methodNames(const QJsonValue &value)
{
    if (!value.isArray())
        return QStringLiteral("is no list of methods");
    std::vector<std::string> names;
    for (const auto &one : value.toArray()) {
        const auto name = one.toString().toStdString();
        if (!mikey::method(name))
            return QStringLiteral("names the method \"%1\", which there is not").arg(one.toString());
        names.push_back(name);
    }
    return names;
}

Fault readMethods(const QJsonValue &value, mikey::Endpoint &endpoint)
{
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isObject())
        return QStringLiteral("\"methods\" is not an object");
    const auto peers = value.toObject();
    for (auto it = peers.begin(); it != peers.end(); ++it) {
        const auto identity = identityOf(it.key());
        auto names = methodNames(it.value());
        if (!names)
            return QStringLiteral("\"methods\" of %1 %2").arg(it.key(), names.error());
        if (identity.empty() || !endpoint.methods.emplace(identity, std::move(*names)).second)
            return QStringLiteral("\"methods\" names %1, which is no identity or stands there twice").arg(it.key());
    }
    return std::nullopt;
}

/// After readAccept(): weak ones have to be accepted there.
Fault readSuites(const QJsonValue &value, mikey::Endpoint &endpoint)
{
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isArray() || value.toArray().isEmpty())
        return QStringLiteral("\"suites\" is not a list of suites");
    for (const auto &name : value.toArray()) {
        const auto *suite = mikey::srtpSuite(name.toString().toStdString());
        if (!suite)
            return QStringLiteral("\"suites\" names \"%1\", which there is not").arg(name.toString());
        if (suite->weak && !endpoint.accept.nullEncryption)
            return QStringLiteral("\"suites\" names %1, which \"accept\" does not allow").arg(name.toString());
        endpoint.suites.push_back(suite);
    }
    return std::nullopt;
}

/// Fills in the part "x509", and what is to be told of it.
Fault readX509(const QJsonValue &value, const QString &directory, LoadedEndpoint &loaded)
{
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isObject())
        return QStringLiteral("\"x509\" is not an object");
    auto part = x509Of(value.toObject(), directory);
    if (!part)
        return part.error();
    loaded.endpoint.x509 = std::move(part->x509);
    loaded.warnings += part->warnings;
    return std::nullopt;
}

Fault readSakke(const QJsonValue &value, mikey::NtpTime now, mikey::Endpoint &endpoint)
{
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isObject())
        return QStringLiteral("\"sakke\" is not an object");
    if (value.toObject().isEmpty())
        return std::nullopt;
    auto keys = sakkeOf(value.toObject(), endpoint.identity, now);
    if (!keys)
        return keys.error();
    endpoint.sakke = std::move(*keys);
    return std::nullopt;
}

Fault readTicket(const QJsonValue &value, const QString &directory, LoadedEndpoint &loaded)
{
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isObject())
        return QStringLiteral("\"ticket\" is not an object");
    auto source = kmsSourceOf(value.toObject(), directory);
    if (!source)
        return QStringLiteral("\"ticket\": %1").arg(source.error());
    auto keys = ticketOf(value.toObject(), directory);
    if (!keys)
        return keys.error();
    loaded.kms = std::move(*source);
    loaded.endpoint.ticket = std::move(*keys);
    return std::nullopt;
}

Fault readIbake(const QJsonValue &value, const QString &directory, LoadedEndpoint &loaded)
{
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isObject())
        return QStringLiteral("\"ibake\" is not an object");
    auto keys = ibakeOf(value.toObject(), loaded.endpoint.identity, directory);
    if (!keys)
        return keys.error();
    loaded.endpoint.ibake = std::move(*keys);
    return std::nullopt;
}

QJsonObject methodsJson(const mikey::Endpoint &endpoint)
{
    QJsonObject methods;
    for (const auto &[peer, allowed] : endpoint.methods) {
        QJsonArray names;
        for (const auto &name : allowed)
            names += QString::fromStdString(name);
        methods[QString::fromStdString(peer)] = names;
    }
    return methods;
}

QJsonArray suitesJson(const mikey::Endpoint &endpoint)
{
    QJsonArray names;
    for (const auto *suite : endpoint.suites)
        names += QString::fromUtf8(suite->name.data(), static_cast<qsizetype>(suite->name.size()));
    return names;
}

QStringList unknownMembers(const QJsonObject &object, const QStringList &known)
{
    QStringList unknown;
    for (const auto &member : object.keys()) {
        if (!known.contains(member))
            unknown += QStringLiteral("\"%1\" means nothing here").arg(member);
    }
    return unknown;
}

QStringList unknownMembers(const QJsonObject &file)
{
    const QStringList parts{QStringLiteral("identity"), QStringLiteral("psk"),     QStringLiteral("x509"),
                            QStringLiteral("sakke"),    QStringLiteral("ticket"),  QStringLiteral("ibake"),
                            QStringLiteral("accept"),   QStringLiteral("methods"), QStringLiteral("suites")};
    QStringList ofAccept{QLatin1String(skewMember), QLatin1String(fetchMember)};
    for (const auto &row : acceptFlags)
        ofAccept += QLatin1String(row.member);
    return unknownMembers(file, parts) + unknownMembers(file[QLatin1String("x509")].toObject(), x509Members()) +
           unknownMembers(file[QLatin1String("sakke")].toObject(), sakkeMembers()) +
           unknownMembers(file[QLatin1String("ticket")].toObject(), ticketMembers()) +
           unknownMembers(file[QLatin1String("ibake")].toObject(), ibakeMembers()) +
           unknownMembers(file[QLatin1String("accept")].toObject(), ofAccept);
}

} // namespace

std::string identityOf(const QString &text)
{
    const auto identity = mikey::canonicalIdentity(text.trimmed().toStdString());
    const bool plain = std::none_of(identity.begin(), identity.end(),
                                    [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
    return plain && identity.size() <= mostIdentityOctets ? identity : std::string();
}

Loaded<LoadedEndpoint> endpointOf(const QJsonObject &file, const QString &directory, mikey::NtpTime now)
{
    LoadedEndpoint loaded;
    auto &endpoint = loaded.endpoint;
    loaded.warnings = unknownMembers(file);
    auto fault = readIdentity(file[QLatin1String("identity")], endpoint);
    if (!fault)
        fault = readKeys(file[QLatin1String("psk")], endpoint);
    if (!fault)
        fault = readX509(file[QLatin1String("x509")], directory, loaded);
    if (!fault)
        fault = readSakke(file[QLatin1String("sakke")], now, endpoint);
    if (!fault)
        fault = readTicket(file[QLatin1String("ticket")], directory, loaded);
    if (!fault)
        fault = readIbake(file[QLatin1String("ibake")], directory, loaded);
    if (!fault)
        fault = readAccept(file[QLatin1String("accept")], endpoint);
    if (!fault)
        fault = readMethods(file[QLatin1String("methods")], endpoint);
    if (!fault)
        fault = readSuites(file[QLatin1String("suites")], endpoint);
    if (fault)
        return *fault;
    loaded.warnings += ownCertificateTroubles(endpoint, now);
    loaded.services = keyServicesOf(endpoint, file, now);
    return loaded;
}

Loaded<QJsonObject> readEndpointFile(const QString &path)
{
    auto contents = readFile(path, mostOctets);
    if (!contents)
        return contents.error();
    QJsonParseError parsed;
    const auto document = QJsonDocument::fromJson(*contents, &parsed);
    wipe(*contents);
    if (document.isObject())
        return document.object();
    const auto what = parsed.error == QJsonParseError::NoError
                          ? QStringLiteral("no JSON object")
                          : QStringLiteral("octet %1: %2").arg(parsed.offset).arg(parsed.errorString());
    return QStringLiteral("%1: %2").arg(path, what);
}

Loaded<LoadedEndpoint> loadEndpointFile(const QString &path, mikey::NtpTime now)
{
    const auto about = [&path](const QString &what) { return QStringLiteral("%1: %2").arg(path, what); };
    const auto file = readEndpointFile(path);
    if (!file)
        return file.error();
    auto loaded = endpointOf(*file, QFileInfo(path).path(), now);
    if (!loaded)
        return about(loaded.error());
    if (QFileInfo(path).permissions() & (QFile::ReadGroup | QFile::ReadOther))
        loaded->warnings += QStringLiteral("others on this computer can read the keys in it; chmod 600 it");
    for (auto &warning : loaded->warnings)
        warning = about(warning);
    return loaded;
}

QJsonObject endpointJson(const mikey::Endpoint &endpoint)
{
    QJsonObject keys, accept;
    for (const auto &[peer, key] : endpoint.psk)
        keys[QString::fromStdString(peer)] = QString::fromStdString(mikey::hex(key.view()));
    for (const auto &[member, flag] : acceptFlags)
        accept[QLatin1String(member)] = endpoint.accept.*flag;
    accept[QLatin1String(fetchMember)] = endpoint.x509.fetchUrls;
    accept[QLatin1String(skewMember)] = static_cast<qint64>(endpoint.accept.clockSkewSeconds);
    QJsonObject file{{QStringLiteral("identity"), QString::fromStdString(endpoint.identity)},
                     {QStringLiteral("psk"), keys},
                     {QStringLiteral("x509"), x509Json(endpoint.x509)},
                     {QStringLiteral("accept"), accept},
                     {QStringLiteral("methods"), methodsJson(endpoint)}};
    if (!endpoint.sakke.domains.empty())
        file[QStringLiteral("sakke")] = sakkeJson(endpoint.sakke);
    if (endpoint.ticket.reachesKms() || !endpoint.ticket.tpk.empty())
        file[QStringLiteral("ticket")] = ticketJson(endpoint.ticket);
    if (endpoint.ibake.parameters)
        file[QStringLiteral("ibake")] = ibakeJson(endpoint.ibake);
    if (!endpoint.suites.empty()) // an empty list would allow none
        file[QStringLiteral("suites")] = suitesJson(endpoint);
    return file;
}

} // namespace account
