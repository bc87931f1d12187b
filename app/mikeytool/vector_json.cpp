// SPDX-License-Identifier: Apache-2.0
#include "vector_json.h"

#include "account/endpoint_file.h"
#include "methods/method.h"
#include "vector_keys.h"
#include "vector_values.h"

#include <QJsonArray>

namespace tool {

namespace {

QJsonObject streamJson(const mikey::SrtpId &stream)
{
    return {{QStringLiteral("policy"), stream.policyNo},
            {QStringLiteral("ssrc"), utf8Text(mikey::hexOf32(stream.ssrc))},
            {QStringLiteral("roc"), static_cast<qint64>(stream.roc)}};
}

/// Who it is, and the keys; nothing of settings, which are not of the exchange.
QJsonObject endpointJson(const mikey::Endpoint &endpoint)
{
    const auto file = account::endpointJson(endpoint);
    QJsonObject json;
    for (const auto *member : {"identity", "psk", "x509"})
        json[QLatin1String(member)] = file[QLatin1String(member)];
    if (const auto sakke = file[QLatin1String("sakke")]; sakke.isObject())
        json[QStringLiteral("sakke")] = sakke;
    return json;
}

QJsonValue groupJson(const std::optional<mikey::GroupKeys> &group)
{
    if (!group)
        return QJsonValue::Null;
    QJsonArray map;
    for (const auto &stream : group->map)
        map += streamJson(stream);
    return QJsonObject{{QStringLiteral("csb_id"), utf8Text(mikey::hexOf32(group->csbId))},
                       {QStringLiteral("rand"), hexText(group->rand)},
                       {QStringLiteral("map"), map},
                       {QStringLiteral("suite"), utf8Text(group->suite->name)},
                       {QStringLiteral("tgk"), hexText(group->tgk.view())},
                       {QStringLiteral("mki"), hexText(group->mki)}};
}

/// What `mikeytool offer` would be asked for.
QJsonObject offerJson(const VectorKind &kind)
{
    constexpr const char *caches[] = {"none", "always", "csb"};
    return {{QStringLiteral("policy"), QJsonArray{QLatin1String(kind.suite)}},
            {QStringLiteral("streams"), 1},
            {QStringLiteral("v_flag"), kind.v},
            {QStringLiteral("cache"), QLatin1String(caches[static_cast<int>(kind.cache)])},
            {QStringLiteral("group"), QStringLiteral("5")},
            {QStringLiteral("join"), kind.group}};
}

} // namespace

QJsonObject renewalJson(mikey::Renewal::Keys renewed)
{
    constexpr const char *keys[] = {"tgk", "tek", "same"};
    return {{QStringLiteral("keys"), QLatin1String(keys[static_cast<int>(renewed)])},
            {QStringLiteral("add_streams"), 0},
            {QStringLiteral("v_flag"), true}};
}

QJsonObject vectorJson(const VectorKind &kind, const VectorEnds &ends, const PlayedVector &played,
                       const std::string &seed)
{
    QJsonArray exchanges;
    for (const auto &exchange : played.exchanges) {
        auto json = exchangeJson(exchange, ends);
        json[QStringLiteral("options")] = exchange.updated ? renewalJson(*kind.update) : offerJson(kind);
        exchanges += json;
    }
    return {{QStringLiteral("vector"), QLatin1String(kind.name)},
            {QStringLiteral("method"), QLatin1String(kind.method)},
            {QStringLiteral("rfc"), utf8Text(mikey::method(kind.method)->rfc)},
            {QStringLiteral("about"), QLatin1String(kind.about)},
            {QStringLiteral("seed"), utf8Text(seed)},
            {QStringLiteral("initiator"), endpointJson(ends.initiator)},
            {QStringLiteral("responder"), endpointJson(ends.responder)},
            {QStringLiteral("group"), groupJson(played.group)},
            {QStringLiteral("exchanges"), exchanges}};
}

} // namespace tool
