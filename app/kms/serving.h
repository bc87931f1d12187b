// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.h"

namespace kmsd {

/// Serves until SIGTERM or SIGINT. `fingerprint` is of the TLS certificate. Once it listens it prints a line of JSON
/// with "url" and "fingerprint". An exit status.
int serve(const Config &config, const mikey::Secret &key, const QByteArray &fingerprint);

} // namespace kmsd
