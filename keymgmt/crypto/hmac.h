// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"
#include "wire/registry.h"

#include <initializer_list>
#include <memory>

struct evp_mac_ctx_st; // EVP_MAC_CTX of OpenSSL

namespace mikey {

inline constexpr std::size_t sha1Octets = 20;
inline constexpr std::size_t sha256Octets = 32;

enum class Hash { Sha1, Sha256 };

/// HMAC (RFC 2104) with one key, of as many messages as one likes.
class Hmac
{
public:
    Hmac(Hash hash, ByteView key);

    /// Of the concatenation of the parts. `out` must have the size of the hash.
    void operator()(std::initializer_list<ByteView> parts, std::span<std::uint8_t> out);

private:
    struct Free
    {
        void operator()(evp_mac_ctx_st *context) const;
    };
    std::unique_ptr<evp_mac_ctx_st, Free> m_context;
    bool m_used = false; ///< the context holds a message before
};

/// HMAC over the concatenation of the parts. `out` must have the size of the hash.
void hmac(Hash hash, ByteView key, std::initializer_list<ByteView> parts, std::span<std::uint8_t> out);

} // namespace mikey
