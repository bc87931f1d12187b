// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "kms/ibake.h"

#include <QJsonObject>
#include <QStringList>

#include <map>

/// The part "ibake" of an endpoint file, and that of the kms.json of who issues its keys.
///
/// | member of an endpoint file | |
/// |---|---|
/// | kms, kms_fingerprint, kms_trust | where the service is (account/kms_access.h) |
/// | kms_id | its identity |
/// | psk | shared with it, in hex |
/// | parameters | DER of BFPublicParameters: a file, or the octets in hex |
/// | keys | list of {date: "2026-11", private_key: DER of BFPrivateKeyBlock in hex} |
namespace account {

/// Reads the part. `identity` is that of the endpoint, whose keys they have to be.
Loaded<mikey::IbakeKeys> ibakeOf(const QJsonObject &part, const std::string &identity, const QString &directory);
QStringList ibakeMembers();
QJsonObject ibakeJson(const mikey::IbakeKeys &keys); ///< secret; does not tell where the service is

/// A service with its accounts, as a kms.json has it.
struct IbakeService
{
    std::string kms;   ///< its identity
    std::string group; ///< name of its parameters: "BF-3072"
    mikey::Secret master;
    std::map<std::string, mikey::Secret> accounts; ///< keys shared with users, by canonical identity

    IbakeService clone() const;
    mikey::kms::IbakeDomain domain() const; ///< views this
    std::shared_ptr<const mikey::ibe::Parameters> parameters() const;
    /// Makes an account, or gives the one there is a new key, and issues the keys of now: what its user holds.
    mikey::IbakeKeys enrol(const std::string &identity, mikey::NtpTime now, mikey::Random &random);
};

IbakeService makeIbakeService(const std::string &kms, mikey::Random &random);

QJsonObject ibakeServiceJson(const IbakeService &service); ///< secret
Loaded<IbakeService> ibakeServiceOf(const QJsonObject &json);

} // namespace account
