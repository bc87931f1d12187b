// SPDX-License-Identifier: Apache-2.0
#include "account/inspection_json.h"
#include "message_io.h"
#include "verb.h"
#include "wire/inspector.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace tool {

namespace {

mikey::InspectedMessage inspected(const account::FoundMessage &message)
{
    if (message.trouble.isEmpty())
        return mikey::inspect(message.octets);
    mikey::InspectedMessage unreadable;
    unreadable.message = "no MIKEY message";
    unreadable.fault = mikey::Fault{0, message.trouble.toStdString()};
    return unreadable;
}

QString span(std::size_t offset, std::size_t length)
{
    return QStringLiteral("%1 %2  ").arg(offset, 6).arg(length, 6);
}

/// "PSK ver msg (1)": the words, and the number where they do not say it.
QString words(const mikey::InspectedField &field)
{
    auto text = QString::fromStdString(field.text);
    const auto *number = std::get_if<std::uint64_t>(&field.value);
    const bool isName = number && std::any_of(text.begin(), text.end(), [](QChar c) { return c.isLetter(); }) &&
                        !text.contains(QLatin1Char('(')) && field.length < 4;
    return isName ? QStringLiteral("%1 (%2)").arg(text).arg(*number) : text;
}

QString payloadText(const mikey::InspectedPayload &payload, int depth)
{
    constexpr int nameColumn = 34;
    const QString indent(2 * depth, QLatin1Char(' '));
    auto text = span(payload.offset, payload.length) +
                (indent + QString::fromStdString(payload.payload)).leftJustified(nameColumn) +
                QString::fromStdString(payload.rfc) + QLatin1Char('\n');
    for (const auto &field : payload.fields)
        text += span(field.offset, field.length) +
                (indent + QStringLiteral("  ") + QString::fromStdString(field.name)).leftJustified(nameColumn) +
                words(field) + QLatin1Char('\n');
    for (const auto &nested : payload.payloads)
        text += payloadText(nested, depth + 1);
    return text;
}

QString messageText(const mikey::InspectedMessage &message)
{
    auto text = QStringLiteral("%1, %2 octets\n").arg(QString::fromStdString(message.message)).arg(message.length);
    if (!message.payloads.empty())
        text += QStringLiteral("offset length  name\n");
    for (const auto &payload : message.payloads)
        text += payloadText(payload, 0);
    if (message.fault)
        text += QStringLiteral("FAULT at octet %1: %2\n")
                    .arg(message.fault->offset)
                    .arg(QString::fromStdString(message.fault->reason));
    return text;
}

void printJson(const std::vector<mikey::InspectedMessage> &messages)
{
    QJsonArray all;
    for (const auto &message : messages)
        all += account::inspectionJson(message);
    print((all.size() == 1 ? QJsonDocument(all.first().toObject()) : QJsonDocument(all)).toJson());
}

void printText(const std::vector<mikey::InspectedMessage> &messages)
{
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (messages.size() > 1)
            print(QStringLiteral("%1message %2 of %3: ")
                      .arg(QLatin1String(i ? "\n" : ""))
                      .arg(i + 1)
                      .arg(messages.size()));
        print(messageText(messages[i]));
    }
}

} // namespace

int decode(const Arguments &arguments)
{
    const auto input = readInput(arguments);
    if (!input)
        return fail(Usage, input.error());
    std::vector<mikey::InspectedMessage> messages;
    for (const auto &message : account::findMessages(*input))
        messages.push_back(inspected(message));
    if (arguments.isSet("json"))
        printJson(messages);
    else
        printText(messages);
    if (messages.empty())
        return fail(Refused, QStringLiteral("there is no a=key-mgmt:mikey in it"));
    int status = Done;
    for (const auto &message : messages) {
        if (message.fault)
            status = fail(Refused, QStringLiteral("damaged at octet %1: %2")
                                       .arg(message.fault->offset)
                                       .arg(QString::fromStdString(message.fault->reason)));
    }
    return status;
}

} // namespace tool
