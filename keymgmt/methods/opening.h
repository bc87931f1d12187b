// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prf.h"
#include "methods/exchange.h"

#include <list>

/// What the I_MESSAGE of every method begins with, and what the answer does to it.
namespace mikey {

/// Whether a message can be made of the offer: its size and its policies. Errors are local.
std::optional<Error> checkOffer(const Endpoint &endpoint, const Offer &offer);

/// HDR with a new CSB ID and the map of the streams, T, RAND, IDi, IDr, {SP} and the SDP IDs. It owns what its payloads
/// view, and views the identities of endpoint and offer.
class Opening
{
public:
    Opening(Context context, const Offer &offer, DataType dataType, NtpTime now);
    Opening(const Opening &) = delete;
    Opening &operator=(const Opening &) = delete;

    const Header &header() const { return m_header; }
    const std::vector<Payload> &payloads() const { return m_payloads; }
    ByteView timestamp() const { return m_timestamp; }
    BundleLabel label() const { return {m_header.csbId, m_rand}; }

private:
    Header m_header;
    std::array<std::uint8_t, 8> m_timestamp;
    std::array<std::uint8_t, 16> m_rand; ///< RFC 3830 6.11: at least so long
    std::string m_sdpProtocols;
    std::list<SuitePayload> m_policies;
    std::vector<Payload> m_payloads;
};

/// Gives each stream without an SSRC one: the Responder's part of the map (RFC 3830 6.1.1).
void fillSsrcs(std::vector<SrtpId> &map, Random &random);

} // namespace mikey
