// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "identity_store.h"

/// Certificates in words. What these return has passed plain().
namespace ui {

QString issuerInWords(const CertificateInfo &certificate);
/// "from 2026-03-01 to 2027-03-01"
QString validityInWords(const QDateTime &from, const QDateTime &until);
QString dateInWords(const QDateTime &date); ///< empty if it is invalid
/// Sentences to be shown, few and short enough.
QStringList troublesOf(const QStringList &sentences);
/// "a certificate you added", "a fingerprint you gave", "met on 2026-11-23"
QString knownBy(const KnownPeer &peer);

/// The known fingerprint of that identity; empty without one.
QString knownFingerprint(const IdentityState &state, const QString &identity);
/// Whether two fingerprints in hexadecimal are the same, however they are written.
bool sameFingerprint(const QString &a, const QString &b);
/// A SHA-256 as people write or paste it, in lower case without anything between; empty if it is none.
QString fingerprintFrom(const QString &text);

} // namespace ui
