// SPDX-License-Identifier: Apache-2.0
#include "methods/trust.h"

#include "methods/exchange.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey {

namespace {

/// A SAN that canonicalIdentity() may be used on: what reads one identity out of a header field (angle brackets,
/// display name) must not find a second one in a name that an authority took for the first.
bool isPlain(std::string_view name)
{
    return name.find_first_of("<>\"") == std::string_view::npos && std::count(name.begin(), name.end(), '@') <= 1;
}

std::vector<std::string> canonicalIdentities(const Certificate &certificate)
{
    std::vector<std::string> identities;
    for (const auto &name : certificate.identities()) {
        if (isPlain(name))
            identities.push_back(canonicalIdentity(name));
    }
    return identities;
}

/// Who a certificate is to speak for: the peer, or where that is not known, all whom it names.
std::vector<std::string> holders(const Certificate &certificate, const std::string &identity)
{
    return identity.empty() ? canonicalIdentities(certificate) : std::vector{canonicalIdentity(identity)};
}

std::string fingerprintStart(const CertificateFingerprint &fingerprint)
{
    return hex(ByteView(fingerprint).first(8)) + "…";
}

std::string changed(const std::string &identity, const CertificateFingerprint &expected, const Certificate &certificate)
{
    return "the certificate of " + printableStart(octetsOf(identity)) + " has changed: expected fingerprint " +
           fingerprintStart(expected) + ", got " + fingerprintStart(certificate.fingerprint());
}

/// The certificate of a person is the first of the chain that is known of him.
const Certificate *knownCertificate(const X509 &x509, const std::string &identity)
{
    const auto known = x509.peers.find(identity);
    return known == x509.peers.end() || known->second.empty() ? nullptr : &known->second.front();
}

/// A pinned fingerprint that the certificate does not have, whatever else speaks for it.
std::optional<std::string> pinFault(const X509 &x509, const Certificate &certificate,
                                    const std::vector<std::string> &holders)
{
    for (const auto &holder : holders) {
        const auto pin = x509.fingerprints.find(holder);
        if (pin != x509.fingerprints.end() && pin->second != certificate.fingerprint())
            return changed(holder, pin->second, certificate);
    }
    return std::nullopt;
}

std::string notFor(const Certificate &certificate, const std::string &identity)
{
    const auto names = certificate.identities();
    if (names.empty())
        return "the certificate names nobody in its subjectAltName";
    return "the certificate is for " + printableStart(octetsOf(names.front())) + ", not for " +
           printableStart(octetsOf(identity));
}

/// What holds whoever vouches: identity, usage, validity and strength.
std::optional<std::string> certificateFault(const Certificate &certificate, const std::string &identity,
                                            CertificateUse use, NtpTime now)
{
    const bool named = identity.empty() ? !canonicalIdentities(certificate).empty() : isFor(certificate, identity);
    if (!named)
        return notFor(certificate, identity);
    if (use == CertificateUse::Sign && !certificate.maySign())
        return "the certificate may not be used for signatures";
    if (use == CertificateUse::Encrypt && !certificate.mayEncrypt())
        return "the certificate may not be used for encryption";
    return checkAlone(certificate, now);
}

std::optional<ProvenBy> provenHere(const X509 &x509, const Certificate &certificate,
                                   const std::vector<std::string> &holders)
{
    const auto any = [&holders](auto condition) { return std::any_of(holders.begin(), holders.end(), condition); };
    if (any([&](const std::string &holder) { return x509.fingerprints.contains(holder); }))
        return ProvenBy::Fingerprint; // pinFault() has compared it
    if (any([&](const std::string &holder) {
            const auto *known = knownCertificate(x509, holder);
            return known && *known == certificate;
        }))
        return ProvenBy::KnownCertificate;
    return std::nullopt;
}

/// Nobody vouches for the certificate. Taken at first use, which it is not if another one is known.
std::optional<std::string> firstUseFault(const X509 &x509, const Certificate &certificate,
                                         const std::vector<std::string> &holders, const ChainFault &fault)
{
    for (const auto &holder : holders) {
        if (const auto *known = knownCertificate(x509, holder))
            return changed(holder, known->fingerprint(), certificate);
    }
    if (x509.trustOnFirstUse && fault.unknownAuthority)
        return std::nullopt;
    return fault.reason;
}

std::string unknownPeer(const std::string &identity)
{
    if (identity.empty())
        return "no certificate came, and it is not known whose it would be";
    return "no certificate of " + printableStart(octetsOf(identity)) + " is known";
}

Error invalid(std::string reason)
{
    return Error::of(ErrorNumber::InvalidCert, std::move(reason));
}

} // namespace

Result<TrustedCertificate, Error> trustedCertificate(const X509 &x509, const std::string &identity,
                                                     const CertificateChain &received, CertificateUse use, NtpTime now)
{
    const auto *first = received.empty() ? knownCertificate(x509, canonicalIdentity(identity)) : &received.front();
    if (!first)
        return invalid(unknownPeer(identity));
    const auto &certificate = *first;
    const auto who = holders(certificate, identity);
    if (auto fault = pinFault(x509, certificate, who))
        return invalid(std::move(*fault));
    if (auto fault = certificateFault(certificate, identity, use, now))
        return invalid(std::move(*fault));
    const auto fault = chainFault(received.empty() ? x509.peers.at(canonicalIdentity(identity)) : received, x509.trust,
                                  x509.crls, now);
    if (fault && fault->revocation) // whatever else speaks for it
        return invalid(fault->reason);
    if (const auto by = provenHere(x509, certificate, who))
        return TrustedCertificate{certificate, *by};
    if (!fault)
        return TrustedCertificate{certificate, ProvenBy::Authority};
    if (auto reason = firstUseFault(x509, certificate, who, *fault))
        return invalid(std::move(*reason));
    return TrustedCertificate{certificate, ProvenBy::FirstUse};
}

bool isFor(const Certificate &certificate, const std::string &identity)
{
    const auto names = canonicalIdentities(certificate);
    return std::find(names.begin(), names.end(), canonicalIdentity(identity)) != names.end();
}

} // namespace mikey
