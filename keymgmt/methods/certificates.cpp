// SPDX-License-Identifier: Apache-2.0
#include "methods/certificates.h"

#include "crypto/digest.h"
#include "methods/csb.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t mostUrls = 4;
constexpr std::size_t mostUrlOctets = 2048;

Error invalid(std::string reason)
{
    return Error::of(ErrorNumber::InvalidCert, std::move(reason));
}

bool isUrl(const Cert &cert)
{
    return cert.type == CertType::X509Url;
}

/// Signature and encryption certificates may come side by side (Cert types 2 and 3); type 0 is good for both.
bool serves(const Cert &cert, CertificateUse use)
{
    const auto other = use == CertificateUse::Sign ? CertType::X509Encrypt : CertType::X509Sign;
    return cert.type != other;
}

Outcome<ByteView> derOf(const Cert &cert, const X509 &x509, const std::map<std::string, Bytes> &fetched)
{
    if (!isUrl(cert))
        return cert.data;
    if (!x509.fetchUrls)
        return invalid(
            "the other side sent only the address of its certificate, and certificates are not fetched here");
    const auto found = fetched.find(std::string(textOf(cert.data)));
    if (found == fetched.end())
        return invalid("the certificate could not be fetched from the address that the other side sent");
    return ByteView(found->second);
}

std::optional<HashFunction> hashOf(const Chash &chash)
{
    switch (chash.function) {
    case 0:
        return HashFunction::Sha1;
    case 1:
        return HashFunction::Md5;
    case 2:
        return HashFunction::Sha256;
    default:
        return std::nullopt;
    }
}

} // namespace

Outcome<CertificateChain> certificatesIn(const Message &message, CertificateUse use, const X509 &x509,
                                         const std::map<std::string, Bytes> &fetched)
{
    CertificateChain chain;
    for (const auto *cert : message.all<Cert>()) {
        if (cert->type > CertType::X509Encrypt)
            return invalid("certificates of the type " +
                           registry::certType.nameOf(static_cast<std::uint8_t>(cert->type)) + " are not supported");
        if (!serves(*cert, use))
            continue;
        const auto der = derOf(*cert, x509, fetched);
        if (!der)
            return der.error();
        auto certificate = Certificate::fromDer(*der);
        if (!certificate)
            return invalid("a certificate in the message is damaged");
        chain.push_back(std::move(*certificate));
        if (chain.size() > mostChainCertificates)
            return invalid("the message holds more than " + std::to_string(mostChainCertificates) + " certificates");
    }
    return chain;
}

Outcome<TrustedCertificate> peerCertificate(const X509 &x509, const std::string &identity,
                                            const CertificateChain &received, const Csb *updated, CertificateUse use,
                                            NtpTime now)
{
    const bool ofBundle = received.empty() && updated;
    auto trusted = trustedCertificate(x509, identity, ofBundle ? updated->peerCertificates : received, use, now);
    if (!trusted || !updated || trusted->by != ProvenBy::FirstUse)
        return trusted;
    if (!updated->peerCertificates.empty() && updated->peerCertificates.front() == trusted->certificate)
        return trusted;
    return invalid("the certificate of " + printableStart(octetsOf(identity)) +
                   " is another one than the keys in use were agreed with, and nobody vouches for it");
}

std::vector<std::string> certificateUrls(ByteView octets)
{
    std::vector<std::string> urls;
    const auto message = decode(octets);
    if (!message)
        return urls;
    for (const auto *cert : message->all<Cert>()) {
        if (isUrl(*cert) && cert->data.size() <= mostUrlOctets && urls.size() < mostUrls)
            urls.emplace_back(textOf(cert->data));
    }
    return urls;
}

std::vector<Payload> certPayloads(const X509 &x509, const OwnCertificate &own)
{
    std::vector<Payload> payloads;
    if (x509.send == SendCertificates::Url)
        payloads.emplace_back(Cert{CertType::X509Url, octetsOf(x509.url)});
    if (x509.send == SendCertificates::Chain) {
        for (const auto &certificate : own.chain)
            payloads.emplace_back(Cert{CertType::X509, certificate.der()});
    }
    return payloads;
}

const OwnCertificate *ownCertificate(const X509 &x509, bool toSign, bool toDecrypt)
{
    const auto it = std::find_if(x509.own.begin(), x509.own.end(), [&](const OwnCertificate &own) {
        return !own.chain.empty() && (!toSign || own.chain.front().maySign()) &&
               (!toDecrypt || own.chain.front().mayEncrypt());
    });
    return it == x509.own.end() ? nullptr : &*it;
}

Outcome<const OwnCertificate *> ownCertificateFor(const Message &message, const X509 &x509)
{
    const auto *chash = message.find<Chash>();
    if (!chash) {
        if (const auto *own = ownCertificate(x509, false, true))
            return own;
        return invalid("there is no certificate here that the caller could encrypt for");
    }
    const auto function = hashOf(*chash);
    if (!function)
        return Error::of(ErrorNumber::InvalidHash, "the hash that names our certificate is of an unknown kind");
    for (const auto &own : x509.own) {
        if (own.chain.empty() || !sameOctets(digest(*function, own.chain.front().der()), chash->hash))
            continue;
        if (own.chain.front().mayEncrypt())
            return &own;
        return invalid("the message is for a certificate of ours that is not for encryption");
    }
    return invalid("the message is for a certificate that is not ours, or no longer");
}

std::array<std::uint8_t, 20> certificateHash(const Certificate &certificate)
{
    std::array<std::uint8_t, 20> hash{};
    const auto octets = digest(HashFunction::Sha1, certificate.der());
    std::copy(octets.begin(), octets.end(), hash.begin());
    return hash;
}

} // namespace mikey
