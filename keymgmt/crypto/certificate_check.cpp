// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"
#include "crypto/require.h"
#include "crypto/x509.h"

#include <openssl/core_names.h>
#include <openssl/x509v3.h>

#include <array>

namespace mikey {

namespace {

constexpr int authLevel = 2;         ///< 112 bits: RSA of 2048, SHA-224 and better
constexpr int mostExponentBits = 64; ///< OpenSSL's own limit for large keys; bounds the time of an operation
constexpr std::string_view unknownAuthority = "no authority that is trusted here has issued the certificate";

using Store = Owned<X509_STORE, X509_STORE_free>;
using StoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

void freeCrls(STACK_OF(X509_CRL) * crls)
{
    sk_X509_CRL_pop_free(crls, X509_CRL_free);
}
void freeStack(STACK_OF(X509) * certificates)
{
    sk_X509_free(certificates);
}
using Crls = Owned<STACK_OF(X509_CRL), freeCrls>;
using Borrowed = Owned<STACK_OF(X509), freeStack>;

std::optional<std::string> keyFault(const PublicKey &key)
{
    if (!key.isRsa())
        return "the key of the certificate is not an RSA key";
    if (key.bits() < leastRsaBits || key.bits() > mostRsaBits)
        return "the key of the certificate has " + std::to_string(key.bits()) + " bits; " +
               std::to_string(leastRsaBits) + " to " + std::to_string(mostRsaBits) + " are taken";
    BIGNUM *exponent = nullptr;
    require(EVP_PKEY_get_bn_param(key.native(), OSSL_PKEY_PARAM_RSA_E, &exponent), "EVP_PKEY_get_bn_param");
    const Number owned(exponent);
    // With the exponent 1 everything is its own signature.
    if (!BN_is_odd(exponent) || BN_is_one(exponent) || BN_num_bits(exponent) > mostExponentBits)
        return "the key of the certificate has a public exponent that is not taken";
    BIGNUM *modulus = nullptr;
    require(EVP_PKEY_get_bn_param(key.native(), OSSL_PKEY_PARAM_RSA_N, &modulus), "EVP_PKEY_get_bn_param");
    const Number ownedModulus(modulus);
    if (!BN_is_odd(modulus))
        return "the key of the certificate is no product of two primes";
    return std::nullopt;
}

/// RFC 5922 7.1 and RFC 5924: what extended key usage says, if it is there, has to be honoured. A certificate for any
/// use, for SIP, or for a person's mail or log-in may speak for a person; one for servers or code may not.
bool mayBeUsedHere(const X509 *certificate)
{
    constexpr const char *sipDomain = "1.3.6.1.5.5.7.3.20";
    const auto usages = [certificate] {
        return static_cast<EXTENDED_KEY_USAGE *>(X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr));
    };
    const Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> usage(usages());
    if (!usage)
        return X509_get_ext_by_NID(certificate, NID_ext_key_usage, -1) < 0;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage.get()); ++i) {
        const auto *object = sk_ASN1_OBJECT_value(usage.get(), i);
        const int nid = OBJ_obj2nid(object);
        std::array<char, 32> oid{};
        OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), object, 1);
        if (nid == NID_anyExtendedKeyUsage || nid == NID_email_protect || nid == NID_client_auth ||
            std::string_view(oid.data()) == sipDomain)
            return true;
    }
    return false;
}

/// Compared as points in time: the difference of NtpTime would be wrong beyond 68 years.
bool isBefore(NtpTime a, NtpTime b)
{
    return a.unixMilliseconds() < b.unixMilliseconds();
}

/// A revocation list is only asked for where there is one (K3830-118). One that names the issuer but cannot be used
/// does refuse, but for the anchor, which is trusted by decision and whose issuer need not be there.
int passWithoutCrl(int ok, X509_STORE_CTX *context)
{
    if (ok || X509_STORE_CTX_get_error(context) != X509_V_ERR_UNABLE_TO_GET_CRL)
        return ok;
    const auto *chain = X509_STORE_CTX_get0_chain(context);
    if (X509_STORE_CTX_get_error_depth(context) == sk_X509_num(chain) - 1)
        return 1;
    const auto *certificate = X509_STORE_CTX_get_current_cert(context);
    const Crls crls(X509_STORE_CTX_get1_crls(context, X509_get_issuer_name(certificate)));
    return sk_X509_CRL_num(crls.get()) > 0 ? 0 : 1;
}

Store storeOf(const std::vector<Certificate> &trust, const std::vector<Crl> &crls)
{
    Store store(X509_STORE_new());
    require(store != nullptr, "X509_STORE_new");
    for (const auto &authority : trust)
        require(X509_STORE_add_cert(store.get(), authority.native()), "X509_STORE_add_cert");
    for (const auto &crl : crls)
        require(X509_STORE_add_crl(store.get(), crl.native()), "X509_STORE_add_crl");
    return store;
}

void setRules(X509_STORE_CTX *context, bool withCrls, NtpTime now)
{
    auto *rules = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(rules, now.unixMilliseconds() / 1000);
    X509_VERIFY_PARAM_set_auth_level(rules, authLevel);
    X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(mostChainCertificates));
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN; // an intermediate authority may be the one that is trusted
    if (withCrls)
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    require(X509_VERIFY_PARAM_set_flags(rules, flags), "X509_VERIFY_PARAM_set_flags");
    X509_STORE_CTX_set_verify_cb(context, passWithoutCrl);
}

/// "the certificate", or which of the authorities above it.
std::string subjectOfFault(const X509_STORE_CTX *context)
{
    const auto *certificate = X509_STORE_CTX_get_current_cert(context);
    if (X509_STORE_CTX_get_error_depth(context) == 0 || !certificate)
        return "the certificate";
    return "the certificate of the authority " + nameText(X509_get_subject_name(certificate));
}

std::string listOfIssuer(const X509 *certificate)
{
    return "the revocation list of the authority " + nameText(X509_get_issuer_name(certificate));
}

ChainFault faultOf(X509_STORE_CTX *context)
{
    const int error = X509_STORE_CTX_get_error(context);
    const auto who = subjectOfFault(context);
    const auto *certificate = X509_STORE_CTX_get_current_cert(context);
    const auto refused = [](std::string reason) { return ChainFault{false, std::move(reason)}; };
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return {true, std::string(unknownAuthority)};
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return refused(who + " has expired on " + dateOf(*timeOf(X509_get0_notAfter(certificate))));
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return refused(who + " is not valid before " + dateOf(*timeOf(X509_get0_notBefore(certificate))));
    case X509_V_ERR_CERT_REVOKED:
        return {false, who + " is revoked", true};
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return {false, listOfIssuer(certificate) + " is out of date", true};
    case X509_V_ERR_CRL_NOT_YET_VALID:
        return {false, listOfIssuer(certificate) + " is not valid yet", true};
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
        return {false, listOfIssuer(certificate) + " cannot be used", true};
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return refused("the signature of " + who + " is wrong");
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        return refused(who + " may not issue certificates");
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return refused(who + " is signed with a hash that is too weak");
    case X509_V_ERR_CA_KEY_TOO_SMALL:
        return refused("the key of " + who + " is too weak");
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        return refused(who + " stands above more authorities than it may");
    default:
        return refused(who + " cannot be verified: " + X509_verify_cert_error_string(error));
    }
}

/// OpenSSL asks basic constraints of the authorities between (RFC 5280 6.1.4 (k)), of the anchor only in its strict
/// mode, which refuses what common tools make. A user's certificate in the list of authorities must not become one.
std::optional<ChainFault> anchorFault(const STACK_OF(X509) * chain)
{
    auto *anchor = sk_X509_value(chain, sk_X509_num(chain) - 1);
    if (sk_X509_num(chain) == 1 || X509_check_ca(anchor) == 1)
        return std::nullopt;
    return ChainFault{false, "the certificate of the authority " + nameText(X509_get_subject_name(anchor)) +
                                 " may not issue certificates"};
}

std::optional<ChainFault> shapeFault(const CertificateChain &chain)
{
    if (chain.empty())
        return ChainFault{false, "there is no certificate"};
    if (chain.size() > mostChainCertificates)
        return ChainFault{false, "the chain has " + std::to_string(chain.size()) + " certificates; " +
                                     std::to_string(mostChainCertificates) + " are taken"};
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (X509_NAME_cmp(X509_get_subject_name(chain[i].native()), X509_get_issuer_name(chain[i - 1].native())) != 0)
            return ChainFault{false, "the certificates of the chain do not follow each other"};
    }
    return std::nullopt;
}

} // namespace

std::optional<ChainFault> chainFault(const CertificateChain &chain, const std::vector<Certificate> &trust,
                                     const std::vector<Crl> &crls, NtpTime now)
{
    if (auto fault = shapeFault(chain))
        return fault;
    if (auto reason = checkAlone(chain.front(), now))
        return ChainFault{false, std::move(*reason)};
    const ForgetErrors forget;
    const auto store = storeOf(trust, crls);
    const Borrowed others(sk_X509_new_null());
    const StoreContext context(X509_STORE_CTX_new());
    require(others && context, "X509_STORE_CTX_new");
    for (std::size_t i = 1; i < chain.size(); ++i)
        require(sk_X509_push(others.get(), chain[i].native()) > 0, "sk_X509_push");
    require(X509_STORE_CTX_init(context.get(), store.get(), chain.front().native(), others.get()),
            "X509_STORE_CTX_init");
    setRules(context.get(), !crls.empty(), now);
    if (X509_verify_cert(context.get()) != 1)
        return faultOf(context.get());
    return anchorFault(X509_STORE_CTX_get0_chain(context.get()));
}

std::optional<std::string> checkChain(const CertificateChain &chain, const std::vector<Certificate> &trust,
                                      const std::vector<Crl> &crls, NtpTime now)
{
    auto fault = chainFault(chain, trust, crls, now);
    return fault ? std::optional(std::move(fault->reason)) : std::nullopt;
}

std::optional<std::string> checkAlone(const Certificate &certificate, NtpTime now)
{
    if (isBefore(certificate.notAfter(), now))
        return "the certificate has expired on " + dateOf(certificate.notAfter());
    if (isBefore(now, certificate.notBefore()))
        return "the certificate is not valid before " + dateOf(certificate.notBefore());
    if (X509_get_extension_flags(certificate.native()) & EXFLAG_CRITICAL)
        return "the certificate has a critical extension that is not understood"; // RFC 5280 4.2
    if (!mayBeUsedHere(certificate.native()))
        return "the certificate is for other uses than to speak for a person (extended key usage)";
    return keyFault(certificate.key());
}

} // namespace mikey
