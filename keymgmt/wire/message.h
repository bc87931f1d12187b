// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.h"
#include "wire/payloads.h"
#include "wire/result.h"

namespace mikey {

/// A payload and where it stands in the message, in octets; for all but SIGN the first is the Next payload field.
struct PlacedPayload
{
    Payload payload;
    std::size_t offset = 0;
    std::size_t length = 0;
};

/// A decoded message. It views the octets it was decoded from: they must outlive it, and MACs and signatures are always
/// checked over them, never over something encoded again.
struct Message
{
    ByteView octets;
    Header header;
    std::vector<PlacedPayload> payloads;

    /// The first payload of that kind, or null.
    template <class P>
    const P *find() const
    {
        for (const auto &placed : payloads) {
            if (const auto *p = std::get_if<P>(&placed.payload))
                return p;
        }
        return nullptr;
    }
    template <class P>
    std::vector<const P *> all() const
    {
        std::vector<const P *> found;
        for (const auto &placed : payloads) {
            if (const auto *p = std::get_if<P>(&placed.payload))
                found.push_back(p);
        }
        return found;
    }
};

/// Limits of what is decoded, beyond those the length fields set.
inline constexpr std::size_t maxMessageOctets = 65536;
inline constexpr std::size_t maxPayloads = 128;

/// A fault in what was received: where, what, and the error number that tells the peer.
struct DecodeFault
{
    std::size_t offset = 0;
    std::string reason;
    ErrorNumber error = ErrorNumber::Unspecified;
};

/// Decodes a message and checks that its payloads may stand in a message of its data type (wire/grammar.h).
/// On a fault `partial`, if given, holds what could be read.
Result<Message, DecodeFault> decode(ByteView octets, Message *partial = nullptr);

/// Decodes the sub-payloads of a KEMAC's decrypted Encr data. `first` is the payload number that the method implies.
Result<std::vector<PlacedPayload>, DecodeFault> decodeSubPayloads(ByteView plain, std::uint8_t first);

/// Encodes header and payloads with the chain of Next payload fields; header.nextPayload is set from the first payload.
/// None if a field does not fit its length field.
std::optional<Bytes> encode(const Header &header, std::span<const Payload> payloads);

/// Encodes a chain of sub-payloads (the plain Encr data of a KEMAC), at most maxMessageOctets of them.
std::optional<Secret> encodeSubPayloads(std::span<const Payload> payloads);

/// Number of a payload in the Next payload registry.
const PayloadName &nameOf(const Payload &payload);

} // namespace mikey
