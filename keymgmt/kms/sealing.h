// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/random.h"

#include <optional>
#include <string_view>

/// How a key management service keeps secrets at rest (kms-reference 5): AES-256-GCM under a key that the service is
/// given when it starts, and which is stored elsewhere than what it seals.
namespace mikey::kms {

class Sealer
{
public:
    static constexpr std::size_t keyOctets = 32;

    explicit Sealer(Secret key); ///< of keyOctets

    /// `place` tells where the secret is stored: what was sealed for one place does not open in another, so that rows
    /// of a database cannot be exchanged for each other.
    Bytes seal(ByteView secret, std::string_view place, Random &random) const;
    /// None if it was sealed under another key or for another place, or was changed.
    std::optional<Secret> open(ByteView sealed, std::string_view place) const;

private:
    Secret m_key;
};

} // namespace mikey::kms
