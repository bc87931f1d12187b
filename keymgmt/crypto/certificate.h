// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/rsa.h"
#include "wire/ntp_time.h"
#include "wire/result.h"

#include <array>
#include <string>
#include <vector>

struct x509_st;     // X509 of OpenSSL
struct X509_crl_st; // X509_CRL of OpenSSL

namespace mikey {

using CertificateFingerprint = std::array<std::uint8_t, 32>; ///< SHA-256 of the DER octets

/// An X.509 certificate. Copies share it; it never changes.
class Certificate
{
public:
    /// None if the octets are no certificate, or something follows it.
    static std::optional<Certificate> fromDer(ByteView der);
    /// All certificates in PEM text, in order; empty if one of them is damaged.
    static std::vector<Certificate> fromPem(ByteView pem);

    ByteView der() const { return *m_der; } ///< as long as a copy of this certificate is there
    std::string toPem() const;
    const CertificateFingerprint &fingerprint() const { return m_fingerprint; }
    /// The URIs and mail addresses of subjectAltName as they stand there; the subject's name does not count
    /// (RFC 5922 7.1).
    std::vector<std::string> identities() const;
    std::string subject() const; ///< for people; printable, bounded
    std::string issuer() const;
    bool isSelfSigned() const; ///< issuer and subject are the same
    NtpTime notBefore() const;
    NtpTime notAfter() const;
    PublicKey key() const;
    bool maySign() const;    ///< key usage is absent or has digitalSignature
    bool mayEncrypt() const; ///< key usage is absent or has keyEncipherment
    bool mayIssue() const;   ///< an authority's, by its basic constraints and key usage
    bool operator==(const Certificate &other) const { return m_fingerprint == other.m_fingerprint; }
    x509_st *native() const { return m_x509.get(); }

private:
    Certificate(std::shared_ptr<x509_st> x509, Bytes der);

    std::shared_ptr<x509_st> m_x509;
    std::shared_ptr<const Bytes> m_der;
    CertificateFingerprint m_fingerprint;
};

using CertificateChain = std::vector<Certificate>; ///< end entity first, each signed by the next

/// A certificate revocation list.
class Crl
{
public:
    static std::optional<Crl> fromDer(ByteView der);
    static std::vector<Crl> fromPem(ByteView pem); ///< empty if one is damaged
    std::string toPem() const;
    std::string issuer() const; ///< for people, as a certificate's
    std::optional<NtpTime> thisUpdate() const;
    std::optional<NtpTime> nextUpdate() const; ///< none: it does not say
    std::size_t revokedCount() const;
    X509_crl_st *native() const { return m_crl.get(); }

private:
    explicit Crl(std::shared_ptr<X509_crl_st> crl) : m_crl(std::move(crl)) {}
    std::shared_ptr<X509_crl_st> m_crl;
};

inline constexpr std::size_t mostChainCertificates = 8; ///< longer chains are refused

/// Whether the chain leads to one of the trusted authorities at that time: signatures, validity, basic constraints, key
/// usage of the authorities, depth, strength (RSA of 2048 to 4096 bits, no SHA-1 or MD5 below the anchor), and
/// revocation where the CRLs have one of the issuer (an outdated CRL refuses). A sentence says what is wrong.
std::optional<std::string> checkChain(const CertificateChain &chain, const std::vector<Certificate> &trust,
                                      const std::vector<Crl> &crls, NtpTime now);

struct ChainFault
{
    bool unknownAuthority = false; ///< nobody who is trusted vouches for it; nothing else is known to be wrong
    std::string reason;            ///< a sentence for people
    bool revocation = false;       ///< it is on a revocation list, or the list that would tell cannot be used
};

/// The same, and whether it is only that nobody vouches: that may do for a certificate of a first call, others may not.
std::optional<ChainFault> chainFault(const CertificateChain &chain, const std::vector<Certificate> &trust,
                                     const std::vector<Crl> &crls, NtpTime now);

/// Validity in time, strength and key type of one certificate, for those that are trusted without an authority. A
/// sentence says what is wrong.
std::optional<std::string> checkAlone(const Certificate &certificate, NtpTime now);

/// A certificate and its key. `chain` may hold intermediate authorities.
struct OwnCertificate
{
    CertificateChain chain;
    PrivateKey key;
};

/// Whether the key belongs to the chain's first certificate.
bool belongTogether(const Certificate &certificate, const PrivateKey &key);

} // namespace mikey
