// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/kms_connection.h"
#include "account/private_file.h"
#include "kms/service.h"
#include "methods/exchange.h"

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
/// | partners | files with the public keys of other services, which ours tells its users (latchkey-kms certificate) |
/// | x509 | as in an endpoint file: our certificate for MIKEY, and whom to trust for those of users who have no psk |
/// | ticket_partners | list of {"kms", "url", "fingerprint", "psk_file", "hosts"}: other services whose tickets are
/// resolved for our users, and the file of the key in hex that is shared with each | | rekey_s | how often calls with
/// tickets need new keys at least, 0: as users wish | | audit_days, refusal_days | how long rows of the audit log stay,
/// and those of what was refused; 400 and 30 | | may_call | {identity: [identities]}: for whom a user gets tickets; who
/// is not named gets them for all | | clock_skew_s | how far the Time of a request may be from ours; 300 |
///
/// Paths are relative to the file.
namespace kmsd {

/// Another service, and the way to it: each resolves its tickets for the users of the other one (RFC 6043 10).
struct TicketPartner
{
    std::string kms; ///< canonical
    account::KmsPlace place;
    mikey::Secret psk;
    std::vector<std::string> hosts;
};

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
    std::uint32_t rekeySeconds = 0; ///< how often calls with tickets get new keys at least; 0: as users wish
    int auditDays = 0;
    int refusalDays = 0;
    std::map<std::string, std::set<std::string>> mayCall; ///< by canonical identity
    std::vector<mikey::SakkeDomain> partners;
    mikey::X509 x509;
    std::vector<TicketPartner> ticketPartners;
    int clockSkewSeconds = 0;
};

account::Loaded<Config> readConfig(const QString &path);

/// The key that seals the database; a new one where there is neither a key nor an SQLite database that needs it.
account::Loaded<mikey::Secret> sealingKey(const Config &config);

/// Makes a certificate that vouches for itself where there is none. Its SHA-256, which users pin.
account::Loaded<QByteArray> tlsFingerprint(const Config &config, mikey::NtpTime now);

} // namespace kmsd
