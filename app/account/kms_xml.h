// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "kms/sakke.h"

#include <span>
#include <vector>

/// The XML of 3GPP TS 33.180's interface to a key management service (annex D; kms-reference 4): what users ask, and
/// what the service answers.
namespace account {

/// KmsRequest.
struct KmsRequest
{
    QString userUri;
    QString kmsUri;
    QString deviceId;     ///< may be empty
    QString clientReqUrl; ///< the resource that is asked
    mikey::NtpTime time;
};

QByteArray requestXml(const KmsRequest &request);
Loaded<KmsRequest> requestOf(const QByteArray &xml);

/// KmsInit: the public keys of the domain, in a KmsCertificate.
QByteArray initXml(const KmsRequest &request, const mikey::SakkeDomain &domain);
/// KmsCertCache: public keys of the domain that serve now or soon, and those of other services that its users may call.
QByteArray certCacheXml(const KmsRequest &request, std::span<const mikey::SakkeDomain> own,
                        std::span<const mikey::SakkeDomain> external);
/// KmsKeyProv with one KmsKeySet; secret.
QByteArray keyProvXml(const KmsRequest &request, const mikey::SakkeDomain &domain, const mikey::kms::SakkeIssue &keys);
/// KmsError. `code` is the status of HTTP, `reason` is for people.
QByteArray errorXml(const QString &code, const QString &reason);

/// When something is valid; a bound that is not told does not hold.
struct KmsValidity
{
    std::optional<qint64> from, to; ///< milliseconds since 1970; they may be further away than NTP times go
    bool revoked = false;

    bool isAt(mikey::NtpTime time) const;
};

/// KmsResponse as a user reads it. Keys are not checked here, and signatures are not looked at: TLS proves who answers.
/// What is of another parameter set or way to form identities is left out.
struct KmsResponse
{
    struct Certificate
    {
        QString uri; ///< CertUri: names these public keys; may be empty
        KmsValidity validity;
        mikey::SakkeDomain domain;
    };

    struct KeySet
    {
        QString certificate; ///< CertUri of the public keys that they belong to; may be empty
        QString user;        ///< UserUri; may be empty
        KmsValidity validity;
        mikey::kms::SakkeIssue keys; ///< `identifier` may be empty
    };

    QString error; ///< of a KmsError; else empty
    std::vector<Certificate> certificates;
    std::vector<KeySet> keySets;
};
Loaded<KmsResponse> responseOf(const QByteArray &xml);

} // namespace account
