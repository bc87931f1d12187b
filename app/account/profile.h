// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/endpoint_file.h"

namespace account {

/// Where one instance of the desktop program keeps what belongs to it.
struct Profile
{
    QString directory;
    QString endpointPath; ///< the endpoint file: who we are and our keys
    QString statePath;    ///< for StateFile; of this identity
    LoadedEndpoint loaded;
};

/// Opens the profile in `directory`; empty: the user's own. A fresh one gets an identity made of the names of user and
/// computer, without keys. With `endpointPath` the credentials come from that file instead of the profile's.
Loaded<Profile> openProfile(const QString &directory, const QString &endpointPath = {});

} // namespace account
