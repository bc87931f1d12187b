// SPDX-License-Identifier: Apache-2.0
#include "crypto/issue.h"
#include "crypto/require.h"
#include "crypto/x509.h"

#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t mostFileOctets = std::size_t{1} << 20;

void freeStack(STACK_OF(X509) * certificates)
{
    sk_X509_pop_free(certificates, X509_free);
}
using Stack = Owned<STACK_OF(X509), freeStack>;
using X509Pointer = Owned<X509, X509_free>;
using File = Owned<PKCS12, PKCS12_free>;

/// What is in the file. Key and certificate are null unless both are there and belong together.
struct Contents
{
    std::shared_ptr<EVP_PKEY> key;
    X509Pointer certificate;
    Stack others;
};

std::optional<Contents> open(ByteView file, std::string_view passphrase)
{
    const auto *at = file.data();
    const File parsed(d2i_PKCS12(nullptr, &at, static_cast<long>(file.size())));
    if (!parsed)
        return std::nullopt;
    Secret terminated(passphrase.size() + 1);
    std::copy(passphrase.begin(), passphrase.end(), terminated.writable().begin());
    EVP_PKEY *key = nullptr;
    X509 *certificate = nullptr;
    STACK_OF(X509) *others = nullptr;
    if (PKCS12_parse(parsed.get(), reinterpret_cast<const char *>(terminated.view().data()), &key, &certificate,
                     &others) != 1)
        return std::nullopt;
    return Contents{{key, EVP_PKEY_free}, X509Pointer(certificate), Stack(others)};
}

std::optional<Certificate> copyOf(const X509 *certificate)
{
    unsigned char *der = nullptr;
    const int size = i2d_X509(certificate, &der);
    require(size > 0, "i2d_X509");
    auto copy = Certificate::fromDer({der, static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return copy;
}

/// The one that issued the last of the chain; none if it issued itself, or its issuer is not in the file.
std::optional<Certificate> issuerOf(const Certificate &last, const Stack &others)
{
    if (last.isSelfSigned())
        return std::nullopt;
    for (int i = 0; i < sk_X509_num(others.get()); ++i) {
        auto *candidate = sk_X509_value(others.get(), i);
        if (X509_check_issued(candidate, last.native()) == X509_V_OK)
            return copyOf(candidate);
    }
    return std::nullopt;
}

} // namespace

std::optional<OwnCertificate> fromPkcs12(ByteView file, std::string_view passphrase)
{
    if (file.empty() || file.size() > mostFileOctets)
        return std::nullopt;
    const ForgetErrors forget;
    const auto contents = open(file, passphrase);
    if (!contents || !contents->key || !contents->certificate)
        return std::nullopt;
    OwnCertificate own{{}, PrivateKey(contents->key)};
    auto next = own.key.isRsa() ? copyOf(contents->certificate.get()) : std::nullopt;
    while (next && own.chain.size() < mostChainCertificates) { // the bound also ends a circle of issuers
        own.chain.push_back(std::move(*next));
        next = issuerOf(own.chain.back(), contents->others);
    }
    return own.chain.empty() ? std::nullopt : std::optional(std::move(own));
}

} // namespace mikey
