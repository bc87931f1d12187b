// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/bundle.h"

/// Keys in an envelope, as the public key method and RSA-R carry them (RFC 3830 3.2, RFC 4738 3.6): an envelope key,
/// encrypted with RSA, protects a KEMAC that holds the sender's identity and the TGKs.
namespace mikey {

/// What an envelope protects.
struct Envelope
{
    Prf prf;
    BundleLabel label;
    ByteView timestamp;
};

/// KEMAC and PKE, ready to be put into a message. It owns what the payloads view.
class SealedEnvelope
{
public:
    /// `sender`: the identity inside; `keys`: encoded Key data sub-payloads, may be empty.
    SealedEnvelope(const Envelope &envelope, ByteView key, const Party &sender, ByteView keys,
                   const PublicKey &recipient, EnvelopeCache cache, Random &random);
    SealedEnvelope(const SealedEnvelope &) = delete;
    SealedEnvelope &operator=(const SealedEnvelope &) = delete;

    /// False: nothing can be encrypted with the recipient's key.
    bool isSealed() const { return !m_encryptedKey.empty(); }
    Kemac kemac() const;
    Pke pke() const;

private:
    Bytes m_encrData;
    std::array<std::uint8_t, 20> m_mac;
    Bytes m_encryptedKey;
    EnvelopeCache m_cache;
};

inline constexpr std::size_t envelopeKeyOctets = 16;

/// That the algorithms of a KEMAC in an envelope are taken here: AES-CM or NULL with HMAC-SHA-1, or AES key wrap, whose
/// own check is all it needs (RFC 3830 4.2.3).
std::optional<Error> checkEnvelopeForm(const Kemac &kemac, const Accept &accept);

/// What was in an envelope.
struct OpenedEnvelope
{
    Secret plain;
    Party sender; ///< the identity inside
    std::vector<TransportedKey> keys;
};

/// Checks and opens the KEMAC of a message with its envelope key. One failure of decryption is like any other, in words
/// and number: the peer must not learn whether it was the RSA padding, the MAC or the key wrap (Bleichenbacher).
Outcome<OpenedEnvelope> openEnvelope(const Message &message, const Envelope &envelope, ByteView key,
                                     const Accept &accept);

/// Keeps the envelope key for updates of the bundle, and if its maker says so for other bundles with the peer
/// (RFC 3830 6.3): but only if the peer is proven, since who holds that key counts as proven from then on.
void keepEnvelopeKey(Agreement &agreement, EndpointState &state, EnvelopeCache cache, ByteView key, NtpTime now);

/// Sub-payloads of a sender: identity, then Key data as encoded.
Secret envelopePlain(const Party &sender, ByteView keys);

} // namespace mikey
