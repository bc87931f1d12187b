// SPDX-License-Identifier: Apache-2.0
#include "wire/inspector.h"

#include "crypto/digest.h"
#include "crypto/secret.h"
#include "wire/chain.h"
#include "wire/grammar.h"

namespace mikey {

namespace {

/// The payload that begins the plain Encr data: the initiator's identity in the envelope methods, else a key.
std::uint8_t firstSubPayload(DataType dataType)
{
    const bool envelope = dataType == DataType::PkInit || dataType == DataType::RsaRResponse;
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

/// Adds what stands in plain Encr data that begins at the octet `base` of the message.
std::optional<Fault> addSubPayloads(std::vector<InspectedPayload> &shown, ByteView plain, std::uint8_t first,
                                    std::size_t base, bool hide)
{
    std::vector<InspectedField> fields;
    const auto found = [&](const PlacedPayload &placed, bool) {
        shown.push_back(placedIn(placed, std::exchange(fields, {}), base));
        if (hide)
            hideSecrets(shown.back());
    };
    const auto fault = walkChain(plain, 0, first, found, &fields);
    if (!fault)
        return std::nullopt;
    return Fault{base + fault->offset, "Encr data: " + fault->reason};
}

std::optional<Fault> showSubPayloads(InspectedPayload &shown, const PlacedPayload &placed, DataType dataType,
                                     ByteView kemacPlain)
{
    const auto *kemac = std::get_if<Kemac>(&placed.payload);
    if (!kemac || kemac->encrData.empty())
        return std::nullopt;
    constexpr std::size_t beforeEncrData = 4; // Next payload, Encr alg, Encr data len
    const auto base = placed.offset + beforeEncrData;
    if (!kemacPlain.empty())
        return addSubPayloads(shown.payloads, kemacPlain, firstSubPayload(dataType), base, true);
    if (kemac->encryption == Encryption::Null)
        return addSubPayloads(shown.payloads, kemac->encrData, firstSubPayload(dataType), base, false);
    return std::nullopt;
}

std::optional<Fault> shownFault(const std::optional<DecodeFault> &fault)
{
    return fault ? std::optional(Fault{fault->offset, fault->reason}) : std::nullopt;
}

} // namespace

InspectedMessage inspect(ByteView octets, ByteView kemacPlain)
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
            innerFault = showSubPayloads(shown.payloads.back(), placed, message.header.dataType, kemacPlain);
        message.payloads.push_back(std::move(placed));
    };
    shown.fault = shownFault(
        walkChain(octets, reader.offset(), message.header.nextPayload, found, &fields, isDhHmac(message.header)));
    shown.complete = !shown.fault && !innerFault;
    if (!shown.fault)
        shown.fault = shownFault(checkGrammar(message));
    if (!shown.fault)
        shown.fault = innerFault;
    return shown;
}

} // namespace mikey
