// SPDX-License-Identifier: Apache-2.0
#include "methods/generic_map.h"

#include "methods/ticket_guard.h"
#include "wire/text.h"

#include <algorithm>
#include <map>

namespace mikey {

namespace {

constexpr std::size_t ssrcOctets = 4, indexOctets = 10; ///< SSRC; SSRC, ROC and SEQ

Error broken(std::string reason)
{
    return Error::of(ErrorNumber::Unspecified, std::move(reason));
}

Bytes sessionDataOf(const SrtpId &stream)
{
    Bytes data;
    if (stream.ssrc == 0)
        return data;
    const auto append32 = [&data](std::uint32_t value) {
        for (int shift = 24; shift >= 0; shift -= 8)
            data.push_back(static_cast<std::uint8_t>(value >> shift));
    };
    append32(stream.ssrc);
    if (stream.roc != 0) {
        append32(stream.roc);
        data.insert(data.end(), 2, 0); // the sequence number is the media's to find
    }
    return data;
}

std::uint32_t number32(ByteView octets)
{
    return std::uint32_t{octets[0]} << 24 | std::uint32_t{octets[1]} << 16 | std::uint32_t{octets[2]} << 8 | octets[3];
}

/// The entries by CS ID, which have to be 1 to n here.
Outcome<std::vector<const GenericId *>> entriesOf(const Message &message)
{
    if (message.header.mapType == CsIdMapType::Empty && message.header.csCount == 0)
        return std::vector<const GenericId *>();
    if (message.header.mapType != CsIdMapType::GenericId) // RFC 6043 6.1
        return broken("the CS ID map is not of the type GENERIC-ID, which this method needs");
    const auto &map = message.header.genericMap;
    std::vector<const GenericId *> entries(map.size());
    for (const auto &entry : map) {
        if (entry.csId == 0 || entry.csId > map.size() || entries[entry.csId - 1u])
            return broken("the Crypto Sessions are not numbered from 1");
        if (entry.protocol != ProtocolType::Srtp)
            return Error::of(ErrorNumber::InvalidSp, "a Crypto Session of another protocol than SRTP is asked for");
        if (entry.s ? entry.sessionData.size() != indexOctets
                    : !entry.sessionData.empty() && entry.sessionData.size() != ssrcOctets)
            return broken("the session data of a Crypto Session are not those of SRTP");
        entries[entry.csId - 1u] = &entry;
    }
    return entries;
}

SrtpId streamOf(const GenericId &entry)
{
    SrtpId stream;
    if (!entry.sessionData.empty())
        stream.ssrc = number32(entry.sessionData);
    if (entry.s)
        stream.roc = number32(entry.sessionData.subspan(ssrcOctets));
    return stream;
}

/// The policies stated by number; null: one that cannot be used here.
using Policies = std::map<std::uint8_t, const SrtpSuite *>;

std::optional<Error> addPolicies(const Message &message, Policies &policies)
{
    for (const auto *policy : message.all<SecurityPolicy>()) {
        const auto suite = suiteOf(*policy);
        if (!policies.emplace(policy->policyNo, suite ? *suite : nullptr).second)
            return Error::of(ErrorNumber::InvalidSpParameters,
                             "two security policies have the number " + std::to_string(policy->policyNo));
    }
    return std::nullopt;
}

void addStanding(const Csb *updated, Policies &policies)
{
    for (std::size_t i = 0; updated && i < updated->map.size(); ++i)
        policies.emplace(updated->map[i].policyNo, updated->suites[i]);
}

/// RFC 6043 12.1: session keys of more than 128 bits SHALL NOT come of algorithms of 128 bits.
bool goesWith(const Header &header, const SrtpSuite &suite)
{
    if (header.dataType == DataType::SakkeInit)
        return true; // the rule is one of tickets
    const auto *algorithms = ticketAlgorithms(header.prf);
    return algorithms && suite.masterKeyOctets() <= algorithms->keyOctets;
}

/// What we would suggest ourselves; null: nothing that goes with the PRF.
const SrtpSuite *ownSuite(const Header &header, const Endpoint &endpoint)
{
    const auto suites = endpoint.preferredSuites();
    const auto it = std::find_if(suites.begin(), suites.end(), [&](const auto *s) { return goesWith(header, *s); });
    return it == suites.end() ? nullptr : *it;
}

/// The first of the policies of an entry that we take.
Outcome<std::pair<std::uint8_t, const SrtpSuite *>> choose(const GenericId &entry, const Policies &policies,
                                                           const Endpoint &endpoint, const Header &header)
{
    for (const auto &policy : entry.policies) {
        const auto found = policies.find(policy.number);
        if (found == policies.end())
            return Error::of(ErrorNumber::InvalidSpParameters,
                             "no security policy has the number " + std::to_string(policy.number));
        if (found->second && endpoint.takes(*found->second) && goesWith(header, *found->second))
            return std::pair(policy.number, found->second);
    }
    return Error::of(ErrorNumber::InvalidSpParameters, "none of the security policies is accepted here");
}

/// Where an entry names none (RFC 6043 6.1.1): what we would suggest if an answer tells it, else SRTP's default.
Outcome<const SrtpSuite *> unnamedSuite(const Message &message, const Endpoint &endpoint, LeftOpen leftOpen)
{
    const auto *suite = leftOpen == LeftOpen::ToAnswer ? ownSuite(message.header, endpoint) : &defaultSrtpSuite();
    if (!suite)
        return Error::of(ErrorNumber::InvalidSpParameters,
                         "no security policy of ours goes with the PRF of the message");
    if (leftOpen == LeftOpen::Default && (message.find<SecurityPolicy>() || !endpoint.takes(*suite)))
        return Error::of(ErrorNumber::InvalidSpParameters,
                         "a Crypto Session names no security policy, and SRTP's default one is not what is meant or "
                         "accepted here");
    return suite;
}

std::optional<Error> checkSaysAll(const GenericId &entry, LeftOpen leftOpen)
{
    if (leftOpen == LeftOpen::Refused && (entry.policies.size() != 1 || entry.sessionData.empty() || entry.spi.empty()))
        return broken("nothing answers the message, and it does not say all of each Crypto Session");
    if (leftOpen == LeftOpen::Default && entry.policies.size() > 1)
        return broken("nothing answers the message, and it leaves open which security policy holds");
    return std::nullopt;
}

/// None: all are taken.
std::optional<std::uint8_t> freePolicyNo(const Policies &policies)
{
    for (unsigned number = 0; number <= UINT8_MAX; ++number) {
        if (!policies.contains(static_cast<std::uint8_t>(number)))
            return static_cast<std::uint8_t>(number);
    }
    return std::nullopt;
}

} // namespace

GenericMap::GenericMap(std::span<const SrtpId> streams, const std::vector<std::vector<std::uint8_t>> &policies,
                       ByteView spi)
    : m_spi(spi.begin(), spi.end())
{
    for (std::size_t i = 0; i < streams.size(); ++i) {
        GenericId entry;
        entry.csId = static_cast<std::uint8_t>(i + 1);
        for (const auto number : policies[i])
            entry.policies.push_back({number});
        entry.sessionData = m_sessionData.emplace_back(sessionDataOf(streams[i]));
        entry.s = entry.sessionData.size() == indexOctets;
        entry.spi = m_spi;
        m_entries.push_back(std::move(entry));
    }
}

void GenericMap::into(Header &header) const
{
    header.mapType = CsIdMapType::GenericId;
    header.genericMap = m_entries;
    header.csCount = static_cast<std::uint8_t>(m_entries.size());
}

Outcome<MapStreams> offeredStreams(const Message &message, const Endpoint &endpoint, LeftOpen leftOpen,
                                   const Csb *updated)
{
    const auto entries = entriesOf(message);
    if (!entries)
        return entries.error();
    Policies policies;
    if (auto error = addPolicies(message, policies))
        return std::move(*error);
    addStanding(updated, policies);
    const auto ownNo = freePolicyNo(policies);
    MapStreams streams;
    for (const auto *entry : *entries) {
        auto stream = streamOf(*entry);
        if (auto error = checkSaysAll(*entry, leftOpen))
            return std::move(*error);
        if (entry->policies.empty()) {
            const auto suite = unnamedSuite(message, endpoint, leftOpen);
            if (!suite)
                return suite.error();
            if (!ownNo)
                return Error::of(ErrorNumber::InvalidSpParameters, "there is no number left for a security policy");
            stream.policyNo = *ownNo;
            streams.ownPolicy = true;
            streams.suites.push_back(*suite);
        } else {
            const auto chosen = choose(*entry, policies, endpoint, message.header);
            if (!chosen)
                return chosen.error();
            stream.policyNo = chosen->first;
            streams.suites.push_back(chosen->second);
        }
        streams.map.push_back(stream);
        if (streams.spi.empty())
            streams.spi.assign(entry->spi.begin(), entry->spi.end());
    }
    return streams;
}

Outcome<MapStreams> answeredStreams(const Message &answer, const Message &request, std::span<const SrtpId> asked,
                                    const Endpoint &endpoint, const Csb *updated)
{
    const auto entries = entriesOf(answer);
    const auto offered = entriesOf(request);
    if (!entries)
        return entries.error();
    Policies policies; // in answers a number may be one of the request's
    if (auto error = addPolicies(request, policies))
        return std::move(*error);
    if (auto error = addPolicies(answer, policies))
        return std::move(*error);
    addStanding(updated, policies);
    if (entries->size() < asked.size() && !(updated && entries->empty()))
        return broken("the answer leaves out Crypto Sessions");
    MapStreams streams;
    for (std::size_t i = 0; i < entries->size(); ++i) {
        const auto &entry = *(*entries)[i];
        auto stream = streamOf(entry);
        if (entry.policies.size() != 1)
            return broken("the answer does not name one security policy for each Crypto Session");
        if (entry.sessionData.empty() || entry.spi.empty())
            return broken("the answer does not tell the SSRC and the SPI of each Crypto Session");
        const auto chosen = choose(entry, policies, endpoint, answer.header);
        if (!chosen)
            return chosen.error();
        stream.policyNo = chosen->first;
        const auto *suggested = offered && i < offered->size() ? (*offered)[i] : nullptr;
        const bool free = !suggested || suggested->policies.empty();
        if (!free && std::find(suggested->policies.begin(), suggested->policies.end(), PolicyNo{chosen->first}) ==
                         suggested->policies.end())
            return Error::of(ErrorNumber::InvalidSpParameters,
                             "the answer takes a security policy that was not suggested");
        streams.map.push_back(stream);
        streams.suites.push_back(chosen->second);
        if (streams.spi.empty())
            streams.spi.assign(entry.spi.begin(), entry.spi.end());
    }
    const auto told = std::span<const SrtpId>(streams.map).first(std::min(streams.map.size(), asked.size()));
    if (!streams.map.empty() && !fillsIn(asked, told))
        return broken("the answer changes the streams that were offered");
    return streams;
}

Outcome<std::vector<TransportedKey>> keysFrom(std::vector<TransportedKey> keys, ByteView spi)
{
    if (keys.empty())
        return broken("there is no key for the Crypto Sessions");
    if (spi.empty())
        return keys;
    const auto first =
        std::find_if(keys.begin(), keys.end(), [spi](const TransportedKey &key) { return sameOctets(key.mki, spi); });
    if (first == keys.end())
        return broken("the key " + hex(spi) + " that a Crypto Session names is not among those of the bundle");
    std::rotate(keys.begin(), first, first + 1);
    return keys;
}

} // namespace mikey
