// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_file.h"
#include "account/x509_part.h"
#include "methods/method.h"
#include "vector_json.h"
#include "vector_service.h"
#include "verb.h"

#include <QDir>
#include <QJsonArray>
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

bool isWanted(const Arguments &arguments, const char *method)
{
    return !arguments.isSet("method") || arguments.value("method") == QLatin1String(method);
}

/// Those who have names and nothing else, or their certificates besides: the service gives them their keys.
ServiceEnds serviceEndsFor(const ServiceVectorKind &kind, const VectorEnds &whole)
{
    const auto named = [&kind](const mikey::Endpoint &one) {
        mikey::Endpoint end;
        end.identity = one.identity;
        if (kind.byCertificate)
            end.x509 = one.x509;
        return end;
    };
    ServiceEnds ends;
    ends.initiator = named(whole.initiator);
    ends.responder = named(whole.responder);
    if (kind.deferred)
        ends.mailbox.identity = "sip:mailbox@example.org";
    return ends;
}

/// The certificate of the service, and whose it trusts.
mikey::X509 serviceX509()
{
    const QJsonObject part{{QStringLiteral("certificate"), QStringLiteral("kms.pem")},
                           {QStringLiteral("private_key"), QStringLiteral("kms.key")},
                           {QStringLiteral("trust"), QJsonArray{QStringLiteral("ca.pem")}},
                           {QStringLiteral("crl"), QJsonArray{QStringLiteral("ca.crl")}}};
    auto loaded = account::x509Of(part, QStringLiteral(":/vectors"));
    if (!loaded)
        throw std::logic_error(loaded.error().toStdString());
    return std::move(loaded->x509);
}

/// What is wrong, or none.
std::optional<QString> writeVector(const QDir &directory, const char *name, const QJsonObject &json)
{
    const auto path = directory.filePath(QLatin1String(name) + QStringLiteral(".json"));
    if (auto trouble = write(path, QJsonDocument(json).toJson()))
        return trouble;
    print(path + QLatin1Char('\n'));
    return std::nullopt;
}

/// Between two. What is wrong, or none.
std::optional<QString> writeVectors(const Arguments &arguments, const QDir &directory, const std::string &seed)
{
    for (const auto &kind : vectorKinds()) {
        if (!isWanted(arguments, kind.method))
            continue;
        const auto ends = endsFor(kind);
        if (auto trouble = writeVector(directory, kind.name, vectorJson(kind, ends, play(kind, ends, seed), seed)))
            return trouble;
    }
    return std::nullopt;
}

/// With a service. What is wrong, or none.
std::optional<QString> writeServiceVectors(const Arguments &arguments, const QDir &directory, const std::string &seed)
{
    const VectorEnds whole{embedded(QStringLiteral("alice")), embedded(QStringLiteral("bob"))};
    for (const auto &kind : serviceVectorKinds()) {
        if (!isWanted(arguments, kind.method))
            continue;
        const auto played = play(kind, serviceEndsFor(kind, whole), serviceX509(), seed);
        if (auto trouble = writeVector(directory, kind.name, serviceVectorJson(kind, played, seed)))
            return trouble;
    }
    return std::nullopt;
}

} // namespace

int vectors(const Arguments &arguments)
{
    const auto wanted = arguments.value("method");
    if (arguments.isSet("method") && !mikey::method(wanted.toStdString()))
        return fail(Usage, QStringLiteral("there is no method \"%1\"; `mikeytool methods` lists them").arg(wanted));
    const QDir directory(arguments.value("dir"));
    if (!directory.mkpath(QStringLiteral(".")))
        return fail(Usage, QStringLiteral("%1: the directory cannot be made").arg(directory.path()));
    const auto seed = arguments.isSet("seed") ? arguments.value("seed") : QString::fromLatin1(usualSeed);
    for (const auto write : {writeVectors, writeServiceVectors}) {
        if (const auto trouble = write(arguments, directory, seed.toStdString()))
            return fail(Usage, *trouble);
    }
    return Done;
}

} // namespace tool
