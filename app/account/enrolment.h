// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "crypto/secret.h"
#include "wire/ntp_time.h"

#include <QUrl>

#include <functional>
#include <memory>

class QObject;

/// Fetches keys from a key management service into an endpoint file.
namespace account {

struct Enrolled
{
    std::vector<std::uint64_t> periods; ///< of the SAKKE keys that were fetched
    std::vector<std::string> dates;     ///< of the IBAKE keys: first days of key periods, "2026-11-01"
    bool newService = false;            ///< the file had other public keys of a service, or none
};

/// Renews the SAKKE keys of an endpoint file whose part "sakke" names as `kms` the path of a kms.json (relative to the
/// file): then the service is played here. It issues the keys of the current period, and of the next one where that is
/// near (kms::mayIssueSakke). Older keys go, but for those of the period before, which messages may still need. The
/// file is replaced as a whole, or stays as it was.
Loaded<Enrolled> enrol(const QString &endpointFile, mikey::NtpTime now);

/// How a service at an https address is reached, and who we are there. What is empty is as the part of the endpoint
/// file has it; what is not is kept there: in "sakke" as "kms", "kms_fingerprint", "kms_token" and "kms_uri", in
/// "ibake" and "ticket" as "kms", "kms_fingerprint", "psk" and "kms_id".
struct KmsAccess
{
    QUrl url;
    QByteArray fingerprint; ///< SHA-256 of its certificate, 32 octets
    QByteArray token;
    QString kms;                              ///< its name: "kms.example.org"; without one anywhere the host of the URL
    std::shared_ptr<const mikey::Secret> psk; ///< that MIKEY messages are authenticated with; null: as in the file
};

/// The same from a service at an https address: it is asked as KmsConnection does, then the file is replaced, or stays
/// as it was. Its public keys are taken from it too, since TLS proves it. Where neither `access` nor the file names an
/// address, the kms.json is used. On a thread with an event loop, which it holds up for as long as keys take to be
/// checked, some 100 ms; `then` comes once, later, unless `context` goes before.
void enrol(const QString &endpointFile, const KmsAccess &access, mikey::NtpTime now, QObject *context,
           std::function<void(const Loaded<Enrolled> &)> then);

/// Renews the IBAKE keys by a REQUEST_KEY exchange with the service that the part "ibake" names, or `access`: a
/// kms.json or an https address. Where the part has no parameters they are taken from there too. Keys of months before
/// the last one go. A psk in `access` becomes that of the part "ticket" as well. As enrol().
void enrolIbake(const QString &endpointFile, const KmsAccess &access, mikey::NtpTime now, QObject *context,
                std::function<void(const Loaded<Enrolled> &)> then);

/// All that the account has: SAKKE keys where there is a token, or the part "sakke" names that service, then IBAKE keys
/// where there is a psk, or the part "ibake" names it. It ends with the first that cannot be had.
void enrolAll(const QString &endpointFile, const KmsAccess &access, mikey::NtpTime now, QObject *context,
              std::function<void(const Loaded<Enrolled> &)> then);

} // namespace account
