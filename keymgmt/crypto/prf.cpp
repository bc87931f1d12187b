// SPDX-License-Identifier: Apache-2.0
#include "crypto/prf.h"

#include "crypto/hmac.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t inkeyBlock = 32; ///< 256 bits, whatever the hash (RFC 3830 4.1.2, RFC 6043 6.1)
constexpr std::uint8_t noCsId = 0xff;  ///< stands for the CS ID where keys are for messages (RFC 3830 4.1.4)

/// XORs P(s, label, m) onto `out`: HMAC(s, A_1 || label) || HMAC(s, A_2 || label) || … with A_0 = label.
void xorP(Hash hash, ByteView s, ByteView label, std::span<std::uint8_t> out)
{
    const std::size_t block = hash == Hash::Sha1 ? sha1Octets : sha256Octets;
    Secret a(block);
    Secret piece(block);
    ByteView previous = label;
    for (std::size_t done = 0; done < out.size(); done += block) {
        Secret next(block);
        hmac(hash, s, {previous}, next.writable());
        a = std::move(next);
        previous = a.view();
        hmac(hash, s, {previous, label}, piece.writable());
        const auto n = std::min(block, out.size() - done);
        for (std::size_t i = 0; i < n; ++i)
            out[done + i] ^= piece.view()[i];
    }
}

Secret derive(Prf function, ByteView key, KeyUse use, std::uint8_t csId, const BundleLabel &bundle, std::size_t size)
{
    Bytes label;
    label.reserve(9 + bundle.rand.size());
    const auto append32 = [&label](std::uint32_t value) {
        for (int shift = 24; shift >= 0; shift -= 8)
            label.push_back(static_cast<std::uint8_t>(value >> shift));
    };
    append32(static_cast<std::uint32_t>(use));
    label.push_back(csId);
    append32(bundle.csbId);
    append(label, bundle.rand);
    return prf(function, key, label, size);
}

} // namespace

Secret prf(Prf function, ByteView inkey, ByteView label, std::size_t size)
{
    const Hash hash = function == Prf::Mikey1 ? Hash::Sha1 : Hash::Sha256;
    Secret out(size);
    for (std::size_t done = 0; done < inkey.size(); done += inkeyBlock)
        xorP(hash, inkey.subspan(done, std::min(inkeyBlock, inkey.size() - done)), label, out.writable());
    return out;
}

Secret sessionKey(Prf function, ByteView tgk, KeyUse use, std::uint8_t csId, const BundleLabel &bundle,
                  std::size_t size)
{
    return derive(function, tgk, use, csId, bundle, size);
}

Secret messageKey(Prf function, ByteView key, KeyUse use, const BundleLabel &bundle, std::size_t size)
{
    return derive(function, key, use, noCsId, bundle, size);
}

} // namespace mikey
