// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/endpoint_file.h"

namespace account {

/// Where one instance of the desktop program keeps what belongs to it.
struct Profile
{
    QString directory;
    std::string identity; ///< whose it is, canonical
    QString endpointPath; ///< the endpoint file: who we are and our keys
    QString statePath;    ///< for StateFile; of this identity
    QString knownPath;    ///< for KnownCertificates; of this identity
    LoadedEndpoint loaded;
};

/// Opens the profile in `directory`; empty: the user's own. A fresh one gets an identity made of the names of user and
/// computer, without keys, which trusts certificates on first use. With `endpointPath` the credentials come from that
/// file instead of the profile's.
Loaded<Profile> openProfile(const QString &directory, const QString &endpointPath, mikey::NtpTime now);

/// The endpoint file of the profile as it is now, with the certificates met so far. If these cannot be read, no
/// certificate is trusted on first use, and a warning says so.
Loaded<LoadedEndpoint> loadCredentials(const Profile &profile, mikey::NtpTime now);

} // namespace account
