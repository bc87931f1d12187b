// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/openssl.h"
#include "wire/ntp_time.h"

#include <openssl/x509.h>

#include <optional>
#include <string>

/// What the files about certificates share of OpenSSL's X.509. It is not to be included in headers.
namespace mikey {

/// Times NtpTime cannot tell (before 1968, after 2104) become the first or last it can; none if it is no time.
std::optional<NtpTime> timeOf(const ASN1_TIME *time);

/// "2026-01-02"
std::string dateOf(NtpTime time);

/// For people: in one line, printable, bounded.
std::string nameText(const X509_NAME *name);

} // namespace mikey
