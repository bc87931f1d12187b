// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "methods/exchange.h"

#include <QJsonObject>
#include <QStringList>

/// The part "x509" of an endpoint file: certificates, and whom to trust.
///
/// | member | |
/// |---|---|
/// | certificate, private_key | our own, with what else of its chain is to be sent |
/// | more | list of further pairs of certificate and private_key: those we had before, or for other algorithms |
/// | trust | list of authorities |
/// | crl | list of revocation lists |
/// | peers | by identity: certificates known beforehand |
/// | fingerprints | by identity: SHA-256 in hex, the only certificate taken of that identity |
/// | trust_on_first_use | true: a certificate nobody vouches for is taken of an identity without fingerprint |
/// | send | "chain" (as it is if absent), "url" or "none" |
/// | url | where our certificate can be fetched; for "send": "url" |
/// | signature | "pkcs1" (as it is if absent) or "pss" |
///
/// Where a certificate, a key or a revocation list is wanted there is the path of a file, relative to the endpoint
/// file, or the PEM text itself.
namespace account {

struct LoadedX509
{
    mikey::X509 x509;
    QStringList warnings; ///< sentences: a private key is open to others
};

/// Reads the part, and the files it names: `directory` is that of the endpoint file. Errors and warnings never show
/// what stands in a private key.
Loaded<LoadedX509> x509Of(const QJsonObject &part, const QString &directory);

/// The names of the members above.
QStringList x509Members();

/// The part for these certificates and keys, which stands alone: it names no files. Secret.
QJsonObject x509Json(const mikey::X509 &x509);

} // namespace account
