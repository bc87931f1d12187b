// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/profile.h"

#include <functional>

/// Changes of a profile's endpoint file.
namespace account {

/// What is wrong, or none.
using Fault = std::optional<QString>;

/// Changes the file as a whole and returns the credentials as they are then; or changes nothing and tells why. The file
/// as it would be is tried before it is written. Members that `how` does not touch stay, also those nobody knows.
Loaded<LoadedEndpoint> changeEndpoint(const Profile &profile, mikey::NtpTime now,
                                      const std::function<Fault(QJsonObject &file)> &how);
/// The same for its part "x509".
Loaded<LoadedEndpoint> changeX509(const Profile &profile, mikey::NtpTime now,
                                  const std::function<Fault(QJsonObject &x509)> &how);

/// The path of a file that the endpoint file names.
QString besideEndpoint(const Profile &profile, const QString &name);

/// Removes what the object has for that identity, however it is spelled.
void removeIdentity(QJsonObject &x509, const QString &member, const std::string &identity);

} // namespace account
