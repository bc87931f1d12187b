// SPDX-License-Identifier: Apache-2.0
#include "vector_sakke.h"

#include "crypto/pairing.h"
#include "vector_keys.h"

namespace tool {

namespace {

/// The Identifier of an end at the time of the message.
mikey::Bytes identifierOf(const mikey::Endpoint &end, mikey::NtpTime time)
{
    const auto &domain = end.sakke.domains.front();
    return domain.identifier(end.sakke.uri, domain.periodAt(time));
}

} // namespace

QJsonValue sakkeJson(const mikey::Message &message, const VectorEnds &ends, mikey::ByteView ssv)
{
    const auto *sakke = message.find<mikey::Sakke>();
    if (!sakke)
        return QJsonValue::Null;
    const auto time = *mikey::NtpTime::fromOctets(message.find<mikey::Timestamp>()->value);
    const auto responder = identifierOf(ends.responder, time);
    mikey::Bytes hashed(ssv.begin(), ssv.end());
    mikey::append(hashed, responder);
    const auto point = sakke->data.first(mikey::sakke::pointOctets);
    const auto &rsk = ends.responder.sakke.periods.front().rsk;
    const auto lines = mikey::sakke::PairingLines::of(*mikey::sakke::decodePoint(rsk.view()));
    const auto w = mikey::sakke::field().toOctets(*lines.pairing(*mikey::sakke::decodePoint(point)));
    return QJsonObject{{QStringLiteral("identifier_initiator"), hexText(identifierOf(ends.initiator, time))},
                       {QStringLiteral("identifier_responder"), hexText(responder)},
                       {QStringLiteral("ssv"), hexText(ssv)},
                       {QStringLiteral("r"), hexText(mikey::sakke::hashToOrder(hashed).view())},
                       {QStringLiteral("point"), hexText(point)},
                       {QStringLiteral("w"), hexText(w.view())},
                       {QStringLiteral("mask"), hexText(mikey::sakke::hashToMask(w.view()).view())},
                       {QStringLiteral("hint"), hexText(sakke->data.subspan(mikey::sakke::pointOctets))}};
}

} // namespace tool
