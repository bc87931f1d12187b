// SPDX-License-Identifier: Apache-2.0
#include "wire/chain.h"

namespace mikey {

namespace {

template <std::size_t... I>
std::optional<Payload> find(std::uint8_t number, std::index_sequence<I...>)
{
    std::optional<Payload> found;
    const auto tryOne = [&]<class P>(std::in_place_type_t<P>) {
        if (P::name.number == number)
            found.emplace(P{});
    };
    (tryOne(std::in_place_type<std::variant_alternative_t<I, Payload>>), ...);
    return found;
}

} // namespace

std::optional<DecodeFault> readHeader(Header &header, Reader &reader, std::size_t messageOctets)
{
    Header::fields(header, reader);
    if (messageOctets > maxMessageOctets)
        return DecodeFault{maxMessageOctets,
                           "the message is longer than " + std::to_string(maxMessageOctets) + " octets"};
    if (messageOctets < 2)
        return DecodeFault{messageOctets, "too short for a MIKEY header"};
    if (header.version != Header::supportedVersion)
        return DecodeFault{0, "version " + std::to_string(header.version) + " is not version 1 of MIKEY",
                           ErrorNumber::InvalidDataType};
    if (const auto &trouble = reader.trouble())
        return DecodeFault{trouble->offset, "HDR: " + trouble->reason, trouble->error};
    return std::nullopt;
}

std::optional<Payload> payloadOf(std::uint8_t number)
{
    return find(number, std::make_index_sequence<std::variant_size_v<Payload>>());
}

} // namespace mikey
