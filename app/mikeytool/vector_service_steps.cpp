// SPDX-License-Identifier: Apache-2.0
#include "vector_service_steps.h"

#include "account/inspection_json.h"
#include "vector_envelope.h"
#include "wire/inspector.h"

namespace tool {

namespace {

using mikey::Bytes;
using mikey::ByteView;
using mikey::Message;

ByteView timestampOf(const Message &message)
{
    return message.find<mikey::Timestamp>()->value;
}

/// The message up to the MAC or signature that ends it. The MAC of a TRANSFER_INIT leaves the Initiator Data out with
/// their length, since they hold it themselves (RFC 6043 5.5).
Bytes coveredBy(const Message &message, std::size_t ending)
{
    Bytes covered(message.octets.begin(), message.octets.end() - static_cast<std::ptrdiff_t>(ending));
    if (message.header.dataType != mikey::DataType::TransferInit)
        return covered;
    constexpr std::size_t lengthOctets = 2;
    for (const auto &placed : message.payloads) {
        if (const auto *ticket = std::get_if<mikey::Ticket>(&placed.payload)) {
            const auto end = covered.begin() + static_cast<std::ptrdiff_t>(placed.offset + placed.length);
            covered.erase(end - static_cast<std::ptrdiff_t>(lengthOctets + ticket->initiatorData.size()), end);
        }
    }
    return covered;
}

QJsonValue signatureJson(const ServiceMessage &played, const Message &message, const Protection &protection)
{
    const auto *sign = message.find<mikey::Sign>();
    if (!sign)
        return QJsonValue::Null;
    auto covered = coveredBy(message, sign->signature.size());
    mikey::append(covered, protection.appended);
    return QJsonObject{{QStringLiteral("signer"), QLatin1String(played.from)},
                       {QStringLiteral("input"), hexText(covered)},
                       {QStringLiteral("value"), hexText(sign->signature)}};
}

const mikey::Kemac *encryptedIn(const Message &message)
{
    const auto *kemac = message.find<mikey::Kemac>();
    return kemac && !kemac->encrData.empty() ? kemac : nullptr;
}

} // namespace

QJsonValue verificationJson(const Message &message, const Protection &protection)
{
    const auto *v = message.find<mikey::Verification>();
    if (!v)
        return QJsonValue::Null;
    auto covered = coveredBy(message, v->data.size());
    mikey::append(covered, protection.appended);
    return QJsonObject{{QStringLiteral("payload"), QStringLiteral("V")},
                       {QStringLiteral("key"), hexText(protection.keys->auth.key.view())},
                       {QStringLiteral("input"), hexText(covered)},
                       {QStringLiteral("value"), hexText(v->data)}};
}

QJsonObject protectedMessageJson(const ServiceMessage &played, const Message &message, const Protection &protection)
{
    const auto *kemac = encryptedIn(message);
    const auto *pke = message.find<mikey::Pke>();
    const auto &keys = protection.keys;
    const auto time = timestampOf(message);
    const auto inspected =
        mikey::inspect(message.octets, kemac ? keys->counterMode(kemac->encrData, time).view() : ByteView());
    return {
        {QStringLiteral("message"), utf8Text(inspected.message)},
        {QStringLiteral("from"), QLatin1String(played.from)},
        {QStringLiteral("octets"), hexText(played.played.octets)},
        {QStringLiteral("random"), hexArray(played.played.draws)},
        {QStringLiteral("message_key"), keys ? QJsonValue(keys->json()) : QJsonValue()},
        {QStringLiteral("encryption"), kemac ? QJsonValue(keys->encryptionJson(kemac->encrData, time)) : QJsonValue()},
        {QStringLiteral("envelope"), pke ? QJsonValue(envelopeJson(*pke, *protection.envelope)) : QJsonValue()},
        {QStringLiteral("mac"), verificationJson(message, protection)},
        {QStringLiteral("signature"), signatureJson(played, message, protection)},
        {QStringLiteral("decoded"), account::inspectionJson(inspected)}};
}

const mikey::Endpoint &endpointOf(const ServiceEnds &ends, std::string_view name)
{
    return name == "initiator" ? ends.initiator : name == "responder" ? ends.responder : ends.mailbox;
}

ByteView idData(const Message &message, mikey::IdRole role)
{
    const auto *id = message.find<mikey::IdWithRole>(role);
    return id ? id->data : ByteView();
}

} // namespace tool
