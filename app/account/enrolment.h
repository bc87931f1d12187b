// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "wire/ntp_time.h"

/// Fetches keys from a key management service into an endpoint file.
namespace account {

struct Enrolled
{
    std::vector<std::uint64_t> periods; ///< of the SAKKE keys that were fetched
};

/// Renews the SAKKE keys of an endpoint file whose part "sakke" names as `kms` the path of a kms.json (relative to the
/// file): then the service is played here. It issues the keys of the current period, and of the next one where that is
/// near (kms::mayIssueSakke). Older keys go, but for those of the period before, which messages may still need. The
/// file is replaced as a whole, or stays as it was.
Loaded<Enrolled> enrol(const QString &endpointFile, mikey::NtpTime now);

} // namespace account
