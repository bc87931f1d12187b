// SPDX-License-Identifier: Apache-2.0
#include "account/credential_files.h"

#include "account/certificate_input.h"
#include "account/endpoint_file.h"
#include "account/local_kms.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace account {

namespace {

constexpr auto authorityName = "ca";
constexpr auto serviceName = "kms.json";
constexpr auto serviceCertificate = "kms.pem";
constexpr qint64 mostOctets = qint64{64} << 10; ///< of a file of the authority

struct NewFile
{
    QString path;
    QByteArray contents;
};

QByteArray octetsOf(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

QByteArray pemOf(const mikey::PrivateKey &key)
{
    const auto pem = key.toPem();
    return octetsOf(mikey::textOf(pem.view()));
}

/// The user part of an identity as the name of a file: "alice" of sip:alice@example.org.
QString fileName(const std::string &identity)
{
    auto name = QString::fromStdString(identity);
    name = name.left(name.indexOf(QLatin1Char('@')));
    name = name.mid(name.indexOf(QLatin1Char(':')) + 1);
    const auto usual = [](QChar c) {
        return (c.unicode() < 128 && c.isLetterOrNumber()) || QStringLiteral("._-+").contains(c);
    };
    std::replace_if(
        name.begin(), name.end(), [&usual](QChar c) { return !usual(c); }, QLatin1Char('_'));
    constexpr int longest = 100;
    name.truncate(longest);
    return name.isEmpty() || name.startsWith(QLatin1Char('.')) ? QLatin1Char('_') + name : name;
}

/// A name for each endpoint, all different, also where a file system does not tell upper from lower case.
QStringList namesFor(const std::vector<mikey::Endpoint> &endpoints)
{
    QStringList names{QLatin1String(authorityName)};
    for (const auto &endpoint : endpoints) {
        const auto stem = fileName(endpoint.identity);
        auto name = stem;
        for (int number = 2; names.contains(name, Qt::CaseInsensitive); ++number)
            name = QStringLiteral("%1-%2").arg(stem).arg(number);
        names += name;
    }
    names.removeFirst();
    return names;
}

QString withSuffix(const QString &name, const char *suffix)
{
    return name + QLatin1String(suffix);
}

/// The part "x509" of the endpoint file `self`: it names the files beside it.
QJsonObject x509Naming(const QStringList &names, qsizetype self, const std::vector<mikey::Endpoint> &endpoints)
{
    const QLatin1String authority(authorityName);
    QJsonObject peers;
    for (qsizetype i = 0; i < names.size(); ++i) {
        if (i != self)
            peers[QString::fromStdString(endpoints[static_cast<std::size_t>(i)].identity)] =
                withSuffix(names[i], ".pem");
    }
    return {{QStringLiteral("certificate"), withSuffix(names[self], ".pem")},
            {QStringLiteral("private_key"), withSuffix(names[self], ".key")},
            {QStringLiteral("trust"), QJsonArray{withSuffix(authority, ".pem")}},
            {QStringLiteral("crl"), QJsonArray{withSuffix(authority, ".crl")}},
            {QStringLiteral("peers"), peers}};
}

std::vector<NewFile> endpointFiles(const QDir &directory, const QStringList &names,
                                   const std::vector<mikey::Endpoint> &endpoints)
{
    std::vector<NewFile> files;
    for (qsizetype i = 0; i < names.size(); ++i) {
        const auto &endpoint = endpoints[static_cast<std::size_t>(i)];
        const auto &own = endpoint.x509.own.front();
        auto json = endpointJson(endpoint);
        json[QStringLiteral("x509")] = x509Naming(names, i, endpoints);
        for (const auto &member : {QStringLiteral("sakke"), QStringLiteral("ticket"), QStringLiteral("ibake")}) {
            auto part = json.value(member).toObject();
            if (part.isEmpty())
                continue;
            part[QStringLiteral("kms")] = QLatin1String(serviceName);
            json[member] = part;
        }
        const auto path = directory.filePath(names[i]);
        files.push_back({withSuffix(path, ".json"), QJsonDocument(json).toJson()});
        files.push_back({withSuffix(path, ".pem"), octetsOf(own.chain.front().toPem())});
        files.push_back({withSuffix(path, ".key"), pemOf(own.key)});
    }
    return files;
}

std::vector<NewFile> authorityFiles(const QDir &directory, const DemoAuthority &authority)
{
    const auto path = directory.filePath(QLatin1String(authorityName));
    return {{withSuffix(path, ".pem"), octetsOf(authority.own.chain.front().toPem())},
            {withSuffix(path, ".key"), pemOf(authority.own.key)},
            {withSuffix(path, ".crl"), octetsOf(authority.crl.toPem())},
            {directory.filePath(QLatin1String(serviceCertificate)),
             octetsOf(authority.mikey.ticket.x509.own.front().chain.front().toPem())}};
}

NewFile serviceFile(const QDir &directory, const DemoAuthority &authority)
{
    const QJsonObject json{{QStringLiteral("sakke"), mastersJson(authority.service.masters, authority.service.domain)},
                           {QStringLiteral("ticket"), ticketServiceJson(authority.mikey.ticket)},
                           {QStringLiteral("ibake"), ibakeServiceJson(authority.mikey.ibake)}};
    return {directory.filePath(QLatin1String(serviceName)), QJsonDocument(json).toJson()};
}

/// All of the files or none of them.
std::optional<QString> create(const std::vector<NewFile> &files)
{
    for (const auto &file : files) {
        if (QFileInfo::exists(file.path))
            return QStringLiteral("%1: there is a file of that name, which is not overwritten").arg(file.path);
    }
    for (auto it = files.begin(); it != files.end(); ++it) {
        auto trouble = createPrivateFile(it->path, it->contents);
        if (!trouble)
            continue;
        std::for_each(files.begin(), it, [](const NewFile &written) { QFile::remove(written.path); });
        return trouble;
    }
    return std::nullopt;
}

Loaded<DemoAuthority> readAuthority(const QString &path, SakkeService service, MikeyServices services)
{
    const auto certificate = readFile(withSuffix(path, ".pem"), mostOctets);
    if (!certificate)
        return certificate.error();
    const auto crl = readFile(withSuffix(path, ".crl"), mostOctets);
    if (!crl)
        return crl.error();
    auto keyText = readFile(withSuffix(path, ".key"), mostOctets);
    if (!keyText)
        return keyText.error();
    const auto key = mikey::PrivateKey::fromPem(viewOf(*keyText));
    wipe(*keyText);
    const auto chain = certificatesIn(*certificate);
    const auto crls = crlsIn(*crl);
    if (!key || chain.empty() || crls.empty() || !mikey::belongTogether(chain.front(), *key))
        return QStringLiteral("%1: .pem, .key and .crl there are not those of one authority").arg(path);
    return DemoAuthority{{{chain.front()}, *key}, crls.front(), std::move(service), std::move(services)};
}

/// Whether something of the authority is there, be it all or not.
bool authorityIsThere(const QString &path)
{
    constexpr const char *suffixes[] = {".pem", ".key", ".crl"};
    return std::any_of(std::begin(suffixes), std::end(suffixes),
                       [&path](const char *suffix) { return QFileInfo::exists(withSuffix(path, suffix)); });
}

} // namespace

Loaded<SakkeService> readService(const QString &path)
{
    auto contents = readFile(path, mostOctets);
    if (!contents)
        return contents.error();
    const auto json = QJsonDocument::fromJson(*contents).object();
    wipe(*contents);
    auto service = mastersOf(json[QLatin1String("sakke")].toObject());
    if (!service)
        return QStringLiteral("%1: %2").arg(path, service.error());
    return service;
}

Loaded<DemoAuthority> demoAuthorityOf(const QString &directory, mikey::NtpTime now)
{
    const QDir home(directory);
    const auto path = home.filePath(QLatin1String(authorityName));
    if (!authorityIsThere(path))
        return makeDemoAuthority(now);
    const auto kms = home.filePath(QLatin1String(serviceName)); // a directory of before there were any gets a new one
    auto service = QFileInfo::exists(kms) ? readService(kms) : makeDemoService();
    if (!service)
        return service.error();
    mikey::SystemRandom random;
    auto services = QFileInfo::exists(kms) ? readMikeyServices(kms) : makeDemoMikeyServices(random);
    if (!services)
        return services.error();
    return readAuthority(path, std::move(*service), std::move(*services));
}

Loaded<QStringList> writeCredentials(const QString &directory, const std::vector<mikey::Endpoint> &endpoints,
                                     const DemoAuthority &authority)
{
    if (auto trouble = makePrivateDirectory(directory))
        return std::move(*trouble);
    const QDir home(directory);
    const auto names = namesFor(endpoints);
    auto files = endpointFiles(home, names, endpoints);
    if (!authorityIsThere(home.filePath(QLatin1String(authorityName)))) {
        for (auto &file : authorityFiles(home, authority))
            files.push_back(std::move(file));
    }
    auto service = serviceFile(home, authority);
    auto trouble = create(files);
    if (!trouble) // it is there before where it has accounts of others already
        trouble = writePrivateFile(service.path, service.contents);
    wipe(service.contents);
    for (auto &file : files)
        wipe(file.contents);
    if (trouble)
        return std::move(*trouble);
    QStringList paths;
    for (const auto &name : names)
        paths += home.filePath(withSuffix(name, ".json"));
    return paths;
}

} // namespace account
