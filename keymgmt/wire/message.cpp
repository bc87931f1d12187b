// SPDX-License-Identifier: Apache-2.0
#include "wire/message.h"

#include "wire/chain.h"
#include "wire/grammar.h"

namespace mikey {

const Registry *srtpParameterValues(SrtpParameter type)
{
    switch (type) {
    case SrtpParameter::EncryptionAlgorithm:
        return &registry::srtpEncryption;
    case SrtpParameter::AuthenticationAlgorithm:
        return &registry::srtpAuthentication;
    case SrtpParameter::PseudoRandomFunction:
        return &registry::srtpPrf;
    case SrtpParameter::SrtpEncryption:
    case SrtpParameter::SrtcpEncryption:
    case SrtpParameter::SrtpAuthentication:
        return &registry::onOff;
    case SrtpParameter::FecOrder:
        return &registry::fecOrder;
    default:
        return nullptr;
    }
}

const PayloadName &nameOf(const Payload &payload)
{
    return std::visit([](const auto &p) -> const PayloadName & { return p.name; }, payload);
}

namespace {

auto keepWhole(std::vector<PlacedPayload> &payloads)
{
    return [&payloads](PlacedPayload &&placed, bool whole) {
        if (whole)
            payloads.push_back(std::move(placed));
    };
}

std::optional<DecodeFault> decodeInto(Message &message)
{
    Reader reader(message.octets, 0);
    if (auto fault = readHeader(message.header, reader, message.octets.size()))
        return fault;
    if (auto fault = walkChain(message.octets, reader.offset(), chainStart(message.header.nextPayload),
                               keepWhole(message.payloads), nullptr, isDhHmac(message.header)))
        return fault;
    return checkGrammar(message);
}

bool mapIsWhole(const Header &header)
{
    return (header.mapType != CsIdMapType::SrtpId || header.map.size() == header.csCount) &&
           (header.mapType != CsIdMapType::GenericId || header.genericMap.size() == header.csCount);
}

std::optional<Bytes> encodeChain(Bytes out, std::span<const Payload> payloads)
{
    Writer writer(out);
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        const bool last = i + 1 == payloads.size();
        if (std::holds_alternative<Sign>(payloads[i])) {
            if (!last)
                return std::nullopt;
        } else {
            out.push_back(last ? 0 : nameOf(payloads[i + 1]).number);
        }
        std::visit([&writer](const auto &p) { p.fields(p, writer); }, payloads[i]);
    }
    if (!writer.fits())
        return std::nullopt;
    return out;
}

} // namespace

Result<Message, DecodeFault> decode(ByteView octets, Message *partial)
{
    Message message;
    message.octets = octets;
    message.payloads.reserve(12);
    auto fault = decodeInto(message);
    if (!fault)
        return message;
    if (partial)
        *partial = std::move(message);
    return std::move(*fault);
}

namespace {

Result<Payloads, DecodeFault> decodeChain(ByteView octets, std::size_t offset, ChainStart first)
{
    Payloads payloads;
    if (auto fault = walkChain(octets, offset, first, keepWhole(payloads)))
        return std::move(*fault);
    return payloads;
}

} // namespace

Result<Payloads, DecodeFault> decodeSubPayloads(ByteView plain, std::uint8_t first)
{
    return decodeChain(plain, 0, plain.empty() ? std::nullopt : ChainStart(first));
}

Result<Payloads, DecodeFault> decodeNumberedChain(ByteView octets)
{
    if (octets.empty())
        return Payloads{};
    return decodeChain(octets, 1, chainStart(octets.front()));
}

Result<Payloads, DecodeFault> decodeTicketData(ByteView octets)
{
    return decodeChain(octets, 0, TicketHeader::name.number);
}

std::optional<Bytes> encodeNumberedChain(std::span<const Payload> payloads)
{
    if (payloads.empty())
        return Bytes{};
    return encodeChain({nameOf(payloads.front()).number}, payloads);
}

std::optional<Bytes> encode(const Header &header, std::span<const Payload> payloads)
{
    Header chained = header;
    chained.nextPayload = payloads.empty() ? 0 : nameOf(payloads.front()).number;
    Bytes out;
    out.reserve(256);
    Writer writer(out);
    Header::fields(chained, writer);
    if (!writer.fits() || !mapIsWhole(header))
        return std::nullopt;
    return encodeChain(std::move(out), payloads);
}

std::optional<Secret> encodeSubPayloads(std::span<const Payload> payloads)
{
    Bytes room;
    room.reserve(maxMessageOctets); // so that growing leaves no copy of a key behind
    auto octets = encodeChain(std::move(room), payloads);
    if (!octets)
        return std::nullopt;
    Secret plain{ByteView(*octets)};
    wipe(*octets);
    return plain;
}

} // namespace mikey
