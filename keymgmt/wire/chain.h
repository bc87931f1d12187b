// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/message.h"

namespace mikey {

/// An empty payload of the kind that has this number, or none if no description has it. Internal to wire/.
std::optional<Payload> payloadOf(std::uint8_t number);

inline bool isDhHmac(const Header &header)
{
    return header.dataType == DataType::DhHmacInit || header.dataType == DataType::DhHmacResponse;
}

/// The number of a chain's first payload, or none if the chain is empty.
using ChainStart = std::optional<std::uint8_t>;

/// What a Next payload field says.
inline ChainStart chainStart(std::uint8_t nextPayload)
{
    return nextPayload ? ChainStart(nextPayload) : std::nullopt;
}

/// Reads the HDR that begins a message.
std::optional<DecodeFault> readHeader(Header &header, Reader &reader, std::size_t messageOctets);

/// Walks a chain of payloads that begins at `offset` with the payload `next` and has to end exactly where the octets
/// end. `found(placed, whole)` is called for each, for one that a fault cuts short too (whole = false). `record`
/// may be null; else each payload's fields are noted there before `found` is called for it. `dhHmac`: the message is
/// one of RFC 4650.
template <class Found>
std::optional<DecodeFault> walkChain(ByteView octets, std::size_t offset, ChainStart next, Found found,
                                     std::vector<InspectedField> *record = nullptr, bool dhHmac = false)
{
    std::size_t count = 0;
    while (next) {
        if (++count > maxPayloads)
            return DecodeFault{offset, "more than " + std::to_string(maxPayloads) + " payloads"};
        auto payload = payloadOf(*next);
        if (!payload)
            return DecodeFault{offset, "the payload of type " + std::to_string(*next) + " (" +
                                           registry::nextPayload.nameOf(*next) + ") is not known here"};
        Reader reader(octets, offset, record);
        reader.setDhHmac(dhHmac);
        std::uint8_t nextPayload = 0;
        if (!std::holds_alternative<Sign>(*payload))
            reader.number("next payload", nextPayload, &registry::nextPayload);
        next = chainStart(nextPayload);
        std::visit([&reader](auto &p) { p.fields(p, reader); }, *payload);
        const std::string_view name = nameOf(*payload).name;
        const auto &trouble = reader.trouble();
        found(PlacedPayload{std::move(*payload), offset, reader.offset() - offset}, !trouble);
        if (trouble)
            return DecodeFault{trouble->offset, std::string(name) + ": " + trouble->reason, trouble->error};
        offset = reader.offset();
    }
    if (offset != octets.size())
        return DecodeFault{offset, std::to_string(octets.size() - offset) + " octets follow the last payload"};
    return std::nullopt;
}

} // namespace mikey
