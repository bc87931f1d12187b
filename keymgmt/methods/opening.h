// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prf.h"
#include "methods/csb.h"

#include <list>

/// What the I_MESSAGE of every method begins with, and what the answer does to it.
namespace mikey {

/// Whether a message can be made of the offer: its size and its policies. Errors are local.
std::optional<Error> checkOffer(const Endpoint &endpoint, const Offer &offer);

/// Whether the bundle can hold what the renewal adds to its map. Errors are local.
std::optional<Error> checkRenewal(const Csb &csb, const Renewal &renewal);

/// A CSB ID that no bundle of ours with the peer has (RFC 3830 6.1).
std::uint32_t drawCsbId(const Offer &offer, Random &random);

/// For each media line our stream and the peer's, whose SSRC the responder fills in.
std::vector<SrtpId> offeredMap(const Offer &offer, Random &random);

/// What is asked for, or the one we like best: the map can name one policy, and others only serve who asks for them.
std::vector<const SrtpSuite *> offeredSuites(const Offer &offer, const Endpoint &endpoint);

/// What a new exchange offers that takes the place of a bundle: its suites, and our streams of it.
Offer offerLike(const Csb &csb, const Renewal &renewal);

/// HDR, T, RAND, IDi, CERTi, IDr, {SP} and the SDP IDs. It owns what its payloads view, and views the identities of
/// endpoint, offer and bundle, and the certificate.
class Opening
{
public:
    /// Of a message that makes a new bundle. `certificate` may be null.
    Opening(Context context, const Offer &offer, DataType dataType, NtpTime now,
            const OwnCertificate *certificate = nullptr);
    /// Of a message that updates a bundle: its CSB ID, no RAND, and a timestamp newer than any it had (RFC 3830 4.5).
    Opening(Context context, const Csb &csb, const Renewal &renewal, DataType dataType, NtpTime now,
            const OwnCertificate *certificate = nullptr);
    Opening(const Opening &) = delete;
    Opening &operator=(const Opening &) = delete;

    const Header &header() const { return m_header; }
    const std::vector<Payload> &payloads() const { return m_payloads; }
    ByteView timestamp() const { return m_timestamp; }
    const BundleLabel &label() const { return m_label; }
    Bytes mki() const { return m_mki; } ///< for the key that the message brings; empty: none

private:
    void addIdentities(Context context, std::string_view peer, const OwnCertificate *certificate);
    void addSdpProtocols(const std::vector<std::string> &protocols);

    Header m_header;
    std::array<std::uint8_t, 8> m_timestamp;
    std::array<std::uint8_t, 16> m_rand{}; ///< RFC 3830 6.11: at least so long
    BundleLabel m_label;
    Bytes m_mki;
    std::string m_sdpProtocols;
    std::list<SuitePayload> m_policies;
    std::vector<Payload> m_payloads;
};

/// The map of an updated bundle: what was there, moved streams and added lines behind it.
std::vector<SrtpId> renewedMap(const Csb &csb, const Renewal &renewal, Random &random);

/// Gives each stream without an SSRC one: the Responder's part of the map (RFC 3830 6.1.1).
void fillSsrcs(std::vector<SrtpId> &map, Random &random);

} // namespace mikey
