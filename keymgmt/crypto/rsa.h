// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/random.h"

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

struct evp_pkey_st; // EVP_PKEY of OpenSSL

/// RSA as MIKEY uses it: signatures (RFC 3830 4.2.6) and the encryption of envelope keys (4.2.5).
namespace mikey {

/// Numbers are those of the S type registry (RFC 3830 6.5).
enum class SignatureType : std::uint8_t { RsaPkcs1 = 0, RsaPss = 1 };

inline constexpr int leastRsaBits = 2048;
inline constexpr int mostRsaBits = 4096;

/// An RSA public key. Copies share the key, which never changes.
class PublicKey
{
public:
    explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : m_key(std::move(key)) {}

    bool isRsa() const;
    int bits() const;
    std::size_t octets() const { return static_cast<std::size_t>(bits() + 7) / 8; } ///< of a signature or ciphertext
    evp_pkey_st *native() const { return m_key.get(); }

private:
    std::shared_ptr<evp_pkey_st> m_key;
};

/// An RSA private key. Copies share the key; OpenSSL wipes it when the last one goes.
class PrivateKey
{
public:
    explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : m_key(std::move(key)) {}

    static PrivateKey generate(int bits);
    /// The first private key in PEM text, encrypted ones with the passphrase; none if there is none that can be read.
    static std::optional<PrivateKey> fromPem(ByteView pem, std::string_view passphrase = {});

    Secret toPem() const; ///< PKCS#8, not encrypted
    bool isRsa() const { return publicKey().isRsa(); }
    PublicKey publicKey() const { return PublicKey(m_key); }
    evp_pkey_st *native() const { return m_key.get(); }

private:
    std::shared_ptr<evp_pkey_st> m_key;
};

/// Signs the concatenation of the parts with SHA-256. A PSS salt has the length of the hash and comes from OpenSSL.
Bytes rsaSign(const PrivateKey &key, SignatureType type, std::initializer_list<ByteView> parts);

enum class SignatureHash { Sha1, Sha256, Sha384, Sha512 };

/// Which hash a signature over the parts was made with, none if it is not that key's. The hash is not signalled
/// (RFC 3830 4.2.6): all of SignatureHash are tried. PSS: MGF1 with the same hash, any length of salt.
std::optional<SignatureHash> rsaVerify(const PublicKey &key, SignatureType type, std::initializer_list<ByteView> parts,
                                       ByteView signature);

/// RSAES-PKCS1-v1_5 with padding drawn from `random`. `plain` is at most PublicKey::octets() - 11 long. Empty if
/// nothing can be encrypted with the key, whose numbers a peer may have chosen.
Bytes rsaEncrypt(const PublicKey &key, ByteView plain, Random &random);

/// Decrypts an envelope key. A ciphertext that is damaged, or holds no key of 16 to 32 octets, gives a random key that
/// is of no use: time and result do not tell the difference (Bleichenbacher), the MAC made with the key then fails as
/// any other would.
Secret rsaDecryptEnvelopeKey(const PrivateKey &key, ByteView ciphertext, Random &random);

} // namespace mikey
