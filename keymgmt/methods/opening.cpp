// SPDX-License-Identifier: Apache-2.0
#include "methods/opening.h"

#include "methods/certificates.h"
#include "methods/identity.h"
#include "methods/parties.h"
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

} // namespace

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

std::vector<const SrtpSuite *> offeredSuites(const Offer &offer, const Endpoint &endpoint)
{
    if (!offer.suites.empty())
        return offer.suites;
    return {endpoint.preferredSuites().front()};
}

Offer offerLike(const Csb &csb, const Renewal &renewal)
{
    Offer offer;
    offer.peer = csb.peer().canonical();
    offer.suites.assign(1, csb.suites.front());
    offer.sdpProtocols = renewal.sdpProtocols;
    const auto lines = linesInForce(csb.map);
    offer.streams = static_cast<unsigned>(lines.size());
    offer.ssrcs = renewal.ssrcs;
    for (auto i = offer.ssrcs.size(); i < lines.size(); ++i)
        offer.ssrcs.push_back(csb.map[lines[i] + (csb.weInitiated ? 0 : 1)].ssrc);
    return offer;
}

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

std::optional<Error> checkRenewal(const Csb &csb, const Renewal &renewal)
{
    const bool moved = renewal.keys == Renewal::Keys::NewTek;
    const auto lines = std::size_t{renewal.addedStreams} + (moved ? linesInForce(csb.map).size() : 0);
    if (csb.map.size() + 2 * lines <= UINT8_MAX)
        return std::nullopt;
    return Error::local("a bundle holds at most " + std::to_string(mostMediaLines) +
                        " media lines, those counted that new keys have replaced");
}

Opening::Opening(Context context, const Offer &offer, DataType dataType, NtpTime now, const OwnCertificate *certificate)
    : m_timestamp(context.state.uniqueTime(now).octets()), m_mki{0, 0, 0, 1}
{
    m_header.dataType = dataType;
    m_header.v = offer.v;
    m_header.csbId = drawCsbId(offer, context.random);
    if (!offer.listenOnly)
        m_header.map = offeredMap(offer, context.random);
    m_header.csCount = static_cast<std::uint8_t>(m_header.map.size());
    m_payloads = {Timestamp{TimestampType::NtpUtc, m_timestamp}};
    if (!offer.join) { // the RAND of a group is its key server's (RFC 4738 3.2)
        context.random.fill(m_rand);
        m_payloads.emplace_back(Rand{m_rand});
        m_label = {m_header.csbId, m_rand};
    }
    addIdentities(context, offer.peer, certificate);
    if (!offer.join) {
        for (const auto *suite : offeredSuites(offer, context.endpoint)) {
            const auto policyNo = static_cast<std::uint8_t>(m_policies.size()); // the map names the first, number 0
            m_payloads.emplace_back(m_policies.emplace_back(*suite, policyNo).payload());
        }
    }
    addSdpProtocols(offer.sdpProtocols);
}

Opening::Opening(Context context, const Csb &csb, const Renewal &renewal, DataType dataType, NtpTime now,
                 const OwnCertificate *certificate)
    : m_timestamp(context.state.uniqueTimeAfter(csb.newest, now, csb.weInitiated).octets()), m_label(csb.label()),
      m_mki(nextMki(csb.keys))
{
    m_header.dataType = dataType;
    m_header.v = renewal.v;
    m_header.prf = csb.prf;
    m_header.csbId = csb.csbId;
    m_header.map = renewedMap(csb, renewal, context.random);
    m_header.csCount = static_cast<std::uint8_t>(m_header.map.size());
    m_payloads = {Timestamp{TimestampType::NtpUtc, m_timestamp}};
    addIdentities(context, csb.peer().data, certificate);
    addSdpProtocols(renewal.sdpProtocols);
}

void Opening::addIdentities(Context context, std::string_view peer, const OwnCertificate *certificate)
{
    const auto add = [this](std::string_view identity, IdRole role) {
        const auto id = idPayload(identity);
        if (usesRoles(m_header.dataType))
            m_payloads.emplace_back(IdWithRole{role, id.type, id.data});
        else
            m_payloads.emplace_back(id);
    };
    add(ownIdentity(context.endpoint, m_header.dataType), IdRole::Initiator);
    if (certificate) {
        for (auto &payload : certPayloads(context.endpoint.x509, *certificate))
            m_payloads.push_back(std::move(payload));
    }
    add(peer, IdRole::Responder);
}

void Opening::addSdpProtocols(const std::vector<std::string> &protocols)
{
    m_sdpProtocols = sdpProtocolList(protocols);
    if (!m_sdpProtocols.empty())
        m_payloads.emplace_back(GeneralExtension{ExtensionType::SdpIds, octetsOf(m_sdpProtocols)});
}

std::vector<SrtpId> renewedMap(const Csb &csb, const Renewal &renewal, Random &random)
{
    auto map = csb.map;
    if (renewal.keys == Renewal::Keys::NewTek) {
        for (const auto line : linesInForce(csb.map)) {
            for (auto i = line; i < std::min(line + 2, csb.map.size()); ++i) {
                auto stream = csb.map[i];
                const auto roc = renewal.rocs.find(stream.ssrc);
                stream.roc = roc == renewal.rocs.end() ? stream.roc : roc->second;
                map.push_back(stream);
            }
        }
    }
    for (std::size_t line = 0; line < renewal.addedStreams; ++line) {
        const auto policyNo = map.empty() ? std::uint8_t{0} : map.front().policyNo;
        const auto ssrc = line < renewal.ssrcs.size() ? renewal.ssrcs[line] : drawSsrc(map, random);
        // Of the two sessions of a line the first is the stream of who made the bundle.
        map.push_back({policyNo, csb.weInitiated ? ssrc : 0, 0});
        map.push_back({policyNo, csb.weInitiated ? 0 : ssrc, 0});
    }
    return map;
}

void fillSsrcs(std::vector<SrtpId> &map, Random &random)
{
    for (auto &stream : map) {
        if (stream.ssrc == 0)
            stream.ssrc = drawSsrc(map, random);
    }
}

} // namespace mikey
