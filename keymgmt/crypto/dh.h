// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/random.h"

#include <optional>

/// The Diffie-Hellman groups of MIKEY (RFC 3830 4.2.7).
namespace mikey {

/// Numbers are those of the DH-Group registry (RFC 3830 6.4).
enum class DhGroup : std::uint8_t { Oakley5 = 0, Oakley1 = 1, Oakley2 = 2 };

bool isKnown(DhGroup group);
bool isWeak(DhGroup group);             ///< less than 1536 bits
std::size_t valueOctets(DhGroup group); ///< of a public value and of the shared secret; 0 for a group not known

/// One side's ephemeral key. The exponent is wiped with it.
class DhKey
{
public:
    /// A fresh exponent of 256 bits or more, at least twice the strength of the group.
    static DhKey generate(DhGroup group, Random &random);
    /// One that was saved: `exponent` as exponent() gave it.
    static std::optional<DhKey> restore(DhGroup group, ByteView exponent);

    DhGroup group() const { return m_group; }
    const Bytes &publicValue() const { return m_public; } ///< g^x, with leading zeros
    ByteView exponent() const { return m_exponent.view(); }

    /// g^(xy), with leading zeros (RFC 3830 3.3 wants the length of the group); none unless 2 <= y <= p-2.
    std::optional<Secret> agree(ByteView peersPublicValue) const;

private:
    DhKey(DhGroup group, Secret exponent, Bytes publicValue)
        : m_group(group), m_exponent(std::move(exponent)), m_public(std::move(publicValue))
    {
    }

    DhGroup m_group;
    Secret m_exponent;
    Bytes m_public;
};

} // namespace mikey
