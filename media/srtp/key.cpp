// SPDX-License-Identifier: Apache-2.0
#include "srtp/key.h"

#include <openssl/crypto.h>

namespace media {

SecretBytes &SecretBytes::operator=(SecretBytes &&other) noexcept
{
    wipe();
    m_bytes.swap(other.m_bytes);
    return *this;
}

void SecretBytes::wipe()
{
    OPENSSL_cleanse(m_bytes.data(), m_bytes.size());
    m_bytes.clear();
}

} // namespace media
