// SPDX-License-Identifier: Apache-2.0
#include "account/credentials.h"

#include "account/endpoint_file.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>

#include <algorithm>

namespace account {

namespace {

constexpr std::size_t pskOctets = 16;

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

/// A path for each endpoint, all different, also where a file system does not tell upper from lower case.
QStringList pathsFor(const QString &directory, const std::vector<mikey::Endpoint> &endpoints)
{
    QStringList paths;
    for (const auto &endpoint : endpoints) {
        const auto stem = QDir(directory).filePath(fileName(endpoint.identity));
        auto path = stem + QStringLiteral(".json");
        for (int number = 2; paths.contains(path, Qt::CaseInsensitive); ++number)
            path = QStringLiteral("%1-%2.json").arg(stem).arg(number);
        paths += path;
    }
    return paths;
}

} // namespace

std::vector<mikey::Endpoint> makeDemoEndpoints(const std::vector<std::string> &identities, mikey::Random &random)
{
    std::vector<mikey::Endpoint> endpoints(identities.size());
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        endpoints[i].identity = identities[i];
        for (std::size_t j = 0; j < i; ++j) {
            auto key = random.secret(pskOctets);
            endpoints[j].psk.emplace(identities[i], key.clone());
            endpoints[i].psk.emplace(identities[j], std::move(key));
        }
    }
    return endpoints;
}

Loaded<QStringList> writeEndpointFiles(const QString &directory, const std::vector<mikey::Endpoint> &endpoints)
{
    if (auto trouble = makePrivateDirectory(directory))
        return std::move(*trouble);
    const auto paths = pathsFor(directory, endpoints);
    for (const auto &path : paths) { // before anything is written
        if (QFileInfo::exists(path))
            return QStringLiteral("%1: there is a file of that name, which is not overwritten").arg(path);
    }
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        auto contents = QJsonDocument(endpointJson(endpoints[i])).toJson();
        auto trouble = createPrivateFile(paths[static_cast<qsizetype>(i)], contents);
        wipe(contents);
        if (trouble)
            return std::move(*trouble);
    }
    return paths;
}

} // namespace account
