// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl.h"
#include "crypto/require.h"
#include "crypto/rsa.h"

#include <openssl/rsa.h>

#include <algorithm>
#include <array>

namespace mikey {

namespace {

using Digest = Owned<EVP_MD, EVP_MD_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

/// A hash, and what stands before its value in a PKCS#1 v1.5 signature (RFC 8017 9.2, note 1).
struct HashRow
{
    SignatureHash hash;
    Digest digest;
    Bytes digestInfoPrefix;
};

Bytes prefixOf(std::uint8_t hashOctets, std::initializer_list<std::uint8_t> oid)
{
    const auto oidOctets = static_cast<std::uint8_t>(oid.size());
    Bytes prefix{0x30, static_cast<std::uint8_t>(oidOctets + hashOctets + 8),
                 0x30, static_cast<std::uint8_t>(oidOctets + 4),
                 0x06, oidOctets};
    prefix.insert(prefix.end(), oid);
    prefix.insert(prefix.end(), {0x05, 0x00, 0x04, hashOctets});
    return prefix;
}

HashRow row(SignatureHash hash, const char *name, Bytes prefix)
{
    Digest digest(EVP_MD_fetch(nullptr, name, nullptr));
    require(digest != nullptr, "EVP_MD_fetch");
    return {hash, std::move(digest), std::move(prefix)};
}

/// In the order in which they are tried. Fetching is done once, it costs more than a short hash.
const std::array<HashRow, 4> &hashes()
{
    static const std::array<HashRow, 4> rows{
        row(SignatureHash::Sha256, "SHA256", prefixOf(32, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01})),
        row(SignatureHash::Sha384, "SHA384", prefixOf(48, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02})),
        row(SignatureHash::Sha512, "SHA512", prefixOf(64, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03})),
        row(SignatureHash::Sha1, "SHA1", prefixOf(20, {0x2b, 0x0e, 0x03, 0x02, 0x1a})),
    };
    return rows;
}

Bytes digestOf(const HashRow &hash, std::initializer_list<ByteView> parts)
{
    const DigestContext context(EVP_MD_CTX_new());
    require(context && EVP_DigestInit_ex2(context.get(), hash.digest.get(), nullptr), "EVP_DigestInit_ex2");
    for (const auto part : parts)
        require(EVP_DigestUpdate(context.get(), part.data(), part.size()), "EVP_DigestUpdate");
    Bytes digest(static_cast<std::size_t>(EVP_MD_get_size(hash.digest.get())));
    require(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr), "EVP_DigestFinal_ex");
    return digest;
}

KeyContext contextOf(EVP_PKEY *key)
{
    KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    require(context != nullptr, "EVP_PKEY_CTX_new_from_pkey");
    return context;
}

/// To be called after the kind of operation is chosen. MGF1 has the same hash unless it is told otherwise.
bool setPadding(EVP_PKEY_CTX *context, SignatureType type, const HashRow &hash, int saltLength)
{
    if (EVP_PKEY_CTX_set_signature_md(context, hash.digest.get()) <= 0)
        return false;
    if (type == SignatureType::RsaPkcs1)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, saltLength) > 0;
}

/// What a PKCS#1 v1.5 signature encloses: hash and its value. Empty if the padding is wrong.
Bytes recoverPkcs1(const PublicKey &key, ByteView signature)
{
    const auto context = contextOf(key.native());
    Bytes digestInfo(key.octets());
    auto size = digestInfo.size();
    const bool recovered =
        EVP_PKEY_verify_recover_init(context.get()) > 0 &&
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) > 0 &&
        EVP_PKEY_verify_recover(context.get(), digestInfo.data(), &size, signature.data(), signature.size()) > 0;
    digestInfo.resize(recovered ? size : 0);
    return digestInfo;
}

/// One RSA operation: the DigestInfo that comes out tells which hash it is, and has to be, octet for octet, the one
/// that would be made (RFC 8017 8.2.2).
std::optional<SignatureHash> verifyPkcs1(const PublicKey &key, std::initializer_list<ByteView> parts,
                                         ByteView signature)
{
    const auto digestInfo = recoverPkcs1(key, signature);
    for (const auto &hash : hashes()) {
        const auto &prefix = hash.digestInfoPrefix;
        if (digestInfo.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), digestInfo.begin()))
            continue;
        const bool same = sameOctets(ByteView(digestInfo).subspan(prefix.size()), digestOf(hash, parts));
        return same ? std::optional(hash.hash) : std::nullopt;
    }
    return std::nullopt;
}

/// Nothing in the signature tells the hash, so each is tried.
std::optional<SignatureHash> verifyPss(const PublicKey &key, std::initializer_list<ByteView> parts, ByteView signature)
{
    for (const auto &hash : hashes()) {
        const auto context = contextOf(key.native());
        const auto digest = digestOf(hash, parts);
        if (EVP_PKEY_verify_init(context.get()) > 0 &&
            setPadding(context.get(), SignatureType::RsaPss, hash, RSA_PSS_SALTLEN_AUTO) &&
            EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(), digest.size()) == 1)
            return hash.hash;
    }
    return std::nullopt;
}

} // namespace

Bytes rsaSign(const PrivateKey &key, SignatureType type, std::initializer_list<ByteView> parts)
{
    const auto &hash = hashes().front();
    const auto context = contextOf(key.native());
    require(EVP_PKEY_sign_init(context.get()) > 0 && setPadding(context.get(), type, hash, RSA_PSS_SALTLEN_DIGEST),
            "EVP_PKEY_sign_init");
    const auto digest = digestOf(hash, parts);
    Bytes signature(key.publicKey().octets());
    auto size = signature.size();
    require(EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()), "EVP_PKEY_sign");
    return signature;
}

std::optional<SignatureHash> rsaVerify(const PublicKey &key, SignatureType type, std::initializer_list<ByteView> parts,
                                       ByteView signature)
{
    if (!key.isRsa() || signature.size() != key.octets())
        return std::nullopt;
    const ForgetErrors forget;
    return type == SignatureType::RsaPss ? verifyPss(key, parts, signature) : verifyPkcs1(key, parts, signature);
}

} // namespace mikey
