// SPDX-License-Identifier: Apache-2.0
#include "crypto/rsa.h"

#include "crypto/openssl.h"
#include "crypto/require.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <cstring>

namespace mikey {

namespace {

constexpr std::size_t mostPemOctets = std::size_t{1} << 16;

/// Gives the passphrase it was handed; OpenSSL's own would ask on the terminal.
int givePassphrase(char *buffer, int size, int, void *given)
{
    const auto passphrase = *static_cast<const std::string_view *>(given);
    if (passphrase.empty() || passphrase.size() > static_cast<std::size_t>(size))
        return -1;
    std::memcpy(buffer, passphrase.data(), passphrase.size());
    return static_cast<int>(passphrase.size());
}

} // namespace

bool PublicKey::isRsa() const
{
    return m_key && EVP_PKEY_is_a(m_key.get(), "RSA") == 1;
}

int PublicKey::bits() const
{
    return m_key ? EVP_PKEY_get_bits(m_key.get()) : 0;
}

PrivateKey PrivateKey::generate(int bits)
{
    std::shared_ptr<EVP_PKEY> key(EVP_RSA_gen(static_cast<unsigned>(bits)), EVP_PKEY_free);
    require(key != nullptr, "EVP_RSA_gen");
    return PrivateKey(std::move(key));
}

std::optional<PrivateKey> PrivateKey::fromPem(ByteView pem, std::string_view passphrase)
{
    if (pem.size() > mostPemOctets)
        return std::nullopt;
    const ForgetErrors forget;
    const auto reader = readerOf(pem);
    require(reader != nullptr, "BIO_new_mem_buf");
    std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(reader.get(), nullptr, givePassphrase, &passphrase),
                                  EVP_PKEY_free);
    if (!key)
        return std::nullopt;
    return PrivateKey(std::move(key));
}

Secret PrivateKey::toPem() const
{
    const Bio writer(BIO_new(BIO_s_mem())); // wipes what it held
    require(writer && PEM_write_bio_PKCS8PrivateKey(writer.get(), m_key.get(), nullptr, nullptr, 0, nullptr, nullptr),
            "PEM_write_bio_PKCS8PrivateKey");
    return Secret(writtenTo(writer.get()));
}

} // namespace mikey
