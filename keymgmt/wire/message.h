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

using Payloads = std::vector<PlacedPayload>;

/// The first payload of that kind, or null.
template <class P>
const P *findIn(const Payloads &payloads)
{
    for (const auto &placed : payloads) {
        if (const auto *p = std::get_if<P>(&placed.payload))
            return p;
    }
    return nullptr;
}

/// The first payload of that kind that has the role, or null: of TR, IDR and RANDR.
template <class P>
const P *findIn(const Payloads &payloads, decltype(P::role) role)
{
    for (const auto &placed : payloads) {
        if (const auto *p = std::get_if<P>(&placed.payload); p && p->role == role)
            return p;
    }
    return nullptr;
}

/// A decoded message. It views the octets it was decoded from: they must outlive it, and MACs and signatures are always
/// checked over them, never over something encoded again.
struct Message
{
    ByteView octets;
    Header header;
    Payloads payloads;

    /// The first payload of that kind, or null.
    template <class P>
    const P *find() const
    {
        return findIn<P>(payloads);
    }
    template <class P>
    const P *find(decltype(P::role) role) const
    {
        return findIn<P>(payloads, role);
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
Result<Payloads, DecodeFault> decodeSubPayloads(ByteView plain, std::uint8_t first);

/// Decodes a chain whose first octet is the number of its first payload: TP Data and Initiator Data (RFC 6043 6.10).
Result<Payloads, DecodeFault> decodeNumberedChain(ByteView octets);

/// Decodes the Ticket Data of a MIKEY base ticket (RFC 6043 A.1), which begins with THDR.
Result<Payloads, DecodeFault> decodeTicketData(ByteView octets);

/// Encodes header and payloads with the chain of Next payload fields; header.nextPayload is set from the first payload.
/// None if a field does not fit its length field.
std::optional<Bytes> encode(const Header &header, std::span<const Payload> payloads);

/// The counterpart of decodeNumberedChain(). None if a field does not fit its length field.
std::optional<Bytes> encodeNumberedChain(std::span<const Payload> payloads);

/// Encodes a chain of sub-payloads (the plain Encr data of a KEMAC, IBAKE or ESK; Ticket Data), at most
/// maxMessageOctets of them.
std::optional<Secret> encodeSubPayloads(std::span<const Payload> payloads);

/// Number of a payload in the Next payload registry.
const PayloadName &nameOf(const Payload &payload);

} // namespace mikey
