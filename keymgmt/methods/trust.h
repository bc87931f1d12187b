// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/certificate.h"

#include <map>

namespace mikey {

struct Error;

/// How an endpoint sends its certificates.
enum class SendCertificates { Chain, Url, None };

/// What an endpoint holds for the methods with certificates. Copies share keys and certificates.
struct X509
{
    std::vector<OwnCertificate> own; ///< in order of preference; a CHASH payload tells which one a message is for
    std::vector<Certificate> trust;  ///< authorities
    std::vector<Crl> crls;
    std::map<std::string, CertificateChain> peers;              ///< known beforehand, by canonical identity
    std::map<std::string, CertificateFingerprint> fingerprints; ///< the only one taken of that identity
    bool trustOnFirstUse = false; ///< take a certificate nobody vouches for, of an identity without fingerprint
    bool fetchUrls = false;       ///< CERT payloads that hold a URL may be fetched; else they are refused
    SendCertificates send = SendCertificates::Chain;
    std::string url; ///< where our certificate can be fetched; for SendCertificates::Url
    SignatureType signatureType = SignatureType::RsaPkcs1;
};

/// What proves who the peer is.
enum class ProvenBy { SharedKey, Authority, KnownCertificate, Fingerprint, FirstUse };

/// A certificate that may speak for the peer.
struct TrustedCertificate
{
    Certificate certificate;
    ProvenBy by;
};

/// What a certificate has to be good for.
enum class CertificateUse { Sign, Encrypt };

/// The certificate to use for the peer `identity` (canonical): the first of `received`, or where that is empty the one
/// known beforehand. Identity (subjectAltName, by the rules of RFC 5922), validity, usage, and who vouches for it are
/// checked. A fingerprint that does not fit refuses whatever vouches. Errors are number 8, Invalid Cert; their reason
/// tells a changed certificate in plain words. `identity` may be empty: then any identity of the certificate will do.
Result<TrustedCertificate, Error> trustedCertificate(const X509 &x509, const std::string &identity,
                                                     const CertificateChain &received, CertificateUse use, NtpTime now);

/// Whether subjectAltName has the identity: a SIP URI with the same user and, without regard to case, the same host;
/// parameters do not count. Wildcards and the subject's name never match.
bool isFor(const Certificate &certificate, const std::string &identity);

} // namespace mikey
