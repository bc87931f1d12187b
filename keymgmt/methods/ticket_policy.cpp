// SPDX-License-Identifier: Apache-2.0
#include "methods/ticket_policy.h"

#include "methods/identity.h"
#include "wire/text.h"

#include <algorithm>
#include <list>

namespace mikey {

namespace {

constexpr std::size_t mostResponders = 64; ///< and applications

Error badPolicy(std::string reason)
{
    return Error::of(ErrorNumber::InvalidTicketPolicy, std::move(reason));
}

/// RFC 6043 6.10: the flags are not independent. The sentence: which rule is broken.
std::optional<std::string> brokenRule(const TicketTerms &t)
{
    struct Rule
    {
        bool kept;
        const char *sentence;
    };
    const Rule rules[] = {
        {t.d || t.l, "a ticket that the Initiator made has to let it supply keys (D, L)"},
        {!t.g || t.f, "RANDRr needs a TRANSFER_RESP to travel in (G, F)"},
        {t.g || t.h, "one of RANDRi and RANDRr has to enter the keys (G, H)"},
        {!t.i || t.e, "key forking needs the KMS to resolve the ticket (I, E)"},
        {!t.k || t.d, "only the KMS can have changed the policy (K, D)"},
        {!t.m || t.f, "keys of the Responder need a TRANSFER_RESP to travel in (M, F)"},
    };
    for (const auto &rule : rules) {
        if (!rule.kept)
            return rule.sentence;
    }
    return std::nullopt;
}

/// None for a counter, which tells no time.
std::optional<NtpTime> timeIn(TimestampType type, ByteView octets)
{
    Bytes value(octets.begin(), octets.end());
    if (type == TimestampType::NtpUtc32)
        value.resize(8); // RFC 6043 6.3: a fraction of zero
    else if (type != TimestampType::NtpUtc && type != TimestampType::Ntp)
        return std::nullopt;
    return NtpTime::fromOctets(value);
}

void readId(const IdWithRole &id, TicketRules &rules)
{
    const auto text = std::string(textOf(id.data));
    if (id.role == IdRole::Kms)
        rules.kms = text;
    else if (id.role == IdRole::Initiator)
        rules.initiator = text;
    else if (id.role == IdRole::Application)
        rules.applications.push_back(text);
    else if (id.role == IdRole::Responder)
        rules.responders.push_back(text);
}

std::optional<Error> readTime(const TimestampWithRole &tr, TicketRules &rules)
{
    if (tr.role == TimestampRole::Rekey) {
        if (tr.type != TimestampType::NtpUtc32)
            return badPolicy("the interval between two rekeyings has to be an NTP-UTC-32 time");
        for (const auto octet : tr.value)
            rules.rekeySeconds = rules.rekeySeconds << 8 | octet;
        return std::nullopt;
    }
    const auto time = timeOf(tr);
    if (!time)
        return badPolicy("the validity of the ticket is not given as an NTP time");
    if (tr.role == TimestampRole::Start)
        rules.start = time;
    else if (tr.role == TimestampRole::End)
        rules.end = time;
    return std::nullopt;
}

Outcome<std::vector<WishedKey>> readWish(const Kemac &kemac)
{
    if (kemac.encryption != Encryption::Null || kemac.macAlgorithm != MacAlgorithm::Null)
        return badPolicy("the wished keys have to be in the clear, without a MAC");
    std::vector<WishedKey> wished;
    if (kemac.encrData.empty())
        return wished;
    const auto subPayloads = decodeSubPayloads(kemac.encrData, KeyData::name.number);
    if (!subPayloads)
        return badPolicy("the wished keys are damaged: " + subPayloads.error().reason);
    for (const auto &placed : *subPayloads) {
        const auto *data = std::get_if<KeyData>(&placed.payload);
        if (!data || data->type > KeyDataType::GtgkSalt || wished.size() == mostKeys)
            return badPolicy("such keys cannot be wished for");
        const auto &spi = data->validity.spi;
        wished.push_back({data->type, data->key.size(), Bytes(spi.begin(), spi.end())});
    }
    return wished;
}

} // namespace

bool isLater(NtpTime time, NtpTime other)
{
    constexpr auto upper = std::uint64_t{1} << 63; // those without it are of 2036 and after (RFC 4330 3)
    return (time.units() ^ upper) > (other.units() ^ upper);
}

bool TicketRules::isValidAt(NtpTime now, std::int64_t skewSeconds) const
{
    return !(start && isLater(*start, now.plusSeconds(skewSeconds))) && !(end && isLater(now, *end));
}

bool TicketRules::isForCalls() const
{
    return applications.empty() ||
           std::find(applications.begin(), applications.end(), applicationId) != applications.end();
}

bool TicketRules::names(const std::string &identity) const
{
    return std::any_of(responders.begin(), responders.end(),
                       [&](const auto &responder) { return canonicalIdentity(responder) == identity; });
}

bool TicketRules::sameWish(const TicketRules &other) const
{
    const auto flagsOf = [](const TicketTerms &t) {
        return std::array{t.e, t.f, t.g, t.h, t.i, t.j, t.l, t.m, t.n, t.o};
    };
    return flags.type == other.flags.type && flags.prf == other.flags.prf && flagsOf(flags) == flagsOf(other.flags) &&
           start == other.start && end == other.end && rekeySeconds == other.rekeySeconds &&
           applications == other.applications && responders == other.responders;
}

int modeOf(const TicketTerms &flags)
{
    return flags.d ? (flags.e ? 1 : 2) : (flags.e ? 3 : 4);
}

Outcome<ReadRules> readRules(const TicketTerms &terms)
{
    if (terms.type != TicketType::MikeyBase || terms.subtype != 1 || terms.version != 1 || !terms.n || !terms.o)
        return Error::of(ErrorNumber::InvalidTicket,
                         "tickets of the type " + registry::ticketType.nameOf(static_cast<std::uint16_t>(terms.type)) +
                             ", subtype " + std::to_string(terms.subtype) + ", are not known here");
    if (const auto broken = brokenRule(terms))
        return badPolicy("the ticket policy contradicts itself: " + *broken);
    ReadRules read;
    read.rules.flags = terms;
    read.rules.flags.policy = {};
    if (terms.policy.empty())
        return read;
    const auto chain = decodeNumberedChain(terms.policy);
    if (!chain)
        return badPolicy("the ticket policy is damaged: " + chain.error().reason);
    for (const auto &placed : *chain) {
        if (const auto *id = std::get_if<IdWithRole>(&placed.payload))
            readId(*id, read.rules);
        if (const auto *tr = std::get_if<TimestampWithRole>(&placed.payload)) {
            if (auto error = readTime(*tr, read.rules))
                return std::move(*error);
        }
        if (const auto *kemac = std::get_if<Kemac>(&placed.payload)) {
            auto wished = readWish(*kemac);
            if (!wished)
                return std::move(wished.error());
            read.wished = std::move(*wished);
        }
    }
    if (std::max(read.rules.responders.size(), read.rules.applications.size()) > mostResponders)
        return badPolicy("the ticket names more than " + std::to_string(mostResponders) +
                         " responders or applications");
    return read;
}

std::optional<Bytes> policyData(const TicketRules &rules, const std::vector<WishedKey> *wished)
{
    std::vector<Payload> payloads;
    const auto addId = [&payloads](IdRole role, const std::string &identity) {
        if (!identity.empty())
            payloads.emplace_back(IdWithRole{role, identityType(identity), octetsOf(identity)});
    };
    std::list<std::array<std::uint8_t, 8>> times; // what the payloads view
    const auto addTime = [&](TimestampRole role, NtpTime time) {
        // Whole seconds are all that a ticket needs.
        payloads.emplace_back(
            TimestampWithRole{role, TimestampType::NtpUtc32, ByteView(times.emplace_back(time.octets())).first(4)});
    };
    addId(IdRole::Kms, rules.kms);
    addId(IdRole::Initiator, rules.initiator);
    if (rules.start)
        addTime(TimestampRole::Start, *rules.start);
    if (rules.end)
        addTime(TimestampRole::End, *rules.end);
    if (rules.rekeySeconds > 0)
        addTime(TimestampRole::Rekey, NtpTime(std::uint64_t{rules.rekeySeconds} << 32));
    Secret wish;
    if (wished) {
        std::vector<Secret> zeros; // RFC 6043 6.10: the Key data are zero
        std::vector<Payload> keys;
        for (const auto &key : *wished) {
            KeyData data;
            data.type = key.type;
            data.key = zeros.emplace_back(key.octets).view();
            data.validity.type = key.spi.empty() ? KeyValidityType::Null : KeyValidityType::Spi;
            data.validity.spi = key.spi;
            keys.emplace_back(data);
        }
        auto encoded = keys.empty() ? std::optional(Secret()) : encodeSubPayloads(keys);
        if (!encoded)
            return std::nullopt;
        wish = std::move(*encoded);
        payloads.emplace_back(Kemac{Encryption::Null, wish.view(), MacAlgorithm::Null, {}});
    }
    for (const auto &application : rules.applications)
        addId(IdRole::Application, application);
    for (const auto &responder : rules.responders)
        addId(IdRole::Responder, responder);
    return payloads.empty() ? Bytes() : encodeNumberedChain(payloads);
}

OwnedTicket OwnedTicket::of(const Ticket &ticket)
{
    OwnedTicket owned;
    owned.terms = ticket.terms;
    owned.terms.policy = {};
    owned.policy.assign(ticket.terms.policy.begin(), ticket.terms.policy.end());
    owned.data.assign(ticket.ticketData.begin(), ticket.ticketData.end());
    return owned;
}

Ticket OwnedTicket::payload(ByteView initiatorData) const
{
    Ticket ticket{terms, data, initiatorData};
    ticket.terms.policy = policy;
    return ticket;
}

Bytes OwnedTicket::save() const
{
    const auto encoded = encodeSubPayloads(std::vector<Payload>{payload()});
    return encoded ? Bytes(encoded->view().begin(), encoded->view().end()) : Bytes();
}

std::optional<OwnedTicket> OwnedTicket::load(ByteView saved)
{
    const auto payloads = decodeSubPayloads(saved, Ticket::name.number);
    const auto *ticket = payloads ? findIn<Ticket>(*payloads) : nullptr;
    return ticket ? std::optional(of(*ticket)) : std::nullopt;
}

std::optional<ByteView> coveredByTicketMac(ByteView payload, const Ticket &ticket, std::size_t macOctets)
{
    const auto behind = 2 + ticket.initiatorData.size() + macOctets;
    if (ticket.ticketData.size() < macOctets || payload.size() < 1 + behind)
        return std::nullopt;
    return payload.subspan(1, payload.size() - 1 - behind);
}

std::optional<NtpTime> timeOf(const TimestampWithRole &timestamp)
{
    return timeIn(timestamp.type, timestamp.value);
}

std::optional<NtpTime> timeOf(const Timestamp &timestamp)
{
    return timeIn(timestamp.type, timestamp.value);
}

} // namespace mikey
