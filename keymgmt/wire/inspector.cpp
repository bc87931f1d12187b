// SPDX-License-Identifier: Apache-2.0
#include "wire/inspector.h"

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "wire/chain.h"
#include "wire/grammar.h"

namespace mikey {

namespace {

/// The payload that begins the plain Encr data: an identity where it comes with the keys, else a key.
std::uint8_t firstSubPayload(DataType dataType)
{
    const bool envelope =
        dataType == DataType::PkInit || dataType == DataType::RsaRResponse || dataType == DataType::RequestKeyResponse;
    return envelope ? Id::name.number : KeyData::name.number;
}

InspectedPayload placedIn(const PlacedPayload &placed, std::vector<InspectedField> fields, std::size_t base)
{
    const auto &name = nameOf(placed.payload);
    InspectedPayload shown{std::string(name.name), std::string(name.source), base + placed.offset,
                           placed.length,          std::move(fields),        {}};
    for (auto &field : shown.fields)
        field.offset += base;
    return shown;
}

void hideSecrets(InspectedPayload &payload)
{
    for (auto &field : payload.fields) {
        if (field.name != "Key data" && field.name != "Salt data")
            continue;
        auto &octets = std::get<Bytes>(field.value);
        wipe({reinterpret_cast<std::uint8_t *>(field.text.data()), field.text.size()});
        field.text = std::to_string(octets.size()) + " octets, fingerprint " + fingerprint(octets);
        wipe(octets);
        octets.clear();
    }
}

/// A field that holds a chain of payloads.
struct Inner
{
    std::string_view field;
    ByteView octets;  ///< as they are, or decrypted
    ChainStart first; ///< none: the first octet tells
    bool hide;        ///< keys in it are told by length and fingerprint
};

/// The fields of a payload that can be looked into.
std::vector<Inner> innerOf(const Payload &payload, DataType dataType, ByteView plain)
{
    if (const auto *kemac = std::get_if<Kemac>(&payload)) {
        const bool clear = plain.empty() && kemac->encryption == Encryption::Null;
        return {{"Encr data", clear ? kemac->encrData : plain, firstSubPayload(dataType), !clear}};
    }
    if (std::holds_alternative<Ibake>(payload))
        return {{"Encr data", plain, IdWithRole::name.number, true}};
    if (const auto *policy = std::get_if<TicketPolicy>(&payload))
        return {{"TP Data", policy->terms.policy, std::nullopt, false}};
    if (const auto *ticket = std::get_if<Ticket>(&payload)) {
        std::vector<Inner> inner{{"TP Data", ticket->terms.policy, std::nullopt, false},
                                 {"Initiator Data", ticket->initiatorData, std::nullopt, false}};
        if (ticket->terms.type == TicketType::MikeyBase)
            inner.insert(inner.begin() + 1, {"Ticket Data", ticket->ticketData, TicketHeader::name.number, false});
        return inner;
    }
    return {};
}

/// Adds what stands in a field that begins at the octet `base` of the message.
std::optional<Fault> addSubPayloads(std::vector<InspectedPayload> &shown, const Inner &inner, std::size_t base)
{
    std::vector<InspectedField> fields;
    const auto found = [&](const PlacedPayload &placed, bool) {
        shown.push_back(placedIn(placed, std::exchange(fields, {}), base));
        if (inner.hide)
            hideSecrets(shown.back());
    };
    const std::size_t numbered = inner.first ? 0 : 1;
    const auto first = inner.first ? inner.first : chainStart(inner.octets.front());
    const auto fault = walkChain(inner.octets, numbered, first, found, &fields);
    if (!fault)
        return std::nullopt;
    return Fault{base + fault->offset, std::string(inner.field) + ": " + fault->reason};
}

std::optional<Fault> showSubPayloads(InspectedPayload &shown, const PlacedPayload &placed, DataType dataType,
                                     ByteView plain)
{
    std::optional<Fault> fault;
    for (const auto &inner : innerOf(placed.payload, dataType, plain)) {
        const auto field = std::find_if(shown.fields.begin(), shown.fields.end(),
                                        [&](const InspectedField &f) { return f.name == inner.field; });
        if (inner.octets.empty() || field == shown.fields.end())
            continue;
        auto innerFault = addSubPayloads(shown.payloads, inner, field->offset);
        if (!fault)
            fault = std::move(innerFault);
    }
    return fault;
}

std::optional<Fault> shownFault(const std::optional<DecodeFault> &fault)
{
    return fault ? std::optional(Fault{fault->offset, fault->reason}) : std::nullopt;
}

} // namespace

InspectedMessage inspect(ByteView octets, ByteView plain)
{
    InspectedMessage shown;
    shown.length = octets.size();
    if (octets.size() < 2) {
        shown.message = "no MIKEY message";
        shown.fault = Fault{octets.size(), "too short for a MIKEY header"};
        return shown;
    }
    shown.dataType = octets[1];
    shown.message = messageName(octets[1]);

    Message message;
    message.octets = octets;
    std::vector<InspectedField> fields;
    Reader reader(octets, 0, &fields);
    const auto headerFault = readHeader(message.header, reader, octets.size());
    shown.payloads.push_back({"HDR", "RFC 3830 6.1", 0, reader.offset(), std::exchange(fields, {}), {}});
    if (headerFault) {
        shown.fault = shownFault(headerFault);
        return shown;
    }
    std::optional<Fault> innerFault;
    const auto found = [&](PlacedPayload &&placed, bool whole) {
        shown.payloads.push_back(placedIn(placed, std::exchange(fields, {}), 0));
        if (whole && !innerFault)
            innerFault = showSubPayloads(shown.payloads.back(), placed, message.header.dataType, plain);
        message.payloads.push_back(std::move(placed));
    };
    shown.fault = shownFault(walkChain(octets, reader.offset(), chainStart(message.header.nextPayload), found, &fields,
                                       isDhHmac(message.header)));
    shown.complete = !shown.fault && !innerFault;
    if (!shown.fault)
        shown.fault = shownFault(checkGrammar(message));
    if (!shown.fault)
        shown.fault = innerFault;
    return shown;
}

} // namespace mikey
