// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/sakke_keys.h"

/// The key management service's side of SAKKE: what it issues to its users (RFC 6507 5.1.1, RFC 6508 6.1.1).
namespace mikey::kms {

/// The master secrets of a domain. Who has them can read and sign everything.
struct SakkeMasters
{
    Secret z;
    Secret ksak;

    static SakkeMasters make(Random &random);
};

/// What is public of a domain, for its users and those of partner domains. The period and its offset are the caller's
/// to set. None if the masters are none.
std::optional<SakkeDomain> sakkeDomain(const SakkeMasters &masters, std::string_view kms, SakkeIdScheme scheme);

/// A user's keys of one period, as they are delivered.
struct SakkeIssue
{
    std::uint64_t period = 0;
    Bytes identifier;
    Secret rsk;
    Secret ssk;
    Bytes pvt;
};

/// Of each device of a user the receiver key is the same, the signing key another. None if no Identifier can be made of
/// that URI, or the masters are none.
std::optional<SakkeIssue> issueSakke(const SakkeMasters &masters, const SakkeDomain &domain, std::string_view uri,
                                     std::uint64_t period, Random &random);

/// Whether keys of that period are issued now: those of the current one, and from four days before it begins those of
/// the next, but no more at once (RFC 6509 3.3).
bool mayIssueSakke(const SakkeDomain &domain, std::uint64_t period, NtpTime now);

} // namespace mikey::kms
