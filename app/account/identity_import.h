// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/profile.h"

/// Certificates and keys that a user brings to a profile. Each of these stores what was brought as files beside the
/// profile's endpoint file, changes that file as a whole, and returns the credentials as they are then; or it changes
/// nothing and tells why in a sentence. The file as it would be is tried before it is written.
namespace account {

/// Whether one of these PEM files holds a key that wants a passphrase.
bool wantsPassphrase(const QStringList &paths);

/// Our own certificate, with what else of its chain is there, and its key, in one file or several. It takes the place
/// of the one before, whose files are kept. `passphrase` is for an encrypted key, else empty.
Loaded<LoadedEndpoint> importIdentity(const Profile &profile, const QStringList &paths, const mikey::Secret &passphrase,
                                      mikey::NtpTime now);

/// The same out of a PKCS#12 file (.p12, .pfx).
Loaded<LoadedEndpoint> importPkcs12(const Profile &profile, const QString &path, const mikey::Secret &passphrase,
                                    mikey::NtpTime now);

/// The same with a certificate that vouches for itself, good for five years: peers have to know it beforehand or to
/// trust it on first use. Making the key takes a second or more: not for the thread of a window.
Loaded<LoadedEndpoint> makeSelfSignedIdentity(const Profile &profile, mikey::NtpTime now);

/// Authorities whose certificates are trusted from now on.
Loaded<LoadedEndpoint> importAuthorities(const Profile &profile, const QStringList &paths, mikey::NtpTime now);

/// A peer's certificate, known from now on. It takes the place of one met by trust on first use. `identity` may be
/// empty where the certificate names one only.
Loaded<LoadedEndpoint> importPeer(const Profile &profile, const QString &identity, const QString &path,
                                  mikey::NtpTime now);

/// Revocation lists. Of several of one authority the newest counts.
Loaded<LoadedEndpoint> importCrls(const Profile &profile, const QStringList &paths, mikey::NtpTime now);

} // namespace account
