// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// Certificates in messages: CERT payloads (RFC 3830 6.7) in and out, and CHASH (6.8).
namespace mikey {

/// The chain that the CERT payloads of a message hold for that use; empty if there are none. URLs need the user's
/// leave, and what was found there (`fetched`). Errors are number 8.
Outcome<CertificateChain> certificatesIn(const Message &message, CertificateUse use, const X509 &x509,
                                         const std::map<std::string, Bytes> &fetched);

/// The certificate that speaks for the peer of an exchange: of `received`, else the one the bundle that is updated was
/// made with (`updated`, may be null), else the one known beforehand. In an update one that nobody vouches for is taken
/// only if it made the bundle: else whoever gets into a call could put himself in the place of the peer.
Outcome<TrustedCertificate> peerCertificate(const X509 &x509, const std::string &identity,
                                            const CertificateChain &received, const Csb *updated, CertificateUse use,
                                            NtpTime now);

/// The URLs of CERT payloads, for who fetches them before the message is handled; none if the octets are no message.
std::vector<std::string> certificateUrls(ByteView octets);

/// CERT payloads for an own certificate, as the endpoint wants to send it. They view the arguments.
std::vector<Payload> certPayloads(const X509 &x509, const OwnCertificate &own);

/// Our first certificate that is good for all of that, or null.
const OwnCertificate *ownCertificate(const X509 &x509, bool toSign, bool toDecrypt);

/// Our certificate that the CHASH payload names, or the first that a peer may encrypt for where there is none.
Outcome<const OwnCertificate *> ownCertificateFor(const Message &message, const X509 &x509);

/// SHA-1 of a certificate, the hash every implementation has (RFC 3830 6.8). It only names the certificate.
std::array<std::uint8_t, 20> certificateHash(const Certificate &certificate);

} // namespace mikey
