// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/policy.h"

#include <span>
#include <vector>

namespace media {

/// Key octets: not copyable, wiped on destruction and when moved from.
class SecretBytes
{
public:
    SecretBytes() = default;
    explicit SecretBytes(std::span<const std::uint8_t> bytes) : m_bytes(bytes.begin(), bytes.end()) {}
    SecretBytes(SecretBytes &&other) noexcept = default;
    SecretBytes &operator=(SecretBytes &&other) noexcept;
    ~SecretBytes() { wipe(); }

    std::span<const std::uint8_t> bytes() const { return m_bytes; }
    std::size_t size() const { return m_bytes.size(); }
    void wipe();

private:
    std::vector<std::uint8_t> m_bytes;
};

/// The key of one SRTP stream in one direction, as MIKEY agreed it.
struct SrtpKey
{
    std::uint32_t ssrc = 0;        ///< receiving: 0 means unknown, then the first SSRC that authenticates is bound
    std::uint32_t roc = 0;         ///< rollover counter that the stream starts with
    SecretBytes masterKey;         ///< policy.encrKeyLength octets (16 if the policy encrypts nothing)
    SecretBytes masterSalt;        ///< policy.saltLength octets
    std::vector<std::uint8_t> mki; ///< empty: packets carry none; at most 128 octets
    SrtpPolicy policy;
    std::optional<std::uint64_t> validFrom; ///< first SRTP index (ROC << 16 | SEQ) the key may be used for
    std::optional<std::uint64_t> validTo;   ///< last one
};

} // namespace media
