// SPDX-License-Identifier: Apache-2.0
#include "methods/csb.h"

#include "methods/method.h"
#include "wire/pack.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t mostCertificates = 16;

void pack(Packer &to, const Party &party)
{
    to.number(static_cast<std::uint64_t>(party.type)).add(party.data);
}

Party unpackParty(Unpacker &from)
{
    const auto type = static_cast<IdType>(from.number());
    return {type, std::string(from.text())};
}

void pack(Packer &to, const TransportedKey &key)
{
    to.number(static_cast<std::uint64_t>(key.type)).add(key.key.view()).add(key.salt.view()).add(ByteView(key.mki));
    to.number(key.interval.has_value());
    if (key.interval)
        to.add(ByteView(key.interval->from)).add(ByteView(key.interval->to));
}

Bytes octetsIn(Unpacker &from)
{
    const auto field = from.field();
    return {field.begin(), field.end()};
}

TransportedKey unpackKey(Unpacker &from)
{
    TransportedKey key;
    key.type = static_cast<KeyDataType>(from.number());
    key.key = Secret(from.field());
    key.salt = Secret(from.field());
    key.mki = octetsIn(from);
    if (from.number() == 1) {
        auto begin = octetsIn(from);
        key.interval = KeyInterval{std::move(begin), octetsIn(from)};
    }
    return key;
}

/// A count read from disk, refused beyond what can be.
std::size_t countIn(Unpacker &from, std::size_t most)
{
    const auto count = from.number();
    if (count > most)
        from.damage();
    return from.sound() ? static_cast<std::size_t>(count) : 0;
}

} // namespace

Csb Csb::clone() const
{
    return {method,           weInitiated,   csbId, labelId, prf,          rand,
            newest,           parties,       map,   suites,  cloned(keys), envelopeKey.clone(),
            peerCertificates, ticket.clone()};
}

Secret Csb::save() const
{
    Packer packer;
    packer.add(method).number(weInitiated).number(csbId).number(labelId).number(static_cast<std::uint64_t>(prf));
    packer.add(ByteView(rand)).number(newest.units());
    pack(packer, parties.initiator);
    pack(packer, parties.responder);
    packer.number(map.size());
    for (std::size_t i = 0; i < map.size(); ++i)
        packer.number(map[i].policyNo).number(map[i].ssrc).number(map[i].roc).add(suites[i]->name);
    packer.number(keys.size());
    for (const auto &key : keys)
        pack(packer, key);
    packer.add(envelopeKey.view()).number(peerCertificates.size());
    for (const auto &certificate : peerCertificates)
        packer.add(certificate.der());
    packer.add(ticket.mpk.view()).add(ByteView(ticket.label)).number(ticket.initiatorKeys).number(ticket.responderKeys);
    packer.number(ticket.rekeySeconds).add(ByteView(ticket.remembered));
    return packer.take();
}

std::optional<Csb> Csb::load(ByteView saved)
{
    Unpacker from(saved);
    Csb csb;
    csb.method = from.text();
    csb.weInitiated = from.number() == 1;
    csb.csbId = static_cast<std::uint32_t>(from.number());
    csb.labelId = static_cast<std::uint32_t>(from.number());
    csb.prf = static_cast<Prf>(from.number());
    csb.rand = octetsIn(from);
    csb.newest = NtpTime(from.number());
    csb.parties.initiator = unpackParty(from);
    csb.parties.responder = unpackParty(from);
    for (auto left = countIn(from, UINT8_MAX); left > 0; --left) {
        auto &entry = csb.map.emplace_back();
        entry.policyNo = static_cast<std::uint8_t>(from.number());
        entry.ssrc = static_cast<std::uint32_t>(from.number());
        entry.roc = static_cast<std::uint32_t>(from.number());
        csb.suites.push_back(srtpSuite(from.text()));
    }
    for (auto left = countIn(from, mostKeys); left > 0; --left)
        csb.keys.push_back(unpackKey(from));
    csb.envelopeKey = Secret(from.field());
    for (auto left = countIn(from, mostCertificates); left > 0; --left) {
        if (auto certificate = Certificate::fromDer(from.field()))
            csb.peerCertificates.push_back(std::move(*certificate));
        else
            from.damage();
    }
    csb.ticket.mpk = Secret(from.field());
    csb.ticket.label = octetsIn(from);
    csb.ticket.initiatorKeys = from.number() == 1;
    csb.ticket.responderKeys = from.number() == 1;
    if (from.hasMore()) { // what was kept before 2026-11-28 ends here
        csb.ticket.rekeySeconds = static_cast<std::uint32_t>(from.number());
        csb.ticket.remembered = octetsIn(from);
    }
    const bool suitesKnown = std::find(csb.suites.begin(), csb.suites.end(), nullptr) == csb.suites.end();
    if (!from.complete() || !suitesKnown || !mikey::method(csb.method))
        return std::nullopt;
    return csb;
}

Bytes nextMki(const std::vector<TransportedKey> &inForce)
{
    Bytes mki = inForce.empty() ? Bytes() : inForce.back().mki;
    const auto taken = [&] {
        return std::any_of(inForce.begin(), inForce.end(), [&](const auto &key) { return key.mki == mki; });
    };
    while (!mki.empty() && taken()) {
        for (auto octet = mki.rbegin(); octet != mki.rend() && ++*octet == 0; ++octet) {
        }
    }
    return mki;
}

std::vector<std::size_t> linesInForce(std::span<const SrtpId> map)
{
    const auto replaces = [&map](std::size_t later, std::size_t earlier) {
        const auto same = [&](std::size_t k) {
            return later + k < map.size() && earlier + k < map.size() && map[earlier + k].ssrc != 0 &&
                   map[later + k].ssrc == map[earlier + k].ssrc;
        };
        return same(0) || same(1);
    };
    std::vector<std::size_t> lines;
    for (std::size_t line = 0; line < map.size(); line += 2) {
        const auto earlier =
            std::find_if(lines.begin(), lines.end(), [&](std::size_t before) { return replaces(line, before); });
        if (earlier == lines.end())
            lines.push_back(line);
        else
            *earlier = line; // in the place of the media line that it goes on
    }
    return lines;
}

Outcome<std::vector<SrtpId>> updatedMap(const Csb &csb, const Header &header)
{
    const auto &told = header.map;
    if (told.empty())
        return csb.map;
    bool same = told.size() >= csb.map.size();
    for (std::size_t i = 0; same && i < csb.map.size(); ++i) {
        const auto &stands = csb.map[i];
        same = told[i].policyNo == stands.policyNo && (stands.ssrc == 0 || told[i].ssrc == stands.ssrc);
    }
    if (!same)
        return Error::of(ErrorNumber::Unspecified, "the update changes streams that stand already");
    return told;
}

bool fillsIn(std::span<const SrtpId> asked, std::span<const SrtpId> told)
{
    if (asked.size() != told.size())
        return false;
    const auto named = [&asked](std::uint32_t ssrc) {
        return ssrc != 0 && std::any_of(asked.begin(), asked.end(), [ssrc](const SrtpId &s) { return s.ssrc == ssrc; });
    };
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const bool open = asked[i].ssrc == 0;
        if (open ? named(told[i].ssrc) : told[i].ssrc != asked[i].ssrc || told[i].roc != asked[i].roc)
            return false;
    }
    return true;
}

bool keepsSuites(const Csb &csb, std::span<const SrtpSuite *const> suites)
{
    return suites.size() >= csb.suites.size() && std::equal(csb.suites.begin(), csb.suites.end(), suites.begin());
}

const Csb *findBundle(std::span<const Csb *const> bundles, const Message &message)
{
    const auto *id = message.find<Id>();
    const auto named = id ? Party::of(*id).canonical() : std::string();
    const Csb *found = nullptr;
    for (const auto *csb : bundles) {
        if (csb->csbId != message.header.csbId)
            continue;
        if (!found || csb->peer().canonical() == named)
            found = csb;
    }
    return found;
}

} // namespace mikey
