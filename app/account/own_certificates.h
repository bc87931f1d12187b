// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

#include <QStringList>

namespace account {

/// What will keep peers from taking our own certificates at that time, in sentences: not for our identity, expired, too
/// weak.
QStringList ownCertificateTroubles(const mikey::Endpoint &endpoint, mikey::NtpTime now);

} // namespace account
