// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <initializer_list>
#include <optional>

/// The few forms of DER that the blocks of RFC 5091 8 are made of. What is encoded is in what is returned and nowhere
/// else: so who encodes a secret wipes that. How many zeros an integer begins with its length tells anyway.
namespace mikey::der {

enum class Tag : std::uint8_t { Integer = 0x02, OctetString = 0x04, ObjectIdentifier = 0x06, Sequence = 0x30 };

/// A value behind its tag and length.
Bytes element(Tag tag, ByteView contents);
/// A positive number, most significant octet first, without a sign bit.
Bytes integer(ByteView number);
Bytes sequence(std::initializer_list<ByteView> elements);

/// Reads elements one after the other. Only the shortest form of each is taken.
class Reader
{
public:
    explicit Reader(ByteView octets) : m_rest(octets) {}

    std::optional<ByteView> element(Tag tag);
    /// A positive number, without zeros in front.
    std::optional<ByteView> integer();
    bool atEnd() const { return m_rest.empty(); }

private:
    ByteView m_rest;
};

} // namespace mikey::der
