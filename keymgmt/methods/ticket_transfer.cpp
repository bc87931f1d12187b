// SPDX-License-Identifier: Apache-2.0
#include "methods/ticket_transfer.h"

#include <algorithm>

namespace mikey {

namespace {

Error broken(std::string reason)
{
    return Error::of(ErrorNumber::Unspecified, std::move(reason));
}

/// What the MAC covers before the identities: all but itself and the Initiator Data with their length.
Bytes coveredPart(const Message &message, std::size_t macOctets)
{
    Bytes covered;
    const auto end = message.octets.size() - macOctets;
    std::size_t from = 0;
    for (const auto &placed : message.payloads) {
        const auto *ticket = std::get_if<Ticket>(&placed.payload);
        if (!ticket)
            continue;
        const auto until = placed.offset + placed.length - 2 - ticket->initiatorData.size();
        append(covered, message.octets.subspan(from, until - from));
        from = placed.offset + placed.length;
    }
    append(covered, message.octets.subspan(from, end - from));
    return covered;
}

Bytes transferMac(const Message &message, const TicketGuard &guard, const TransferIds &ids)
{
    return guard.mac(
        {coveredPart(message, guard.algorithms().macOctets), octetsOf(ids.initiator), octetsOf(ids.responder)});
}

/// Vr is made with MPKr before it is forked, and the PRF of the ticket: the service does not see our header.
TicketGuard initiatorDataGuard(const TicketAlgorithms &algorithms, ByteView responderMpk)
{
    return {algorithms, responderMpk, noCsbId, Bytes{static_cast<std::uint8_t>(TicketTag::InitiatorData)}};
}

/// Initiator Data = Vi, Vr (RFC 6043 6.10), with room for the MACs.
Bytes initiatorDataWith(MacAlgorithm algorithm, ByteView mac)
{
    const Bytes room(mac.size());
    return *encodeNumberedChain(std::vector<Payload>{Verification{algorithm, mac}, Verification{algorithm, room}});
}

} // namespace

std::optional<Bytes> encodeTransferInit(TransferInit parts)
{
    const auto &algorithms = parts.guard.algorithms();
    const Bytes room(algorithms.macOctets);
    const bool forks = !parts.responderMpk.empty();
    const auto data = forks ? initiatorDataWith(algorithms.mac, room) : Bytes();
    auto payloads = std::move(parts.payloads);
    payloads.emplace_back(parts.ticket.payload(data));
    for (auto &payload : parts.behind)
        payloads.push_back(std::move(payload));
    payloads.emplace_back(Verification{algorithms.mac, room});
    auto octets = encode(parts.header, payloads);
    if (!octets || octets->size() > maxMessageOctets)
        return std::nullopt;
    const auto message = decode(*octets); // tells where the parts are that are to be filled in
    if (!message)
        return std::nullopt;
    const auto mac = transferMac(*message, parts.guard, parts.ids);
    std::copy(mac.begin(), mac.end(), octets->end() - static_cast<std::ptrdiff_t>(mac.size()));
    if (!forks)
        return octets;
    auto filled = initiatorDataWith(algorithms.mac, mac);
    const auto vr =
        initiatorDataGuard(algorithms, parts.responderMpk).mac({ByteView(filled).first(filled.size() - mac.size())});
    std::copy(vr.begin(), vr.end(), filled.end() - static_cast<std::ptrdiff_t>(vr.size()));
    const auto at = message->find<Ticket>()->initiatorData.data() - octets->data();
    std::copy(filled.begin(), filled.end(), octets->begin() + at);
    return octets;
}

bool isGuardedTransfer(const Message &message, const TicketGuard &guard, const TransferIds &ids)
{
    const auto *v = message.payloads.empty() ? nullptr : std::get_if<Verification>(&message.payloads.back().payload);
    return v && v->algorithm == guard.algorithms().mac && equalSecrets(transferMac(message, guard, ids), v->data);
}

bool hasOwnInitiatorData(const Message &message)
{
    const auto *ticket = message.find<Ticket>();
    const auto *v = message.find<Verification>();
    const auto chain = ticket ? decodeNumberedChain(ticket->initiatorData) : Result<Payloads, DecodeFault>(Payloads());
    const auto *vi = chain ? findIn<Verification>(*chain) : nullptr;
    return vi && v && vi->algorithm == v->algorithm && equalSecrets(vi->data, v->data);
}

bool isGuardedInitiatorData(const Ticket &ticket, ByteView responderMpk)
{
    const auto *algorithms = ticketAlgorithms(ticket.terms.prf);
    const auto chain = decodeNumberedChain(ticket.initiatorData);
    if (!algorithms || !chain || chain->size() < 2)
        return false;
    const auto *vi = findIn<Verification>(*chain);
    const auto *vr = std::get_if<Verification>(&chain->back().payload);
    if (!vi || !vr || vi == vr || vi->algorithm != vr->algorithm)
        return false;
    const auto covered = ticket.initiatorData.first(ticket.initiatorData.size() - vr->data.size());
    return initiatorDataGuard(*algorithms, responderMpk).verifies(*vr, {covered});
}

TicketGuard transferGuard(const TicketAlgorithms &algorithms, ByteView mpk, std::uint32_t csbId, TicketTag tag,
                          const TicketRands &rands)
{
    return {algorithms, mpk, csbId, ticketLabel(tag, rands)};
}

Outcome<Bytes> sessionLabel(const TicketTerms &flags, const TicketRands &rands, std::span<const TransportedKey> keys)
{
    const TicketRands used{flags.h ? rands.initiator : ByteView{}, flags.g ? rands.responder : ByteView{}};
    std::size_t longest = 0;
    for (const auto &key : keys)
        longest = key.isTek() ? longest : std::max(longest, key.key.size());
    if ((flags.h && used.initiator.size() < longest) || (flags.g && used.responder.size() < longest))
        return broken("a RAND is shorter than the key that it is used with");
    return ticketLabel(TicketTag::Session, used);
}

Outcome<Agreement> transferAgreement(TransferTerms terms)
{
    if (terms.streams.map.empty() && terms.updated) {
        terms.streams.map = terms.updated->map;
        terms.streams.suites = terms.updated->suites;
    }
    auto keys = keysFrom(std::move(terms.keys), terms.streams.spi);
    if (!keys)
        return std::move(keys.error());
    auto request = terms.request;
    request.header.v = terms.answered; // the flag F decides, whatever V says (RFC 6043 4.2.2.1)
    const auto label = terms.updated ? terms.updated->label() : BundleLabel{noCsbId, terms.label};
    return agreementOf({"ticket", request, terms.parties, terms.weInitiate, terms.updated, label, terms.streams.map,
                        terms.streams.suites, *keys});
}

Outcome<std::vector<TransportedKey>> withSuppliedKeys(std::vector<TransportedKey> keys, const Message &message,
                                                      const TicketGuard &guard, bool allowed)
{
    const auto *kemac = message.find<Kemac>();
    if (!kemac || kemac->encrData.empty())
        return keys;
    if (!allowed)
        return broken("the message brings keys, which the ticket policy forbids its sender");
    auto supplied = openKeys(guard, *kemac, *message.find<Timestamp>(), 0);
    if (!supplied)
        return std::move(supplied.error());
    for (auto &key : keys) {
        const auto same = [&key](const TransportedKey &other) { return other.mki == key.mki; };
        if (std::any_of(supplied->keys.begin(), supplied->keys.end(), same))
            return broken("a key came with the SPI of another one");
        supplied->keys.push_back(std::move(key));
    }
    if (supplied->keys.size() > mostKeys)
        return broken("the bundle would have more than " + std::to_string(mostKeys) + " keys");
    return std::move(supplied->keys);
}

} // namespace mikey
