// SPDX-License-Identifier: Apache-2.0
#include "methods/method.h"

#include "verb.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace tool {

namespace {

QString text(std::string_view value)
{
    return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()));
}

QJsonObject methodJson(const mikey::Method &method)
{
    return {{QStringLiteral("name"), text(method.name)},
            {QStringLiteral("title"), text(method.title)},
            {QStringLiteral("rfc"), text(method.rfc)},
            {QStringLiteral("needs"), text(method.needs)},
            {QStringLiteral("verified_by"), text(method.verifiedBy)},
            {QStringLiteral("offers"), QJsonObject{{QStringLiteral("forward_secrecy"), method.forwardSecrecy},
                                                   {QStringLiteral("group"), method.group},
                                                   {QStringLiteral("deferred_delivery"), method.deferred}}},
            {QStringLiteral("messages"), text(method.messages)},
            {QStringLiteral("round_trips"), text(method.roundTrips)},
            {QStringLiteral("available"), method.available()}};
}

QString methodText(const mikey::Method &method)
{
    QStringList offers;
    if (method.forwardSecrecy)
        offers += QStringLiteral("forward secrecy");
    if (method.group)
        offers += QStringLiteral("groups");
    if (method.deferred)
        offers += QStringLiteral("deferred delivery");
    constexpr int column = 10;
    auto shown = QStringLiteral("%1%2 (%3)%4\n")
                     .arg(text(method.name).leftJustified(column), text(method.title), text(method.rfc),
                          QLatin1String(method.available() ? "" : ", not supported yet"));
    const auto line = [](const char *label, const QString &value) {
        return QStringLiteral("          %1%2\n").arg(QString::fromLatin1(label).leftJustified(10), value);
    };
    shown += line("needs", text(method.needs));
    if (!offers.isEmpty())
        shown += line("offers", offers.join(QStringLiteral(", ")));
    return shown +
           line("messages", QStringLiteral("%1; round trips: %2").arg(text(method.messages), text(method.roundTrips)));
}

} // namespace

int methods(const Arguments &arguments)
{
    QJsonArray all;
    for (const auto &method : mikey::methods()) {
        if (arguments.isSet("json"))
            all += methodJson(method);
        else
            print(methodText(method));
    }
    if (arguments.isSet("json"))
        print(QJsonDocument(all).toJson());
    return Done;
}

} // namespace tool
