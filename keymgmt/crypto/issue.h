// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/certificate.h"

/// Makes certificates: those of an identity that vouches for itself, and those of a small authority for
/// demonstrations and tests.
namespace mikey {

/// What a certificate is to say. Defaults are those of a user's certificate.
struct CertificateRequest
{
    std::string commonName;
    std::vector<std::string> identities; ///< URIs and NAIs for subjectAltName
    NtpTime notBefore;
    NtpTime notAfter;
    bool authority = false;
    bool maySign = true;
    bool mayEncrypt = true;
};

/// Signed by its own key.
Certificate selfSigned(const CertificateRequest &request, const PrivateKey &key);

/// Signed by the authority `issuer`.
Certificate issue(const CertificateRequest &request, const PublicKey &key, const OwnCertificate &issuer);

/// A revocation list of the authority with these certificates on it.
Crl revoke(const std::vector<Certificate> &revoked, const OwnCertificate &issuer, NtpTime from, NtpTime nextUpdate);

/// A PKCS#12 file: certificate, key and what else of the chain is in it; none if the passphrase is wrong or the file
/// has no RSA key with its certificate.
std::optional<OwnCertificate> fromPkcs12(ByteView file, std::string_view passphrase);

} // namespace mikey
