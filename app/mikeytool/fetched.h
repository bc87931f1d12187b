// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/certificate_fetch.h"
#include "methods/exchange.h"

namespace tool {

/// The certificates that CERT payloads of a message name by URL, fetched if the endpoint allows that; else none.
account::FetchedCertificates fetchedFor(const mikey::Endpoint &endpoint, mikey::ByteView message);

} // namespace tool
