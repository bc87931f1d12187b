// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "kms/sakke.h"

#include <QJsonObject>
#include <QStringList>

/// The part "sakke" of an endpoint file: the public keys of key management services, and our keys of the periods at
/// hand. Keys are the octet strings of RFC 6507 and RFC 6508 in hex.
///
/// | member | |
/// |---|---|
/// | scheme | "uid" (as it is if absent: the UID of 3GPP TS 33.180) or "rfc6509" (telephone numbers, calendar months) |
/// | uri | who we are in Identifiers, if that is not the endpoint's identity: for "rfc6509" tel:+digits |
/// | kms_uri, kpak, z | our service |
/// | key_period, key_period_offset | seconds; for "uid" |
/// | user_id, rsk, ssk, pvt | keys of one period, which the user_id tells |
/// | keys | list of such, with "period" |
/// | earlier, from_period | {kpak, z} of the periods before that one, where the service has changed its public keys |
/// | hosts | list of the hosts whose users the service serves, beside that of its name |
/// | domains | by kms_uri: kpak, z and hosts of partner services, and what differs of scheme and periods |
namespace account {

/// Reads the part. `identity` is that of the endpoint.
Loaded<mikey::SakkeKeys> sakkeOf(const QJsonObject &part, const std::string &identity, mikey::NtpTime now);

QStringList sakkeMembers();

/// The part for these keys; secret.
QJsonObject sakkeJson(const mikey::SakkeKeys &keys);

/// The master secrets of a service as a kms.json has them; secret.
QJsonObject mastersJson(const mikey::kms::SakkeMasters &masters, const mikey::SakkeDomain &domain);

struct SakkeService
{
    mikey::kms::SakkeMasters masters;
    mikey::SakkeDomain domain;
};
Loaded<SakkeService> mastersOf(const QJsonObject &json);

} // namespace account
