// SPDX-License-Identifier: Apache-2.0
#include "call/method_choice.h"

#include "call/words.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

namespace call {

namespace {

constexpr std::string_view order[] = {"ibake", "dh", "dh-hmac", "sakke", "ticket", "pk", "rsa-r", "psk"};

QString text(const char *sentence)
{
    return QCoreApplication::translate("call", sentence);
}

} // namespace

QString obstacleTo(const mikey::Method &method, const mikey::Endpoint &endpoint, const std::string &peer)
{
    if (!method.available())
        return text(QT_TRANSLATE_NOOP("call", "Not supported yet."));
    if (!endpoint.allows(method.name, peer))
        return text(QT_TRANSLATE_NOOP("call", "Not allowed for this contact."));
    const auto obstacle = method.obstacle(endpoint, peer);
    return obstacle ? sentence(toQt(*obstacle)) : QString();
}

std::vector<const mikey::Method *> automaticMethods(const mikey::Endpoint &endpoint, const std::string &peer)
{
    std::vector<const mikey::Method *> methods;
    for (const auto name : order) {
        const auto *method = mikey::method(name);
        if (method && obstacleTo(*method, endpoint, peer).isEmpty())
            methods.push_back(method);
    }
    return methods;
}

QString nothingPossible(const mikey::Endpoint &endpoint, const std::string &peer)
{
    QStringList missing;
    for (const auto name : order) {
        const auto *method = mikey::method(name);
        if (!method || !method->available())
            continue;
        const auto obstacle = obstacleTo(*method, endpoint, peer);
        const auto line = QStringLiteral("%1: %2").arg(toQt(method->title), obstacle);
        if (!missing.contains(line))
            missing += line;
    }
    return text(QT_TRANSLATE_NOOP("call", "No key can be agreed with %1. %2"))
        .arg(toQt(peer), missing.join(QLatin1Char(' ')));
}

bool asksForAnotherMethod(const mikey::Error &error)
{
    using enum mikey::ErrorNumber;
    return error.number == InvalidId || error.number == InvalidCert || error.number == InvalidDataType ||
           error.number == UnsupportedMessage;
}

QString fallbackWarning(const mikey::Method &refused, const mikey::Method &next)
{
    const auto said = text(QT_TRANSLATE_NOOP("call", "The other side did not take “%1”; “%2” is used instead."))
                          .arg(toQt(refused.title), toQt(next.title));
    if (!refused.forwardSecrecy || next.forwardSecrecy)
        return said;
    return said + QLatin1Char(' ') +
           text(QT_TRANSLATE_NOOP("call", "It gives no forward secrecy: who gets hold of the long-term keys later can "
                                          "read this call."));
}

std::vector<const mikey::SrtpSuite *> commonSuites(const mikey::Error &error, const mikey::Endpoint &endpoint)
{
    if (error.number != mikey::ErrorNumber::InvalidSpParameters)
        return {};
    std::vector<const mikey::SrtpSuite *> common;
    for (const auto *suite : endpoint.preferredSuites()) {
        const auto &theirs = error.supported;
        if (!suite->weak && std::find(theirs.begin(), theirs.end(), suite) != theirs.end())
            common.push_back(suite);
    }
    return common;
}

} // namespace call
