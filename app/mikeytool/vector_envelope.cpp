// SPDX-License-Identifier: Apache-2.0
#include "vector_envelope.h"

#include "crypto/openssl.h"
#include "crypto/require.h"
#include "vector_keys.h"

#include <openssl/rsa.h>

namespace tool {

namespace {

/// The bare RSA operation: the envelope key with its padding (RFC 8017 7.2.1).
mikey::Bytes decryptRaw(const mikey::PrivateKey &key, mikey::ByteView encrypted)
{
    const mikey::KeyContext context(EVP_PKEY_CTX_new(key.native(), nullptr));
    mikey::Bytes padded(encrypted.size());
    auto size = padded.size();
    const bool decrypted =
        EVP_PKEY_decrypt_init(context.get()) > 0 && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) > 0 &&
        EVP_PKEY_decrypt(context.get(), padded.data(), &size, encrypted.data(), encrypted.size()) > 0;
    mikey::require(decrypted, "EVP_PKEY_decrypt");
    return padded;
}

} // namespace

mikey::Secret envelopeKeyIn(const mikey::Pke &pke, const mikey::PrivateKey &key)
{
    mikey::SystemRandom unused; // the envelope is ours, so it opens
    return mikey::rsaDecryptEnvelopeKey(key, pke.data, unused);
}

QJsonObject envelopeJson(const mikey::Pke &pke, const mikey::PrivateKey &key)
{
    return {{QStringLiteral("envelope_key"), hexText(envelopeKeyIn(pke, key).view())},
            {QStringLiteral("padded"), hexText(decryptRaw(key, pke.data))},
            {QStringLiteral("cache"), pke.cache},
            {QStringLiteral("encrypted"), hexText(pke.data)}};
}

} // namespace tool
