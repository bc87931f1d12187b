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
/// KmsCertCache: all public keys of the domain that serve now or soon.
QByteArray certCacheXml(const KmsRequest &request, std::span<const mikey::SakkeDomain> domains);
/// KmsKeyProv with one KmsKeySet; secret.
QByteArray keyProvXml(const KmsRequest &request, const mikey::SakkeDomain &domain, const mikey::kms::SakkeIssue &keys);
/// KmsError. `reason` is for people.
QByteArray errorXml(const QString &reason);

/// KmsResponse as a user reads it. Keys are not checked here.
struct KmsResponse
{
    struct Certificate
    {
        QString uri; ///< CertUri: names these public keys
        mikey::SakkeDomain domain;
    };

    struct KeySet
    {
        QString certificate; ///< CertUri of the public keys that they belong to; may be empty
        mikey::kms::SakkeIssue keys;
    };

    QString error; ///< of a KmsError; else empty
    std::vector<Certificate> certificates;
    std::vector<KeySet> keySets;
};
Loaded<KmsResponse> responseOf(const QByteArray &xml);

} // namespace account
