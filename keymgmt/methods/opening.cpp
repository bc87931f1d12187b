// SPDX-License-Identifier: Apache-2.0
#include "methods/opening.h"

#include "methods/identity.h"
#include "methods/sdp_protocols.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr unsigned mostMediaLines = 127; ///< two Crypto Sessions each, and #CS is one octet

std::uint32_t drawSsrc(std::span<const SrtpId> map, Random &random)
{
    for (;;) {
        const auto drawn = random.number32();
        const bool taken =
            std::any_of(map.begin(), map.end(), [drawn](const SrtpId &stream) { return stream.ssrc == drawn; });
        if (drawn != 0 && !taken)
            return drawn;
    }
}

/// For each media line our stream and the peer's, whose SSRC the responder fills in.
std::vector<SrtpId> offeredMap(const Offer &offer, Random &random)
{
    std::vector<SrtpId> map(2 * offer.streams);
    const auto given = std::min<std::size_t>(offer.ssrcs.size(), offer.streams);
    for (std::size_t line = 0; line < given; ++line)
        map[2 * line].ssrc = offer.ssrcs[line];
    for (std::size_t line = 0; line < offer.streams; ++line) {
        if (map[2 * line].ssrc == 0)
            map[2 * line].ssrc = drawSsrc(map, random);
    }
    return map;
}

std::uint32_t drawCsbId(const Offer &offer, Random &random)
{
    for (;;) {
        const auto id = random.number32();
        if (!offer.csbInUse || !offer.csbInUse(id))
            return id;
    }
}

/// What is asked for, or the one we like best: the map can name one policy, and others only serve who asks for them.
std::vector<const SrtpSuite *> offeredSuites(const Offer &offer, const Endpoint &endpoint)
{
    if (!offer.suites.empty())
        return offer.suites;
    return {endpoint.preferredSuites().front()};
}

} // namespace

std::optional<Error> checkOffer(const Endpoint &endpoint, const Offer &offer)
{
    if (offer.streams > mostMediaLines)
        return Error::local("a bundle holds at most " + std::to_string(mostMediaLines) + " media lines");
    for (const auto *suite : offeredSuites(offer, endpoint)) {
        if (!endpoint.takes(*suite))
            return Error::local(std::string(suite->name) + " is not allowed here");
    }
    return std::nullopt;
}

Opening::Opening(Context context, const Offer &offer, DataType dataType, NtpTime now)
    : m_timestamp(context.state.uniqueTime(now).octets()), m_rand{}, m_sdpProtocols(sdpProtocolList(offer.sdpProtocols))
{
    m_header.dataType = dataType;
    m_header.v = offer.v;
    m_header.csbId = drawCsbId(offer, context.random);
    m_header.map = offeredMap(offer, context.random);
    m_header.csCount = static_cast<std::uint8_t>(m_header.map.size());
    context.random.fill(m_rand);

    m_payloads = {Timestamp{TimestampType::NtpUtc, m_timestamp}, Rand{m_rand}, idPayload(context.endpoint.identity),
                  idPayload(offer.peer)};
    for (const auto *suite : offeredSuites(offer, context.endpoint)) {
        const auto policyNo = static_cast<std::uint8_t>(m_policies.size()); // the map names the first, number 0
        m_payloads.emplace_back(m_policies.emplace_back(*suite, policyNo).payload());
    }
    if (!m_sdpProtocols.empty())
        m_payloads.emplace_back(GeneralExtension{ExtensionType::SdpIds, octetsOf(m_sdpProtocols)});
}

void fillSsrcs(std::vector<SrtpId> &map, Random &random)
{
    for (auto &stream : map) {
        if (stream.ssrc == 0)
            stream.ssrc = drawSsrc(map, random);
    }
}

} // namespace mikey
