// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/kms_connection.h"
#include "account/private_file.h"
#include "methods/exchange.h"

#include <QJsonObject>

/// The way from an endpoint to its key management service, for the MIKEY questions of TICKET and IBAKE.
namespace account {

/// Where the service is: a kms.json, played in this process, or an https URL.
struct KmsSource
{
    QString file;
    KmsPlace place;

    bool isSet() const { return !file.isEmpty() || !place.url.isEmpty(); }
};

/// The members "kms" (a path relative to `directory`, or an https URL), "kms_fingerprint" (SHA-256 in hex) and
/// "kms_trust" (a file of certificates) of a part of an endpoint file. Not set if the part names none.
Loaded<KmsSource> kmsSourceOf(const QJsonObject &part, const QString &directory);

/// Whether the service that the part names is meant: another one must not get what is for this one.
bool isServiceOf(const QJsonObject &part, const QUrl &url);

using KmsTold = Loaded<mikey::Bytes>;

/// Puts questions to the service. Qt main thread; nothing blocks. `then` is called once, later, unless `context` goes
/// before.
class KmsClient
{
public:
    explicit KmsClient(KmsSource source);
    ~KmsClient();
    void ask(const mikey::KmsRequest &request, QObject *context, std::function<void(const KmsTold &)> then) const;

private:
    KmsSource m_source;
    std::unique_ptr<KmsConnection> m_connection; ///< null where the service is played here
};

/// The same for programs that wait. Runs an event loop where the service is at a URL. `now` is what a service played
/// here takes for the time.
KmsTold askKmsAndWait(const KmsSource &source, const mikey::KmsRequest &request, mikey::NtpTime now,
                      KmsLimits limits = {});

} // namespace account
