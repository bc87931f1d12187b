// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/credentials.h"
#include "account/private_file.h"

#include <QStringList>

/// Credentials for demonstrations as a directory of files: ca.pem, ca.key and ca.crl of the authority, kms.json of
/// its key management service, and of each
/// endpoint the endpoint file NAME.json with NAME.pem and NAME.key, named after the user part of its identity.
namespace account {

/// The authority in that directory, or a new one if there is none.
Loaded<DemoAuthority> demoAuthorityOf(const QString &directory, mikey::NtpTime now);

/// The service whose master secrets that kms.json has.
Loaded<SakkeService> readService(const QString &path);

/// Writes endpoints that the authority of that directory has certified, and the authority unless it is there. The
/// directory is made if it is not there. A file that is there is not overwritten: all are looked for before the first
/// is written. The paths of the endpoint files, or what is wrong.
Loaded<QStringList> writeCredentials(const QString &directory, const std::vector<mikey::Endpoint> &endpoints,
                                     const DemoAuthority &authority);

} // namespace account
