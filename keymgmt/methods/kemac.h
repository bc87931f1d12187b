// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/hmac.h"
#include "crypto/prf.h"
#include "methods/exchange.h"

namespace mikey {

/// HMAC-SHA-1 over the octets given: for a pre-shared key all of the message before the MAC (RFC 3830 5.2).
std::array<std::uint8_t, sha1Octets> kemacMac(ByteView authKey, ByteView covered);

/// Encrypts and decrypts the Encr data of a KEMAC with keys derived from a pre-shared or envelope key (RFC 3830 4.1.4
/// and 4.2.3). What it views must outlive it.
class KeyTransport
{
public:
    KeyTransport(Prf prf, ByteView key, const BundleLabel &label, ByteView timestamp)
        : m_prf(prf), m_key(key), m_label(label), m_timestamp(timestamp)
    {
    }

    Secret counterMode(ByteView data) const;           ///< AES-CM-128, both ways
    Bytes wrap(ByteView plain) const;                  ///< AES-KW-128
    std::optional<Secret> unwrap(ByteView data) const; ///< none: the integrity check failed

private:
    Secret derive(KeyUse use, std::size_t size) const;

    Prf m_prf;
    ByteView m_key;
    BundleLabel m_label;
    ByteView m_timestamp;
};

/// What the user should know of how keys came.
void noteKeyEncryption(Agreement &agreement, const Kemac &kemac);

/// The plain sub-payloads of the message's KEMAC, which must be there as T must. `first` is the payload number they
/// begin with in this method.
Outcome<Secret> decryptKemac(const Message &message, ByteView key, const BundleLabel &label, std::uint8_t first,
                             const Accept &accept);

} // namespace mikey
