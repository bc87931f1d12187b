// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mikey {

/// What the inspector shows of a message: plain values, made from the same field descriptions that encode and decode.
/// Offsets and lengths are in octets from the start of the message. Sub-payloads that were encrypted carry offsets of
/// the octets they stand in, since every MIKEY cipher but AES key wrap keeps positions.

struct InspectedField
{
    std::string name;
    std::size_t offset = 0;
    std::size_t length = 0;
    std::variant<std::uint64_t, std::vector<std::uint8_t>> value;
    std::string text; ///< the value in words
};

struct InspectedPayload
{
    std::string payload; ///< the RFC's short name: "HDR", "KEMAC", "Key data", …
    std::string rfc;     ///< "RFC 3830 6.2"
    std::size_t offset = 0;
    std::size_t length = 0;
    std::vector<InspectedField> fields;
    std::vector<InspectedPayload> payloads; ///< sub-payloads in the clear or decrypted
};

struct Fault
{
    std::size_t offset = 0;
    std::string reason; ///< a sentence
};

struct InspectedMessage
{
    std::string message; ///< "PSK I_MESSAGE"
    int dataType = -1;   ///< -1: too short to tell
    std::size_t length = 0;
    bool complete = false; ///< the payload chains ended exactly at the end of the message and of plain Encr data
    std::optional<Fault> fault;
    std::vector<InspectedPayload> payloads;
};

} // namespace mikey
