// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/profile.h"

/// Whom the user of a profile trusts. Like the imports of identity_import.h, each of these changes the endpoint file as
/// a whole and returns the credentials as they are then; or it changes nothing and tells why in a sentence.
namespace account {

/// Files that hold something else too are left as they are.
Loaded<LoadedEndpoint> removeAuthority(const Profile &profile, const mikey::CertificateFingerprint &fingerprint,
                                       mikey::NtpTime now);

/// Names a revocation list as removeCrl() wants it.
QString crlId(const mikey::Crl &crl);
Loaded<LoadedEndpoint> removeCrl(const Profile &profile, const QString &id, mikey::NtpTime now);

/// From now on that is the only certificate taken of the peer, whatever was known before. In hex, colons or not.
Loaded<LoadedEndpoint> setPeerFingerprint(const Profile &profile, const QString &identity, const QString &fingerprint,
                                          mikey::NtpTime now);

/// The peer's certificate, fingerprint, and what was met.
Loaded<LoadedEndpoint> forgetPeer(const Profile &profile, const QString &identity, mikey::NtpTime now);

/// What is taken beyond the default.
struct TrustSettings
{
    bool trustOnFirstUse = false;
    bool fetchUrls = false;
    bool weakGroups = false;
    bool nullAlgorithms = false; ///< for encryption and for authentication
};
Loaded<LoadedEndpoint> setTrustSettings(const Profile &profile, const TrustSettings &settings, mikey::NtpTime now);

} // namespace account
