// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"
#include "methods/ibake_keys.h"

/// The REQUEST_KEY exchange of IBAKE (RFC 6267 4.2.1): what user and service have in common, and the user's side. Where
/// a function takes a `key` that is the pre-shared key, or the envelope key that a certificate and a signature vouch
/// for.
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

/// What V and SIGN of a request and its answer cover besides the message: the identities of the request, then that of
/// the service (RFC 6267 5.4, decision D-04).
std::vector<ByteView> ibakeRequestScope(std::span<const IdWithRole *const> identities, ByteView kms);

/// Whether the V of a request is right.
bool isGuardedKeyRequest(const Message &message, ByteView key, std::span<const IdWithRole *const> identities,
                         ByteView kms);

/// REQUEST_KEY_RESP = HDR, T, IDRi, IDRkms, KEMAC, V. The validity of each key tells its period: its first and last
/// second as NTP-UTC-32 times.
std::optional<Bytes> encodeKeyResponse(const Message &request, ByteView key, std::span<const IbakeIssue> issued,
                                       std::span<const IdWithRole *const> identities, ByteView kms);

/// A request for our keys that waits for its answer.
class IbakeKeyRequest
{
public:
    static Outcome<IbakeKeyRequest> make(Context context, NtpTime now);
    KmsRequest request() const { return {m_kms, m_message}; }
    /// The keys in the answer, of the identity that asked; not checked against the parameters yet.
    Outcome<std::vector<IbakeIssue>> open(ByteView answer) const;

private:
    IbakeKeyRequest(std::string kms, Secret key) : m_kms(std::move(kms)), m_key(std::move(key)) {}

    std::string m_kms;
    Secret m_key;
    Bytes m_message;
};

} // namespace mikey
