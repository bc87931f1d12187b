// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include "crypto/digest.h"
#include "crypto/require.h"
#include "crypto/x509.h"
#include "wire/text.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

namespace mikey {

namespace {

constexpr std::size_t mostCertificateOctets = std::size_t{1} << 16;
constexpr std::size_t mostCrlOctets = std::size_t{1} << 23; ///< a large authority revokes many
constexpr std::size_t mostPemOctets = std::size_t{1} << 24;

/// The DER octets of all blocks of that name in PEM text, in order; none if one of them is damaged.
std::optional<std::vector<Bytes>> pemBlocks(ByteView pem, std::string_view wanted)
{
    if (pem.size() > mostPemOctets)
        return std::nullopt;
    const ForgetErrors forget;
    const auto reader = readerOf(pem);
    require(reader != nullptr, "BIO_new_mem_buf");
    std::vector<Bytes> blocks;
    char *name = nullptr;
    char *header = nullptr;
    unsigned char *data = nullptr;
    long size = 0;
    while (PEM_read_bio(reader.get(), &name, &header, &data, &size) == 1) {
        if (name == wanted)
            blocks.emplace_back(data, data + size);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, static_cast<std::size_t>(size)); // the block may have been a private key
    }
    const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    return ended ? std::optional(std::move(blocks)) : std::nullopt;
}

/// Empty if one of the blocks does not hold a T.
template <class T>
std::vector<T> allOf(ByteView pem, std::string_view name)
{
    std::vector<T> all;
    for (const auto &block : pemBlocks(pem, name).value_or(std::vector<Bytes>())) {
        auto one = T::fromDer(block);
        if (!one)
            return {};
        all.push_back(std::move(*one));
    }
    return all;
}

using AlternativeNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

/// The text of a URI or mail address; none for other types, for what is not printable ASCII (a NUL would end the name
/// for programs that are not careful), and for a mail address that poses as URI or the other way round.
std::optional<std::string> identityIn(const GENERAL_NAME &name)
{
    if (name.type != GEN_URI && name.type != GEN_EMAIL)
        return std::nullopt;
    const auto *value = name.d.ia5;
    std::string text(reinterpret_cast<const char *>(ASN1_STRING_get0_data(value)),
                     static_cast<std::size_t>(ASN1_STRING_length(value)));
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
    const bool hasScheme = text.find(':') < text.find('@');
    if (!plain || text.empty() || hasScheme != (name.type == GEN_URI))
        return std::nullopt;
    return text;
}

/// Whether octets after the type and length of the DER are those of one whole object.
template <class Object>
bool whole(const Object &object, const unsigned char *end, ByteView der)
{
    return object && end == der.data() + der.size();
}

} // namespace

std::optional<NtpTime> timeOf(const ASN1_TIME *time)
{
    constexpr std::int64_t first = -61505152; // 1968-01-20T03:14:08Z, where the top bit of NTP seconds is set
    constexpr std::int64_t last = 4233462143; // 2104-02-26T09:42:23Z, the last before it is set again
    std::tm parts{};
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1)
        return std::nullopt;
    return NtpTime::fromUnixMicroseconds(std::clamp<std::int64_t>(timegm(&parts), first, last) * 1000000);
}

std::string dateOf(NtpTime time)
{
    return ntpTimeText(time.octets()).substr(0, 10);
}

std::string nameText(const X509_NAME *name)
{
    // Control characters and what is not ASCII are left to printableStart(), which would escape an escape again.
    constexpr unsigned long form = XN_FLAG_ONELINE & ~(XN_FLAG_SPC_EQ | ASN1_STRFLGS_ESC_MSB | ASN1_STRFLGS_ESC_CTRL);
    const Bio writer(BIO_new(BIO_s_mem()));
    require(writer && X509_NAME_print_ex(writer.get(), name, 0, form) >= 0, "X509_NAME_print_ex");
    return printableStart(writtenTo(writer.get()));
}

Certificate::Certificate(std::shared_ptr<x509_st> x509, Bytes der)
    : m_x509(std::move(x509)), m_der(std::make_shared<const Bytes>(std::move(der))), m_fingerprint(sha256(*m_der))
{
}

std::optional<Certificate> Certificate::fromDer(ByteView der)
{
    if (der.empty() || der.size() > mostCertificateOctets)
        return std::nullopt;
    const ForgetErrors forget;
    const auto *at = der.data();
    std::shared_ptr<X509> x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
    if (!whole(x509, at, der))
        return std::nullopt;
    // Extensions are parsed here, once: one that is malformed or there twice makes the certificate invalid.
    if (X509_get_extension_flags(x509.get()) & EXFLAG_INVALID)
        return std::nullopt;
    if (!timeOf(X509_get0_notBefore(x509.get())) || !timeOf(X509_get0_notAfter(x509.get())))
        return std::nullopt;
    return Certificate(std::move(x509), Bytes(der.begin(), der.end()));
}

std::vector<Certificate> Certificate::fromPem(ByteView pem)
{
    return allOf<Certificate>(pem, PEM_STRING_X509);
}

std::string Certificate::toPem() const
{
    const Bio writer(BIO_new(BIO_s_mem()));
    require(writer && PEM_write_bio_X509(writer.get(), native()), "PEM_write_bio_X509");
    return std::string(textOf(writtenTo(writer.get())));
}

std::vector<std::string> Certificate::identities() const
{
    const ForgetErrors forget;
    const AlternativeNames names(
        static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(native(), NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> identities;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        if (auto identity = identityIn(*sk_GENERAL_NAME_value(names.get(), i)))
            identities.push_back(std::move(*identity));
    }
    return identities;
}

std::string Certificate::subject() const
{
    return nameText(X509_get_subject_name(native()));
}

std::string Certificate::issuer() const
{
    return nameText(X509_get_issuer_name(native()));
}

bool Certificate::isSelfSigned() const
{
    return X509_NAME_cmp(X509_get_issuer_name(native()), X509_get_subject_name(native())) == 0;
}

NtpTime Certificate::notBefore() const
{
    return *timeOf(X509_get0_notBefore(native()));
}

NtpTime Certificate::notAfter() const
{
    return *timeOf(X509_get0_notAfter(native()));
}

PublicKey Certificate::key() const
{
    const ForgetErrors forget; // a key of a kind that OpenSSL does not know is null
    return PublicKey(std::shared_ptr<EVP_PKEY>(X509_get_pubkey(native()), EVP_PKEY_free));
}

// Without the extension OpenSSL answers with all bits set (RFC 5280 4.2.1.3: the key is then not restricted).
bool Certificate::maySign() const
{
    return X509_get_key_usage(native()) & KU_DIGITAL_SIGNATURE;
}

bool Certificate::mayEncrypt() const
{
    return X509_get_key_usage(native()) & KU_KEY_ENCIPHERMENT;
}

bool Certificate::mayIssue() const
{
    return X509_check_ca(native()) == 1;
}

std::optional<Crl> Crl::fromDer(ByteView der)
{
    if (der.empty() || der.size() > mostCrlOctets)
        return std::nullopt;
    const ForgetErrors forget;
    const auto *at = der.data();
    std::shared_ptr<X509_CRL> crl(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())), X509_CRL_free);
    if (!whole(crl, at, der))
        return std::nullopt;
    return Crl(std::move(crl));
}

std::vector<Crl> Crl::fromPem(ByteView pem)
{
    return allOf<Crl>(pem, PEM_STRING_X509_CRL);
}

std::string Crl::toPem() const
{
    const Bio writer(BIO_new(BIO_s_mem()));
    require(writer && PEM_write_bio_X509_CRL(writer.get(), native()), "PEM_write_bio_X509_CRL");
    return std::string(textOf(writtenTo(writer.get())));
}

std::string Crl::issuer() const
{
    return nameText(X509_CRL_get_issuer(native()));
}

std::optional<NtpTime> Crl::thisUpdate() const
{
    return timeOf(X509_CRL_get0_lastUpdate(native()));
}

std::optional<NtpTime> Crl::nextUpdate() const
{
    return timeOf(X509_CRL_get0_nextUpdate(native()));
}

std::size_t Crl::revokedCount() const
{
    const auto count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(native()));
    return count > 0 ? static_cast<std::size_t>(count) : 0; // -1 without a list
}

bool belongTogether(const Certificate &certificate, const PrivateKey &key)
{
    const ForgetErrors forget;
    return X509_check_private_key(certificate.native(), key.native()) == 1;
}

} // namespace mikey
