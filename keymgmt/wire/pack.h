// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.h"

#include <optional>
#include <string_view>
#include <vector>

/// How the state of an exchange is kept on disk: a row of fields, each behind its length in 32 bits, and SHA-256 over
/// them, which tells damage. Not a wire format.
namespace mikey {

/// Collects fields; what it held is wiped.
class Packer
{
public:
    Packer &add(ByteView field);
    Packer &add(std::string_view text) { return add(octetsOf(text)); }
    Packer &number(std::uint64_t value);
    Secret take() const;

private:
    std::vector<Secret> m_fields;
};

/// Gives the fields back in their order. After the first that is missing, all are; where the digest is not right, none
/// is there.
class Unpacker
{
public:
    explicit Unpacker(ByteView packed);

    ByteView field();
    std::string_view text() { return textOf(field()); }
    std::uint64_t number();
    /// All was there, and nothing is left.
    bool complete() const { return m_sound && m_rest.empty(); }
    bool sound() const { return m_sound; }
    bool hasMore() const { return m_sound && !m_rest.empty(); } ///< later versions wrote more fields
    void damage() { m_sound = false; } ///< a field made no sense

private:
    ByteView m_rest;
    bool m_sound = true;
};

} // namespace mikey
