// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "kms/ticket.h"

#include <QJsonObject>
#include <QStringList>

#include <map>

/// The part "ticket" of an endpoint file, and that of the kms.json of who issues and resolves tickets.
///
/// | member of an endpoint file | |
/// |---|---|
/// | kms, kms_fingerprint, kms_trust | where the service is (account/kms_access.h) |
/// | kms_id | its identity |
/// | psk | shared with it, in hex, 128 bits or more |
/// | kms_certificate | a file with its certificate, where our own proves us in place of a psk |
/// | tpk, tpk_id | a key for tickets without the service (modes 2 to 4 of RFC 6043 4.1.1), and its name in them |
/// | mode | 1 to 4, when we call; as it is if absent: 1, or 4 where there is a tpk and no way to a service |
/// | reuse | whether tickets may serve again; false if absent |
/// | lifetime_s | of tickets, 3600 if absent |
namespace account {

Loaded<mikey::TicketKeys> ticketOf(const QJsonObject &part, const QString &directory);
QStringList ticketMembers();
/// The part for these keys; secret. It does not tell where the service is.
QJsonObject ticketJson(const mikey::TicketKeys &keys);

/// A ticket service with its accounts, as a kms.json has it.
struct TicketService
{
    std::string kms; ///< its identity
    std::vector<mikey::Tpk> tpks;
    std::map<std::string, mikey::kms::TicketAccount> accounts; ///< by canonical identity
    mikey::X509 x509;                                          ///< where users prove themselves by certificates
    std::uint32_t rekeySeconds = 0; ///< new keys are due at least so often in calls; 0: as users wish

    TicketService clone() const;
    /// Views this.
    mikey::kms::TicketDomain domain() const;
    /// Makes an account, or gives the one there is a new key: what its user holds.
    mikey::TicketKeys enrol(const std::string &identity, mikey::Random &random);
};

TicketService makeTicketService(const std::string &kms, mikey::Random &random);

QJsonObject ticketServiceJson(const TicketService &service); ///< secret
Loaded<TicketService> ticketServiceOf(const QJsonObject &json);

} // namespace account
