// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/ibe.h"
#include "kms/mikey_answer.h"

/// The key management service's side of IBAKE: private keys by identity and key period (RFC 6267 4.2.1).
namespace mikey::kms {

/// What the service is and whom it serves.
struct IbakeDomain
{
    std::string kms; ///< our identity, canonical
    std::shared_ptr<const ibe::Group> group;
    Secret master; ///< s; who has it can read everything
    std::int64_t clockSkewSeconds = 300;
    X509 x509; ///< our own certificates and whom they trust, for those who come with certificates
    /// The key shared with a user, empty if he comes with a certificate; none: he has no account, or it is revoked.
    std::function<std::optional<Secret>(const std::string &identity)> account;
};

/// The key of one identity and period, as it is delivered. None if the master is none.
std::optional<Secret> issueIbake(const IbakeDomain &domain, const std::string &identity, const std::string &date);

/// Whose keys are issued now: of the current period, and from four days before it begins of the next.
std::vector<std::string> ibakeDatesAt(NtpTime now);

/// Whether a question to a service of both is for keys of IBAKE; else it is about tickets.
bool asksForKeys(ByteView question);

/// Answers a REQUEST_KEY_INIT of either kind. The timestamp of the answer is that of the question, so nothing else that
/// is encrypted may come with it: a KEMAC in the question is refused.
MikeyAnswer answerKeyRequest(const IbakeDomain &domain, Memory &memory, ByteView question, NtpTime now, Random &random);

} // namespace mikey::kms
