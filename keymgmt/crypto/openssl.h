// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

/// Ownership of OpenSSL's objects, for the files that use it. It is not to be included in headers.
namespace mikey {

template <auto Free>
struct Freeing
{
    template <class T>
    void operator()(T *object) const
    {
        Free(object);
    }
};

template <class T, auto Free>
using Owned = std::unique_ptr<T, Freeing<Free>>;

using Number = Owned<BIGNUM, BN_free>;
using SecretNumber = Owned<BIGNUM, BN_clear_free>;
using Bio = Owned<BIO, BIO_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

/// What a peer or a file did wrong is no error of the program: TLS in the same thread must not find it in OpenSSL's
/// queue. Whatever fails while one of these lives is forgotten.
class ForgetErrors
{
public:
    ForgetErrors() { ERR_set_mark(); }
    ~ForgetErrors() { ERR_pop_to_mark(); }
    ForgetErrors(const ForgetErrors &) = delete;
    ForgetErrors &operator=(const ForgetErrors &) = delete;
};

/// Reads octets that stay where they are, and may be none. Null only if memory is gone.
inline Bio readerOf(ByteView octets)
{
    return Bio(BIO_new_mem_buf(octets.empty() ? "" : textOf(octets).data(), static_cast<int>(octets.size())));
}

/// What was written to a memory BIO, which goes on owning it.
inline ByteView writtenTo(BIO *bio)
{
    char *start = nullptr;
    const auto size = BIO_get_mem_data(bio, &start);
    return octetsOf({start, static_cast<std::size_t>(size)});
}

} // namespace mikey
