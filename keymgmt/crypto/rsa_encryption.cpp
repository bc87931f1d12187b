// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl.h"
#include "crypto/require.h"
#include "crypto/rsa.h"

#include <openssl/rsa.h>

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t leastPadding = 8; ///< RFC 8017 7.2.1: at least so many octets that are not zero
constexpr std::size_t leastKey = 16;
constexpr std::size_t mostKey = 32; ///< one block of the PRF (RFC 3830 4.1.2): all keys take the same time

using Operation = int (*)(EVP_PKEY_CTX *, unsigned char *, std::size_t *, const unsigned char *, std::size_t);

/// The bare RSA operation on numbers as long as the modulus.
bool raw(const KeyContext &context, Operation operation, ByteView in, std::span<std::uint8_t> out)
{
    auto size = out.size();
    return EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) > 0 &&
           operation(context.get(), out.data(), &size, in.data(), in.size()) > 0;
}

void fillNonZero(std::span<std::uint8_t> octets, Random &random)
{
    random.fill(octets);
    for (auto &octet : octets) {
        while (octet == 0)
            random.fill({&octet, 1});
    }
}

// Masks: all bits set for yes, none for no. They are made by arithmetic, and hidden from the optimizer, which could
// otherwise see a yes or no in them and make a branch of it.
using Mask = std::uint32_t;

Mask hidden(Mask mask)
{
    __asm__("" : "+r"(mask));
    return mask;
}

Mask isZero(std::uint32_t value)
{
    return hidden(Mask{0} - ((~value & (value - 1)) >> 31));
}

Mask isEqual(std::uint32_t a, std::uint32_t b)
{
    return isZero(a ^ b);
}

/// For numbers below 2^31.
Mask isLess(std::uint32_t a, std::uint32_t b)
{
    return hidden(Mask{0} - ((a - b) >> 31));
}

std::uint32_t select(Mask mask, std::uint32_t yes, std::uint32_t no)
{
    return (mask & yes) | (~mask & no);
}

/// Where the zero is that ends the padding of 00 02 PS 00 M; 0 if there is none.
std::uint32_t separatorOf(ByteView padded)
{
    std::uint32_t separator = 0;
    Mask found = 0;
    for (std::uint32_t i = 2; i < padded.size(); ++i) {
        const Mask first = isZero(padded[i]) & ~found;
        separator = select(first, i, separator);
        found |= first;
    }
    return separator;
}

/// M of EME-PKCS1-v1_5, or the substitute if anything is wrong. No branch and no address depends on the octets until
/// what to give out has been chosen; its length, which shows then, is that of the substitute for every fault.
Secret unpadded(ByteView padded, ByteView substitute)
{
    const auto size = static_cast<std::uint32_t>(padded.size());
    const auto separator = separatorOf(padded);
    const auto length = size - 1 - separator;
    Mask good = isZero(padded[0]) & isEqual(padded[1], 2) & ~isLess(separator, 2 + leastPadding);
    good &= ~isLess(length, leastKey) & ~isLess(mostKey, length);

    // A key of n octets stands in the last n of these; each octet of the result looks at all of them.
    const auto tail = padded.last(mostKey);
    Secret chosen(mostKey);
    for (std::uint32_t to = 0; to < mostKey; ++to) {
        std::uint32_t octet = 0;
        for (std::uint32_t from = 0; from < mostKey; ++from)
            octet |= tail[from] & isEqual(from, to + mostKey - length);
        const std::uint32_t other = to < substitute.size() ? substitute[to] : 0;
        chosen.writable()[to] = static_cast<std::uint8_t>(select(good, octet, other));
    }
    return Secret(chosen.view().first(select(good, length, static_cast<std::uint32_t>(substitute.size()))));
}

} // namespace

Bytes rsaEncrypt(const PublicKey &key, ByteView plain, Random &random)
{
    require(plain.size() + leastPadding + 3 <= key.octets(), "RSA encryption of so many octets");
    Secret padded(key.octets());
    const auto out = padded.writable();
    out[1] = 2;
    fillNonZero(out.subspan(2, out.size() - plain.size() - 3), random);
    std::copy(plain.begin(), plain.end(), out.last(plain.size()).begin());

    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.native(), nullptr));
    require(context && EVP_PKEY_encrypt_init(context.get()) > 0, "EVP_PKEY_encrypt_init");
    Bytes ciphertext(key.octets());
    const ForgetErrors forget;
    if (!raw(context, EVP_PKEY_encrypt, padded.view(), ciphertext)) // the key is a peer's, and may be any number
        return {};
    return ciphertext;
}

Secret rsaDecryptEnvelopeKey(const PrivateKey &key, ByteView ciphertext, Random &random)
{
    const auto substitute = random.secret(leastKey); // drawn whether needed or not
    const ForgetErrors forget;
    const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.native(), nullptr));
    require(context && EVP_PKEY_decrypt_init(context.get()) > 0, "EVP_PKEY_decrypt_init");
    // What cannot be decrypted, by its length or as a number, leaves zeros, which are no good padding either. That it
    // takes less time tells the sender nothing: he can see both himself.
    Secret padded(std::max(key.publicKey().octets(), mostKey));
    if (ciphertext.size() == padded.size())
        static_cast<void>(raw(context, EVP_PKEY_decrypt, ciphertext, padded.writable()));
    return unpadded(padded.view(), substitute.view());
}

} // namespace mikey
