// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prf.h"
#include "methods/bundle.h"

namespace mikey {

/// With what the updates of a bundle made with a ticket go on: the keys that protected the last message of the exchange
/// that made it (RFC 6043 5.2), and who may bring new keys.
struct TicketUpdates
{
    Secret mpk; ///< MPKi or MPKr'; empty: the bundle was not made with a ticket
    Bytes label;
    bool initiatorKeys = false;     ///< flag L
    bool responderKeys = false;     ///< flag M
    std::uint32_t rekeySeconds = 0; ///< new keys are due at least so often (TRr, RFC 6043 6.10); 0: not told
    /// SHA-256 of the ticket, where nobody was asked since it was resolved before; else empty.
    Bytes remembered{};

    TicketUpdates clone() const { return {mpk.clone(), label, initiatorKeys, responderKeys, rekeySeconds, remembered}; }
};

/// A Crypto Session Bundle that stands: what both sides keep of the exchange that made it, so that it can be updated
/// (RFC 3830 4.5). It holds all the keys of the bundle.
struct Csb
{
    std::string method;        ///< name of the method table
    bool weInitiated = false;  ///< the first exchange, whose Initiator's streams have the odd CS IDs
    std::uint32_t csbId = 0;   ///< in the headers of messages
    std::uint32_t labelId = 0; ///< in the derivation of keys: another one only in groups (RFC 4738 3.6)
    Prf prf = Prf::Mikey1;
    Bytes rand;                            ///< of the first exchange; updates have none
    NtpTime newest;                        ///< timestamp of the last message; none that is older is taken
    Parties parties;                       ///< of the first exchange
    std::vector<SrtpId> map;               ///< entry i is CS ID i + 1
    std::vector<const SrtpSuite *> suites; ///< of each entry
    std::vector<TransportedKey> keys;      ///< in force
    Secret envelopeKey;                    ///< serves as pre-shared key for updates; empty: none is cached
    CertificateChain peerCertificates;     ///< that the peer signed with; empty where keys are shared
    TicketUpdates ticket;

    BundleLabel label() const { return {labelId, rand}; }
    const Party &self() const { return weInitiated ? parties.initiator : parties.responder; }
    const Party &peer() const { return weInitiated ? parties.responder : parties.initiator; }

    Csb clone() const;
    Secret save() const;
    static std::optional<Csb> load(ByteView saved);
};

/// The MKI that follows the last one in force; empty where keys have none (RFC 3711 3.1 lets no MKI come up midway).
Bytes nextMki(const std::vector<TransportedKey> &inForce);

/// Of each media line's two Crypto Sessions the ones in force: a later pair with the same SSRC replaces an earlier one.
/// Positions in the map of the first of each two.
std::vector<std::size_t> linesInForce(std::span<const SrtpId> map);

/// The map that an update brings, checked against the one that stands: what was there is unchanged, more may follow. A
/// map that is left out changes nothing.
Outcome<std::vector<SrtpId>> updatedMap(const Csb &csb, const Header &header);

/// Whether the map told in an answer is the one asked with SSRCs filled in where it left them open: streams that were
/// named stay as they were, and none gets the SSRC of one of them. Policies are not compared.
bool fillsIn(std::span<const SrtpId> asked, std::span<const SrtpId> told);

/// Whether the streams that stand keep their suites.
bool keepsSuites(const Csb &csb, std::span<const SrtpSuite *const> suites);

/// The bundle that stands under the message's CSB ID, or null. Peers choose those IDs: of several it is the one with
/// whom the message names as its Initiator.
const Csb *findBundle(std::span<const Csb *const> bundles, const Message &message);

} // namespace mikey
