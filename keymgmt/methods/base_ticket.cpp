// SPDX-License-Identifier: Apache-2.0
#include "methods/base_ticket.h"

#include <algorithm>
#include <set>

namespace mikey {

namespace {

constexpr std::size_t saltOctets = 14; ///< of SRTP's master salt (RFC 3711 4.3)
constexpr std::size_t leastKeyOctets = 16;
constexpr std::size_t mostKeyOctets = 32;

TicketContents contentsOf(Prf prf, const Secret &mpk, ByteView rand, std::vector<TransportedKey> keys, NtpTime issued)
{
    const auto label = ticketLabel(TicketTag::Mpk, rand);
    const auto derive = [&](KeyUse use) { return messageKey(prf, mpk.view(), use, {noCsbId, label}, mpk.size()); };
    return {derive(KeyUse::InitiatorMpk), derive(KeyUse::ResponderMpk), std::move(keys), issued};
}

TicketGuard guardOf(const TicketAlgorithms &algorithms, ByteView tpk, ByteView rand)
{
    return {algorithms, tpk, noCsbId, ticketLabel(TicketTag::Ticket, rand)};
}

Error notOurs(std::string reason)
{
    return Error::of(ErrorNumber::AuthFailure, std::move(reason));
}

Bytes drawSpi(std::set<Bytes> &taken, Random &random)
{
    Bytes spi(4);
    do {
        random.fill(spi);
    } while (!taken.insert(spi).second);
    return spi;
}

} // namespace

std::optional<MadeTicket> makeBaseTicket(const TicketRules &rules, std::span<const TransportedKey> keys, const Tpk &tpk,
                                         NtpTime now, Random &random)
{
    const auto *algorithms = ticketAlgorithms(rules.flags.prf);
    auto policy = policyData(rules);
    if (!algorithms || !policy)
        return std::nullopt;
    Bytes rand(std::max(algorithms->keyOctets, tpk.key.size())); // RFC 6043 12.1
    random.fill(rand);
    const auto guard = guardOf(*algorithms, tpk.key.view(), rand);
    std::vector<Secret> mpks;
    mpks.push_back(random.secret(algorithms->keyOctets));
    const auto issued = now.octets();
    const Timestamp timestamp{TimestampType::NtpUtc, issued};
    const GuardedKeys guarded(guard, encodeKeys(mpks, keys).view(), timestamp);
    std::vector<Payload> payloads{TicketHeader{}, timestamp, Rand{rand}, guarded.payload()};
    if (!tpk.id.empty())
        payloads.emplace_back(IdWithRole{IdRole::Psk, IdType::ByteString, octetsOf(tpk.id)});
    const Bytes room(algorithms->macOctets);
    payloads.emplace_back(Verification{algorithms->mac, room});
    const auto data = encodeSubPayloads(payloads);
    if (!data)
        return std::nullopt;
    MadeTicket made{{rules.flags, std::move(*policy), Bytes(data->view().begin(), data->view().end())}, {}};
    const auto whole = made.ticket.save();
    const auto covered = coveredByTicketMac(whole, made.ticket.payload(), room.size());
    if (!covered)
        return std::nullopt;
    const auto mac = guard.mac({*covered});
    std::copy(mac.begin(), mac.end(), made.ticket.data.end() - static_cast<std::ptrdiff_t>(mac.size()));
    made.contents = contentsOf(algorithms->prf, mpks.front(), rand, cloned(keys), now);
    return made;
}

std::string tpkIdOf(const Ticket &ticket)
{
    const auto chain = decodeTicketData(ticket.ticketData);
    const auto *id = chain ? findIn<IdWithRole>(*chain, IdRole::Psk) : nullptr;
    return id ? std::string(textOf(id->data)) : std::string();
}

Outcome<TicketContents> openBaseTicket(ByteView payload, const Ticket &ticket, ByteView tpk)
{
    const auto *algorithms = ticketAlgorithms(ticket.terms.prf);
    const auto chain = decodeTicketData(ticket.ticketData);
    if (!algorithms || !chain || chain->empty())
        return notOurs("the ticket is damaged");
    const auto *timestamp = findIn<Timestamp>(*chain);
    const auto *rand = findIn<Rand>(*chain);
    const auto *kemac = findIn<Kemac>(*chain);
    const auto *v = std::get_if<Verification>(&chain->back().payload);
    const auto issued = timestamp ? timeOf(*timestamp) : std::nullopt;
    if (!issued || !rand || !kemac || !v)
        return notOurs("the ticket lacks a part that it needs");
    const auto covered = coveredByTicketMac(payload, ticket, v->data.size());
    const auto guard = guardOf(*algorithms, tpk, rand->rand);
    if (!covered || !guard.verifies(*v, {*covered}))
        return notOurs("the ticket was changed, or is under another key than ours");
    auto set = openKeys(guard, *kemac, *timestamp, 1);
    if (!set)
        return std::move(set.error());
    if (rand->rand.size() < std::max(tpk.size(), set->mpks.front().size())) // decision D-13
        return Error::of(ErrorNumber::InvalidTicketPolicy, "the RAND of the ticket is shorter than its keys");
    return contentsOf(algorithms->prf, set->mpks.front(), rand->rand, std::move(set->keys), *issued);
}

std::optional<std::vector<TransportedKey>> drawKeys(const std::optional<std::vector<WishedKey>> &wished,
                                                    const TicketAlgorithms &algorithms, Random &random)
{
    const std::vector<WishedKey> standard{{KeyDataType::Tgk, algorithms.keyOctets, {}}};
    std::vector<TransportedKey> keys;
    std::set<Bytes> spis;
    for (const auto &wish : wished ? *wished : standard) {
        if (!wish.spi.empty() && !spis.insert(wish.spi).second)
            return std::nullopt;
    }
    for (const auto &wish : wished ? *wished : standard) {
        const bool lengthMade = wish.octets >= leastKeyOctets && wish.octets <= mostKeyOctets &&
                                wish.octets <= algorithms.keyOctets; // RFC 6043 12.1
        if (!lengthMade || wish.type > KeyDataType::GtgkSalt)
            return std::nullopt;
        TransportedKey key;
        key.type = wish.type;
        key.key = random.secret(wish.octets);
        if (key.hasSalt())
            key.salt = random.secret(saltOctets);
        key.mki = wish.spi.empty() ? drawSpi(spis, random) : wish.spi;
        keys.push_back(std::move(key));
    }
    return keys;
}

} // namespace mikey
