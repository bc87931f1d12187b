// SPDX-License-Identifier: Apache-2.0
#include "vector_service.h"

#include "account/endpoint_file.h"
#include "account/result_json.h"
#include "account/x509_part.h"
#include "methods/csb.h"
#include "methods/method.h"
#include "vector_ibake.h"
#include "vector_json.h"
#include "vector_keys.h"
#include "vector_ticket.h"

namespace tool {

namespace {

/// Who it is, and the keys; nothing of settings, which are not of the exchange.
QJsonObject endJson(const ServiceVectorKind &kind, const mikey::Endpoint &endpoint)
{
    const auto file = account::endpointJson(endpoint);
    QJsonObject json;
    for (const auto *member : {"identity", "ticket", "ibake", "suites"}) {
        if (file.contains(QLatin1String(member)))
            json[QLatin1String(member)] = file[QLatin1String(member)];
    }
    if (kind.byCertificate)
        json[QStringLiteral("x509")] = file[QLatin1String("x509")];
    return json;
}

QJsonObject serviceJson(const ServiceVectorKind &kind, const account::MikeyServices &services)
{
    auto json =
        kind.isTicket() ? account::ticketServiceJson(services.ticket) : account::ibakeServiceJson(services.ibake);
    if (!kind.byCertificate)
        return json;
    json[QStringLiteral("x509")] = account::x509Json(services.ticket.x509);
    auto users = json[QLatin1String("users")].toObject();
    for (auto user : users) { // they share nothing with it
        auto account = user.toObject();
        account.remove(QStringLiteral("psk"));
        user = account;
    }
    json[QStringLiteral("users")] = users;
    return json;
}

QJsonArray keysJson(const mikey::Agreement &agreement)
{
    QJsonArray keys;
    for (const auto &key : agreement.csb->keys)
        keys += QJsonObject{{QStringLiteral("type"),
                             utf8Text(mikey::registry::keyDataType.nameOf(static_cast<std::uint8_t>(key.type)))},
                            {QStringLiteral("tgk"), hexText(key.key.view())},
                            {QStringLiteral("mki"), hexText(key.mki)}};
    return keys;
}

QJsonArray sessionsJson(const mikey::Agreement &agreement)
{
    QJsonArray sessions;
    const auto label = agreement.csb->label();
    for (const auto &session : agreement.sessions) {
        auto json = account::sessionJson(session, account::Keys::Revealed);
        json[QStringLiteral("tek_label")] = hexText(labelOctets(mikey::KeyUse::Tek, session.csId, label));
        json[QStringLiteral("salt_label")] = hexText(labelOctets(mikey::KeyUse::SessionSalt, session.csId, label));
        sessions += json;
    }
    return sessions;
}

QJsonArray issuedJson(const std::vector<mikey::IbakeIssue> &issued)
{
    QJsonArray keys;
    for (const auto &one : issued)
        keys += QJsonObject{{QStringLiteral("identity"), utf8Text(one.identity)},
                            {QStringLiteral("date"), utf8Text(one.date)},
                            {QStringLiteral("private_key"), hexText(one.block.view())}};
    return keys;
}

QJsonObject exchangeJson(const ServiceVectorKind &kind, const PlayedService &played, const ServiceExchange &exchange)
{
    const auto &csb = *exchange.agreement.csb;
    QJsonObject json{
        {QStringLiteral("time"), utf8Text(mikey::ntpTimeText(exchange.time.octets()))},
        {QStringLiteral("timestamp"), hexText(exchange.time.octets())},
        {QStringLiteral("csb_id"), utf8Text(mikey::hexOf32(csb.csbId))},
        {QStringLiteral("label_csb_id"), utf8Text(mikey::hexOf32(csb.labelId))},
        {QStringLiteral("rand"), hexText(csb.rand)},
        {QStringLiteral("policy"), QLatin1String(kind.suite)},
        {QStringLiteral("prf"), utf8Text(mikey::registry::prfFunction.nameOf(static_cast<std::uint8_t>(csb.prf)))},
        {QStringLiteral("keys"), keysJson(exchange.agreement)},
        {QStringLiteral("crypto_sessions"), sessionsJson(exchange.agreement)}};
    if (exchange.updated)
        json[QStringLiteral("options")] = renewalJson(*kind.update);
    if (kind.groupKey)
        json[QStringLiteral("group_key")] = true;
    if (!kind.isTicket())
        json[QStringLiteral("private_keys")] = issuedJson(played.issued);
    const auto members = kind.isTicket() ? ticketMembers(played, exchange) : ibakeMembers(played, exchange);
    for (auto it = members.begin(); it != members.end(); ++it)
        json[it.key()] = it.value();
    if (const auto &deposited = exchange.deposited)
        json[QStringLiteral("deferred")] = QJsonObject{{QStringLiteral("keys"), keysJson(*deposited)},
                                                       {QStringLiteral("crypto_sessions"), sessionsJson(*deposited)}};
    return json;
}

} // namespace

QJsonObject serviceVectorJson(const ServiceVectorKind &kind, const PlayedService &played, const std::string &seed)
{
    QJsonArray exchanges;
    for (const auto &exchange : played.exchanges)
        exchanges += exchangeJson(kind, played, exchange);
    QJsonObject json{{QStringLiteral("vector"), QLatin1String(kind.name)},
                     {QStringLiteral("method"), QLatin1String(kind.method)},
                     {QStringLiteral("rfc"), utf8Text(mikey::method(kind.method)->rfc)},
                     {QStringLiteral("about"), QLatin1String(kind.about)},
                     {QStringLiteral("seed"), utf8Text(seed)},
                     {QStringLiteral("initiator"), endJson(kind, played.ends.initiator)},
                     {QStringLiteral("responder"), endJson(kind, played.ends.responder)},
                     {QStringLiteral("kms"), serviceJson(kind, played.services)},
                     {QStringLiteral("exchanges"), exchanges}};
    if (kind.deferred)
        json[QStringLiteral("mailbox")] = endJson(kind, played.ends.mailbox);
    return json;
}

} // namespace tool
