// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_file.h"
#include "methods/method.h"
#include "vector_json.h"
#include "verb.h"

#include <algorithm>

#include <QDir>
#include <QJsonDocument>

#include <stdexcept>

namespace tool {

namespace {

constexpr auto usualSeed = "latchkey";

mikey::Endpoint embedded(const QString &name)
{
    auto loaded = account::loadEndpointFile(QStringLiteral(":/vectors/%1.json").arg(name), {});
    if (!loaded)
        throw std::logic_error(loaded.error().toStdString());
    return std::move(loaded->endpoint);
}

/// Alice and Bob with what the method needs and nothing else.
VectorEnds endsFor(const VectorKind &kind)
{
    VectorEnds ends{embedded(QStringLiteral("alice")), embedded(QStringLiteral("bob"))};
    const std::string_view method(kind.method);
    const bool shared = method == "psk" || method == "dh-hmac";
    for (auto *endpoint : {&ends.initiator, &ends.responder}) {
        if (shared || method == "sakke")
            endpoint->x509 = {};
        if (!shared)
            endpoint->psk.clear();
        if (method != "sakke")
            endpoint->sakke = {};
    }
    return ends;
}

/// What is wrong, or none.
std::optional<QString> write(const QString &path, const QByteArray &contents)
{
    QFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(contents) == contents.size() && file.flush())
        return std::nullopt;
    return QStringLiteral("%1: %2").arg(path, file.errorString());
}

bool isWanted(const Arguments &arguments, const VectorKind &kind)
{
    return !arguments.isSet("method") || arguments.value("method") == QLatin1String(kind.method);
}

} // namespace

int vectors(const Arguments &arguments)
{
    const auto wanted = arguments.value("method");
    const auto *method = mikey::method(wanted.toStdString());
    if (arguments.isSet("method") && !method)
        return fail(Usage, QStringLiteral("there is no method \"%1\"; `mikeytool methods` lists them").arg(wanted));
    const auto &kinds = vectorKinds();
    if (method &&
        std::none_of(kinds.begin(), kinds.end(), [&](const VectorKind &kind) { return isWanted(arguments, kind); }))
        return fail(Refused, QStringLiteral("there are no vectors of the method %1 yet").arg(wanted));
    const QDir directory(arguments.value("dir"));
    if (!directory.mkpath(QStringLiteral(".")))
        return fail(Usage, QStringLiteral("%1: the directory cannot be made").arg(directory.path()));
    const auto seed = arguments.isSet("seed") ? arguments.value("seed") : QString::fromLatin1(usualSeed);
    for (const auto &kind : kinds) {
        if (!isWanted(arguments, kind))
            continue;
        const auto ends = endsFor(kind);
        const auto played = play(kind, ends, seed.toStdString());
        const auto path = directory.filePath(QLatin1String(kind.name) + QStringLiteral(".json"));
        const auto json = vectorJson(kind, ends, played, seed.toStdString());
        if (const auto trouble = write(path, QJsonDocument(json).toJson()))
            return fail(Usage, *trouble);
        print(path + QLatin1Char('\n'));
    }
    return Done;
}

} // namespace tool
