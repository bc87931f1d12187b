// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "kms/service.h"

#include <map>
#include <set>

/// What a latchkey-kms is told in its config file, JSON:
///
/// | member | |
/// |---|---|
/// | kms_uri | who the service is: "kms.example.org"; the only one that has to be there |
/// | listen, port | address and port of HTTPS; "127.0.0.1" and 8443. Port 0: any that is free |
/// | database | path of an SQLite file, or postgresql://...; "kms.sqlite" |
/// | key_file | 32 octets in hex that seal what is in the database; "kms.key". Made if there is no database yet |
/// | certificate, private_key | of TLS, PEM; "kms.pem" and "kms-tls.key". Made if neither is there |
/// | scheme, key_period, key_period_offset, hosts | as in "sakke" of an endpoint file; a period lasts 8 days or more |
/// | requests_per_minute | of one address; 240 |
/// | threads | that answer; 8 |
/// | connections_per_address | that are served at once; one less than threads |
/// | audit_days, refusal_days | how long rows of the audit log stay, and those of what was refused; 400 and 30 |
/// | may_call | {identity: [identities]}: for whom a user gets tickets; who is not named gets them for all |
/// | clock_skew_s | how far the Time of a request may be from ours; 300 |
///
/// Paths are relative to the file.
namespace kmsd {

struct Config
{
    mikey::kms::ServiceProfile profile;
    QString address;
    int port = 0;
    QString database;
    QString keyFile;
    QString certificate;
    QString privateKey;
    int requestsPerMinute = 0;
    int threads = 0;
    int connectionsPerAddress = 0;
    int auditDays = 0;
    int refusalDays = 0;
    std::map<std::string, std::set<std::string>> mayCall; ///< by canonical identity
    int clockSkewSeconds = 0;
};

account::Loaded<Config> readConfig(const QString &path);

/// The key that seals the database; a new one where there is neither a key nor an SQLite database that needs it.
account::Loaded<mikey::Secret> sealingKey(const Config &config);

/// Makes a certificate that vouches for itself, unless certificate or key are there. Its SHA-256, which users pin.
account::Loaded<QByteArray> tlsFingerprint(const Config &config, mikey::NtpTime now);

} // namespace kmsd
