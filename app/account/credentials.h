// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/played_kms.h"
#include "account/sakke_part.h"
#include "crypto/certificate.h"
#include "methods/exchange.h"

#include <vector>

/// Credentials made here, for demonstrations and tests.
namespace account {

/// Endpoints that share a key, every two of them. `identities` are canonical and differ.
std::vector<mikey::Endpoint> makeDemoEndpoints(const std::vector<std::string> &identities, mikey::Random &random);

/// An authority that a few endpoints trust, which has revoked nothing, and a key management service for SAKKE, tickets
/// and IBAKE.
struct DemoAuthority
{
    mikey::OwnCertificate own;
    mikey::Crl crl;
    SakkeService service;
    MikeyServices mikey;
};

/// Good for ten years. Making a key takes some tenths of a second, here and for each endpoint below.
DemoAuthority makeDemoAuthority(mikey::NtpTime now);
SakkeService makeDemoService();
MikeyServices makeDemoMikeyServices(mikey::Random &random);

/// Endpoints that have besides shared keys certificates of that authority, good for 398 days, and know each other's,
/// SAKKE keys of this key period, near its end also of the next, IBAKE keys likewise, and
/// accounts at the service, which it gets too.
std::vector<mikey::Endpoint> makeDemoEndpoints(const std::vector<std::string> &identities, mikey::Random &random,
                                               DemoAuthority &authority, mikey::NtpTime now);

} // namespace account
