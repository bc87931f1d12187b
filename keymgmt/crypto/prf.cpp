// SPDX-License-Identifier: Apache-2.0
#include "crypto/prf.h"

#include "crypto/hmac.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t inkeyBlock = 32; ///< 256 bits, whatever the hash (RFC 3830 4.1.2, RFC 6043 6.1)
constexpr std::uint8_t noCsId = 0xff;  ///< stands for the CS ID where keys are for messages (RFC 3830 4.1.4)

/// XORs P(s, label, m) onto `out`: HMAC(s, A_1 || label) || HMAC(s, A_2 || label) || … with A_0 = label.
void xorP(Hmac &mac, std::size_t block, ByteView label, std::span<std::uint8_t> out)
{
    Secret a(block);
    Secret piece(block);
    for (std::size_t done = 0; done < out.size(); done += block) {
        mac({done == 0 ? label : a.view()}, piece.writable());
        std::swap(a, piece);
        mac({a.view(), label}, piece.writable());
        const auto n = std::min(block, out.size() - done);
        for (std::size_t i = 0; i < n; ++i)
            out[done + i] ^= piece.view()[i];
    }
}

Secret derive(KeyedPrf &key, KeyUse use, std::uint8_t csId, const BundleLabel &bundle, std::size_t size)
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
    return key(label, size);
}

} // namespace

KeyedPrf::KeyedPrf(Prf function, ByteView inkey) : m_block(function == Prf::Mikey1 ? sha1Octets : sha256Octets)
{
    const Hash hash = function == Prf::Mikey1 ? Hash::Sha1 : Hash::Sha256;
    for (std::size_t done = 0; done < inkey.size(); done += inkeyBlock)
        m_macs.emplace_back(hash, inkey.subspan(done, std::min(inkeyBlock, inkey.size() - done)));
}

Secret KeyedPrf::operator()(ByteView label, std::size_t size)
{
    Secret out(size);
    for (auto &mac : m_macs)
        xorP(mac, m_block, label, out.writable());
    return out;
}

Secret prf(Prf function, ByteView inkey, ByteView label, std::size_t size)
{
    return KeyedPrf(function, inkey)(label, size);
}

Secret sessionKey(Prf function, ByteView tgk, KeyUse use, std::uint8_t csId, const BundleLabel &bundle,
                  std::size_t size)
{
    KeyedPrf keyed(function, tgk);
    return derive(keyed, use, csId, bundle, size);
}

Secret sessionKey(KeyedPrf &tgk, KeyUse use, std::uint8_t csId, const BundleLabel &bundle, std::size_t size)
{
    return derive(tgk, use, csId, bundle, size);
}

Secret messageKey(Prf function, ByteView key, KeyUse use, const BundleLabel &bundle, std::size_t size)
{
    KeyedPrf keyed(function, key);
    return derive(keyed, use, noCsId, bundle, size);
}

} // namespace mikey
