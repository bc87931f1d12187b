// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/key_transport.h"
#include "crypto/prf.h"
#include "wire/text.h"

#include <QJsonArray>
#include <QJsonObject>

/// What test vectors tell of derived keys.
namespace tool {

inline QString hexText(mikey::ByteView octets)
{
    return QString::fromStdString(mikey::hex(octets));
}

inline QString utf8Text(std::string_view value)
{
    return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()));
}

QJsonArray hexArray(const std::vector<mikey::Bytes> &all);

constexpr std::uint8_t noCryptoSession = 0xff; ///< stands for the CS ID where messages are protected (RFC 3830 4.1.4)

/// The label of a derived key: constant || cs_id || csb_id || RAND (RFC 3830 4.1.3 and 4.1.4).
mikey::Bytes labelOctets(mikey::KeyUse use, std::uint8_t csId, const mikey::BundleLabel &bundle);

/// A key that belongs to no Crypto Session, and the label that the PRF made it with.
struct DerivedKey
{
    mikey::Bytes label;
    mikey::Secret key;

    QJsonObject json() const;
};
DerivedKey derive(mikey::Prf prf, mikey::ByteView inkey, mikey::KeyUse use, const mikey::BundleLabel &bundle,
                  std::size_t octets);

/// PRF and lengths of the keys that protect messages: those of RFC 3830 as they stand here.
struct MessageAlgorithms
{
    mikey::Prf prf = mikey::Prf::Mikey1;
    std::size_t encrOctets = mikey::aes128Octets;
    std::size_t authOctets = mikey::sha1Octets;
};

/// What protects the messages of an exchange besides signatures.
struct MessageKeys
{
    QString kind; ///< what `key` is
    mikey::Secret key;
    std::uint32_t csbId; ///< in the IV
    DerivedKey encr, salt, auth;

    MessageKeys(const char *what, mikey::ByteView inkey, const mikey::BundleLabel &bundle,
                const MessageAlgorithms &algorithms = {});
    QJsonObject json() const;

    std::array<std::uint8_t, 16> iv(mikey::ByteView timestamp) const;
    mikey::Secret counterMode(mikey::ByteView data, mikey::ByteView timestamp) const; ///< AES-CM, both ways
    /// key, iv, plain and encrypted.
    QJsonObject encryptionJson(mikey::ByteView encrypted, mikey::ByteView timestamp) const;
};

} // namespace tool
