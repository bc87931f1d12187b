// SPDX-License-Identifier: Apache-2.0
#include "crypto/issue.h"

#include "crypto/require.h"
#include "crypto/x509.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace mikey {

namespace {

constexpr int serialBits = 128;                ///< nobody can guess it (RFC 5280 4.1.2.2 allows 20 octets)
constexpr std::size_t mostNameCharacters = 64; ///< ub-common-name (RFC 5280 A.1)

using Name = Owned<X509_NAME, X509_NAME_free>;
using Time = Owned<ASN1_TIME, ASN1_TIME_free>;
using Integer = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using BitString = Owned<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using Octets = Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using KeyIdentifier = Owned<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using Constraints = Owned<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using Names = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using X509Pointer = Owned<X509, X509_free>;
using CrlPointer = Owned<X509_CRL, X509_CRL_free>;

Time timeAt(NtpTime time)
{
    Time made(ASN1_TIME_set(nullptr, time.unixMilliseconds() / 1000));
    require(made != nullptr, "ASN1_TIME_set");
    return made;
}

template <class Object>
Bytes derOf(const Object *object, int encode(const Object *, unsigned char **))
{
    Bytes der(static_cast<std::size_t>(std::max(0, encode(object, nullptr))));
    auto *to = der.data();
    require(encode(object, &to) > 0, "i2d");
    return der;
}

std::string_view shortened(std::string_view utf8)
{
    std::size_t characters = 0;
    const auto end = std::find_if(utf8.begin(), utf8.end(), [&characters](char c) {
        const bool begins = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        return begins && ++characters > mostNameCharacters;
    });
    return utf8.substr(0, static_cast<std::size_t>(end - utf8.begin()));
}

Name nameOf(const CertificateRequest &request)
{
    const bool named = !request.commonName.empty() || request.identities.empty();
    const auto text = octetsOf(shortened(named ? request.commonName : request.identities.front()));
    Name name(X509_NAME_new());
    require(name && X509_NAME_add_entry_by_NID(name.get(), NID_commonName, V_ASN1_UTF8STRING, text.data(),
                                               static_cast<int>(text.size()), -1, 0),
            "X509_NAME_add_entry_by_NID");
    return name;
}

Integer randomSerial()
{
    const Number number(BN_new());
    require(number && BN_rand(number.get(), serialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY), "BN_rand");
    Integer serial(BN_to_ASN1_INTEGER(number.get(), nullptr));
    require(serial != nullptr, "BN_to_ASN1_INTEGER");
    return serial;
}

void add(X509 *certificate, int extension, void *value, bool critical)
{
    require(value && X509_add1_ext_i2d(certificate, extension, value, critical, X509V3_ADD_APPEND),
            "X509_add1_ext_i2d");
}

void addConstraints(X509 *certificate, bool authority)
{
    const Constraints constraints(BASIC_CONSTRAINTS_new());
    require(constraints != nullptr, "BASIC_CONSTRAINTS_new");
    constraints->ca = authority ? 0xff : 0;
    add(certificate, NID_basic_constraints, constraints.get(), true);
}

/// RFC 5280 4.2.1.3: bit 0 is digitalSignature, 2 keyEncipherment, 5 keyCertSign, 6 cRLSign.
void addUsage(X509 *certificate, const CertificateRequest &request)
{
    const BitString usage(ASN1_BIT_STRING_new());
    require(usage != nullptr, "ASN1_BIT_STRING_new");
    const auto allow = [&usage](int bit, bool allowed) {
        require(ASN1_BIT_STRING_set_bit(usage.get(), bit, allowed), "ASN1_BIT_STRING_set_bit");
    };
    allow(0, request.maySign);
    allow(2, request.mayEncrypt);
    allow(5, request.authority);
    allow(6, request.authority);
    add(certificate, NID_key_usage, usage.get(), true);
}

/// RFC 5280 4.2.1.2 (1): SHA-1 over the public key; a name, not a protection.
Octets keyIdentifierOf(EVP_PKEY *key)
{
    X509_PUBKEY *wrapped = nullptr;
    require(X509_PUBKEY_set(&wrapped, key), "X509_PUBKEY_set");
    const Owned<X509_PUBKEY, X509_PUBKEY_free> info(wrapped);
    const unsigned char *bits = nullptr;
    int size = 0;
    require(X509_PUBKEY_get0_param(nullptr, &bits, &size, nullptr, wrapped), "X509_PUBKEY_get0_param");
    std::array<std::uint8_t, 20> digest{};
    Octets identifier(ASN1_OCTET_STRING_new());
    require(identifier && EVP_Digest(bits, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha1(), nullptr),
            "SHA-1");
    require(ASN1_OCTET_STRING_set(identifier.get(), digest.data(), static_cast<int>(digest.size())),
            "ASN1_OCTET_STRING_set");
    return identifier;
}

KeyIdentifier authorityIdentifierOf(Octets key)
{
    KeyIdentifier identifier(AUTHORITY_KEYID_new());
    require(identifier != nullptr, "AUTHORITY_KEYID_new");
    identifier->keyid = key.release();
    return identifier;
}

/// The identifier an authority's certificate has; a CA of others may count it in its own way.
Octets identifierOf(const OwnCertificate &issuer)
{
    const auto *own = X509_get0_subject_key_id(issuer.chain.front().native());
    if (!own)
        return keyIdentifierOf(issuer.key.native());
    Octets copy(ASN1_OCTET_STRING_dup(own));
    require(copy != nullptr, "ASN1_OCTET_STRING_dup");
    return copy;
}

/// An URI has a scheme, which ends before any '@'; what has none is a NAI and goes as mail address (RFC 3830 6.7).
void addName(GENERAL_NAMES *names, const std::string &identity)
{
    Owned<ASN1_IA5STRING, ASN1_IA5STRING_free> text(ASN1_IA5STRING_new());
    Owned<GENERAL_NAME, GENERAL_NAME_free> name(GENERAL_NAME_new());
    require(text && name && ASN1_STRING_set(text.get(), identity.data(), static_cast<int>(identity.size())),
            "ASN1_STRING_set");
    const bool uri = identity.find(':') < identity.find('@');
    GENERAL_NAME_set0_value(name.get(), uri ? GEN_URI : GEN_EMAIL, text.release());
    require(sk_GENERAL_NAME_push(names, name.get()) > 0, "sk_GENERAL_NAME_push");
    static_cast<void>(name.release()); // the stack has it
}

void addIdentities(X509 *certificate, const std::vector<std::string> &identities)
{
    if (identities.empty())
        return;
    const Names names(GENERAL_NAMES_new());
    require(names != nullptr, "GENERAL_NAMES_new");
    for (const auto &identity : identities)
        addName(names.get(), identity);
    add(certificate, NID_subject_alt_name, names.get(), false);
}

void fill(X509 *certificate, const CertificateRequest &request, const X509_NAME *issuer, EVP_PKEY *key)
{
    const auto subject = nameOf(request);
    const auto serial = randomSerial();
    require(X509_set_version(certificate, X509_VERSION_3) == 1 &&
                X509_set_serialNumber(certificate, serial.get()) == 1 &&
                X509_set_subject_name(certificate, subject.get()) == 1 &&
                X509_set_issuer_name(certificate, issuer ? issuer : subject.get()) == 1 &&
                X509_set1_notBefore(certificate, timeAt(request.notBefore).get()) == 1 &&
                X509_set1_notAfter(certificate, timeAt(request.notAfter).get()) == 1 &&
                X509_set_pubkey(certificate, key) == 1,
            "X509_set");
}

/// `issuer` null: its own.
Certificate make(const CertificateRequest &request, const PublicKey &key, const X509_NAME *issuer,
                 Octets issuersIdentifier, const PrivateKey &signer)
{
    const X509Pointer certificate(X509_new());
    require(certificate != nullptr, "X509_new");
    fill(certificate.get(), request, issuer, key.native());
    addConstraints(certificate.get(), request.authority);
    addUsage(certificate.get(), request);
    add(certificate.get(), NID_subject_key_identifier, keyIdentifierOf(key.native()).get(), false);
    add(certificate.get(), NID_authority_key_identifier, authorityIdentifierOf(std::move(issuersIdentifier)).get(),
        false);
    addIdentities(certificate.get(), request.identities);
    require(X509_sign(certificate.get(), signer.native(), EVP_sha256()) > 0, "X509_sign");
    auto made = Certificate::fromDer(derOf(certificate.get(), i2d_X509));
    require(made.has_value(), "making a certificate");
    return std::move(*made);
}

/// RFC 5280 5.2.3: lists count upwards. The time does.
Integer crlNumber(NtpTime time)
{
    Integer number(ASN1_INTEGER_new());
    require(number && ASN1_INTEGER_set_int64(number.get(), time.unixMilliseconds()), "ASN1_INTEGER_set_int64");
    return number;
}

void addRevoked(X509_CRL *list, const Certificate &certificate, NtpTime when)
{
    Owned<X509_REVOKED, X509_REVOKED_free> entry(X509_REVOKED_new());
    require(entry && X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(certificate.native())) &&
                X509_REVOKED_set_revocationDate(entry.get(), timeAt(when).get()) &&
                X509_CRL_add0_revoked(list, entry.get()),
            "X509_CRL_add0_revoked");
    static_cast<void>(entry.release()); // the list has it
}

void addNumberAndIssuer(X509_CRL *list, const OwnCertificate &issuer, NtpTime from)
{
    const auto number = crlNumber(from);
    const auto identifier = authorityIdentifierOf(identifierOf(issuer));
    require(X509_CRL_add1_ext_i2d(list, NID_crl_number, number.get(), 0, X509V3_ADD_APPEND) == 1 &&
                X509_CRL_add1_ext_i2d(list, NID_authority_key_identifier, identifier.get(), 0, X509V3_ADD_APPEND) == 1,
            "X509_CRL_add1_ext_i2d");
}

} // namespace

Certificate selfSigned(const CertificateRequest &request, const PrivateKey &key)
{
    return make(request, key.publicKey(), nullptr, keyIdentifierOf(key.native()), key);
}

Certificate issue(const CertificateRequest &request, const PublicKey &key, const OwnCertificate &issuer)
{
    return make(request, key, X509_get_subject_name(issuer.chain.front().native()), identifierOf(issuer), issuer.key);
}

Crl revoke(const std::vector<Certificate> &revoked, const OwnCertificate &issuer, NtpTime from, NtpTime nextUpdate)
{
    const CrlPointer list(X509_CRL_new());
    require(list != nullptr, "X509_CRL_new");
    require(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1 &&
                X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.chain.front().native())) == 1 &&
                X509_CRL_set1_lastUpdate(list.get(), timeAt(from).get()) == 1 &&
                X509_CRL_set1_nextUpdate(list.get(), timeAt(nextUpdate).get()) == 1,
            "X509_CRL_set");
    for (const auto &certificate : revoked)
        addRevoked(list.get(), certificate, from);
    addNumberAndIssuer(list.get(), issuer, from);
    require(X509_CRL_sort(list.get()) == 1 && X509_CRL_sign(list.get(), issuer.key.native(), EVP_sha256()) > 0,
            "X509_CRL_sign");
    auto made = Crl::fromDer(derOf(list.get(), i2d_X509_CRL));
    require(made.has_value(), "making a revocation list");
    return std::move(*made);
}

} // namespace mikey
