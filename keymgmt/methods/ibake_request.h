// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"
#include "methods/ibake_keys.h"

/// The REQUEST_KEY exchange of IBAKE (RFC 6267 4.2.1): what user and service have in common, and the user's side.
namespace mikey {

/// A key that is delivered: K_PR of an identity and period.
struct IbakeIssue
{
    std::string identity;
    std::string date; ///< "2026-11-01"
    Secret block;     ///< DER of BFPrivateKeyBlock
};

/// The IDR payloads of a request that name whose keys are asked for (decision D-04: roles 1 and 2).
std::vector<const IdWithRole *> ibakeRequestIds(const Message &request);

/// Whether the V of a request or its answer is right; the identities are those of the request (RFC 6267 5.4).
bool isGuardedKeyMessage(const Message &message, ByteView psk, std::span<const IdWithRole *const> identities,
                         ByteView kms);

/// REQUEST_KEY_RESP = HDR, T, IDRi, IDRkms, KEMAC, V. The validity of each key tells its period: its first and last
/// second as NTP-UTC-32 times.
std::optional<Bytes> encodeKeyResponse(const Message &request, ByteView psk, std::span<const IbakeIssue> issued,
                                       std::span<const IdWithRole *const> identities, ByteView kms);

/// A request for our keys that waits for its answer.
class IbakeKeyRequest
{
public:
    IbakeKeyRequest(Context context, NtpTime now);
    KmsRequest request() const { return {m_kms, m_message}; }
    /// The keys in the answer, not checked against the parameters yet.
    Outcome<std::vector<IbakeIssue>> open(ByteView answer) const;

private:
    std::string m_kms;
    Secret m_psk;
    Bytes m_message;
};

} // namespace mikey
