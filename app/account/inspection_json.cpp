// SPDX-License-Identifier: Apache-2.0
#include "account/inspection_json.h"

#include "wire/text.h"

#include <QJsonArray>

namespace account {

namespace {

QJsonValue number(std::uint64_t value)
{
    return QJsonValue(static_cast<qint64>(value));
}

QString text(const std::string &value)
{
    return QString::fromStdString(value);
}

QJsonObject fieldJson(const mikey::InspectedField &field)
{
    const auto *asNumber = std::get_if<std::uint64_t>(&field.value);
    return {{QStringLiteral("name"), text(field.name)},
            {QStringLiteral("offset"), number(field.offset)},
            {QStringLiteral("length"), number(field.length)},
            {QStringLiteral("value"),
             asNumber ? number(*asNumber) : QJsonValue(text(mikey::hex(std::get<1>(field.value))))},
            {QStringLiteral("text"), text(field.text)}};
}

QJsonObject payloadJson(const mikey::InspectedPayload &payload)
{
    QJsonArray fields;
    for (const auto &field : payload.fields)
        fields += fieldJson(field);
    QJsonObject json{{QStringLiteral("payload"), text(payload.payload)},
                     {QStringLiteral("offset"), number(payload.offset)},
                     {QStringLiteral("length"), number(payload.length)},
                     {QStringLiteral("rfc"), text(payload.rfc)},
                     {QStringLiteral("fields"), fields}};
    QJsonArray nested;
    for (const auto &sub : payload.payloads)
        nested += payloadJson(sub);
    if (!nested.isEmpty())
        json[QStringLiteral("payloads")] = nested;
    return json;
}

QJsonValue faultJson(const std::optional<mikey::Fault> &fault)
{
    if (!fault)
        return QJsonValue::Null;
    return QJsonObject{{QStringLiteral("offset"), number(fault->offset)},
                       {QStringLiteral("reason"), text(fault->reason)}};
}

} // namespace

QJsonObject inspectionJson(const mikey::InspectedMessage &message)
{
    QJsonArray payloads;
    for (const auto &payload : message.payloads)
        payloads += payloadJson(payload);
    return {{QStringLiteral("message"), text(message.message)},
            {QStringLiteral("data_type"), message.dataType < 0 ? QJsonValue() : QJsonValue(message.dataType)},
            {QStringLiteral("length"), number(message.length)},
            {QStringLiteral("complete"), message.complete},
            {QStringLiteral("fault"), faultJson(message.fault)},
            {QStringLiteral("payloads"), payloads}};
}

} // namespace account
