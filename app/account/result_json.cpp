// SPDX-License-Identifier: Apache-2.0
#include "account/result_json.h"

#include "crypto/digest.h"
#include "methods/method.h"
#include "wire/text.h"

#include <QJsonArray>

#include <algorithm>

namespace account {

namespace {

QString text(std::string_view value)
{
    return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()));
}

QString hexText(mikey::ByteView octets)
{
    return text(mikey::hex(octets));
}

QJsonValue base64(const std::optional<mikey::Bytes> &octets)
{
    if (!octets)
        return QJsonValue::Null;
    const auto raw =
        QByteArray::fromRawData(reinterpret_cast<const char *>(octets->data()), static_cast<qsizetype>(octets->size()));
    return QLatin1String(raw.toBase64());
}

/// From or to when a key is valid, as an index of SRTP packets.
QJsonValue limitJson(mikey::ByteView index)
{
    if (index.empty())
        return QJsonValue::Null;
    return QJsonObject{{QStringLiteral("type"), QStringLiteral("index")}, {QStringLiteral("value"), hexText(index)}};
}

/// The members that are there whatever came of it.
QJsonObject blankResult()
{
    QJsonObject result;
    for (const auto *member :
         {"method", "csb_id", "initiator", "responder", "timestamp", "v_flag", "prf", "response", "tgk", "error"})
        result[QLatin1String(member)] = QJsonValue::Null;
    for (const auto *member : {"tgks", "crypto_sessions", "weaknesses"})
        result[QLatin1String(member)] = QJsonArray();
    return result;
}

/// What the header says; nothing vouches for it yet.
void addHeader(QJsonObject &result, mikey::ByteView iMessage)
{
    mikey::Message partial;
    const auto message = mikey::decode(iMessage, &partial);
    const auto &header = message ? message->header : partial.header;
    constexpr std::size_t commonHeaderOctets = 10;
    if (iMessage.size() < commonHeaderOctets || header.version != mikey::Header::supportedVersion)
        return;
    result[QStringLiteral("csb_id")] = text(mikey::hexOf32(header.csbId));
    const auto rows = mikey::methods();
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const auto &m) { return m.firstMessage == header.dataType; });
    if (row != rows.end())
        result[QStringLiteral("method")] = text(row->name);
}

void addAgreement(QJsonObject &result, const mikey::Agreement &agreement, Keys keys)
{
    QJsonArray tgks, sessions, weaknesses;
    for (const auto &tgk : agreement.tgks)
        tgks += keyText(tgk.view(), keys);
    for (const auto &session : agreement.sessions)
        sessions += sessionJson(session, keys);
    for (const auto &weakness : agreement.weaknesses)
        weaknesses += text(weakness);
    result[QStringLiteral("method")] = text(agreement.method);
    result[QStringLiteral("csb_id")] = text(mikey::hexOf32(agreement.csbId));
    result[QStringLiteral("initiator")] = text(agreement.initiator);
    result[QStringLiteral("responder")] = text(agreement.responder);
    result[QStringLiteral("timestamp")] = hexText(agreement.timestamp.octets());
    result[QStringLiteral("v_flag")] = agreement.v;
    result[QStringLiteral("prf")] = text(mikey::registry::prfFunction.nameOf(static_cast<std::uint8_t>(agreement.prf)));
    result[QStringLiteral("tgk")] = tgks.isEmpty() ? QJsonValue() : tgks.first();
    result[QStringLiteral("tgks")] = tgks;
    result[QStringLiteral("crypto_sessions")] = sessions;
    result[QStringLiteral("weaknesses")] = weaknesses;
}

} // namespace

QString keyText(mikey::ByteView key, Keys keys)
{
    return keys == Keys::Revealed ? hexText(key) : text(mikey::fingerprint(key));
}

QJsonObject errorJson(const mikey::Error &error)
{
    return {{QStringLiteral("number"), error.number ? QJsonValue(static_cast<int>(*error.number)) : QJsonValue()},
            {QStringLiteral("name"), text(error.name)},
            {QStringLiteral("reason"), text(error.reason)}};
}

QJsonObject sessionJson(const mikey::CryptoSession &session, Keys keys)
{
    return {{QStringLiteral("cs_id"), session.csId},
            {QStringLiteral("policy"), session.policyNo},
            {QStringLiteral("ssrc"), text(mikey::hexOf32(session.ssrc))},
            {QStringLiteral("roc"), static_cast<qint64>(session.roc)},
            {QStringLiteral("suite"), session.suite ? QJsonValue(text(session.suite->name)) : QJsonValue()},
            {QStringLiteral("tek"), keyText(session.tek.view(), keys)},
            {QStringLiteral("salt"), keyText(session.salt.view(), keys)},
            {QStringLiteral("mki"), hexText(session.mki)},
            {QStringLiteral("valid_from"), session.interval ? limitJson(session.interval->from) : QJsonValue()},
            {QStringLiteral("valid_to"), session.interval ? limitJson(session.interval->to) : QJsonValue()}};
}

QJsonObject resultJson(const mikey::Step &step, mikey::ByteView iMessage, Keys keys)
{
    auto result = blankResult();
    addHeader(result, iMessage);
    if (step.agreement)
        addAgreement(result, *step.agreement, keys);
    result[QStringLiteral("accepted")] = !step.error;
    result[QStringLiteral("complete")] = step.agreement && !step.error;
    result[QStringLiteral("response")] = base64(step.send);
    if (step.error)
        result[QStringLiteral("error")] = errorJson(*step.error);
    return result;
}

} // namespace account
