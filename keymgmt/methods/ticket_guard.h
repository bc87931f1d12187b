// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prf.h"
#include "methods/bundle.h"

#include <initializer_list>

/// How the messages of TICKET and the keys in tickets are protected and derived (RFC 6043 5.1, 5.5, 6.10, A.2).
namespace mikey {

/// In labels of RFC 6043 what a key is for; it stands behind the CSB ID.
enum class TicketTag : std::uint8_t {
    Fork = 0,
    InitialMessage = 1,
    ResponseMessage = 2,
    Session = 3,
    InitiatorData = 4,
    Ticket = 5,
    Mpk = 6,
};

/// Stands for the CSB ID where keys belong to a ticket, and in labels of session keys.
inline constexpr std::uint32_t noCsbId = 0xffffffff;

/// The RANDs that go into a label; one that is left out is empty.
struct TicketRands
{
    ByteView initiator;
    ByteView responder;
};

/// What follows the CSB ID in a label: tag || length || RANDRi || length || RANDRr.
Bytes ticketLabel(TicketTag tag, const TicketRands &rands);
/// Of keys from a TPK or an MPK: tag || length || RAND.
Bytes ticketLabel(TicketTag tag, ByteView rand);

/// The algorithms that go together (RFC 6043 12.1): SHA-1 with AES-128, or SHA-256 with AES-256.
struct TicketAlgorithms
{
    Prf prf;
    Encryption encryption;
    MacAlgorithm mac;
    std::size_t keyOctets; ///< of keys that are drawn, at least 128 bits, and of the RANDs that they meet in labels
    std::size_t macOctets;
};
/// None for a PRF that is not known.
const TicketAlgorithms *ticketAlgorithms(Prf prf);

/// The keys of one message or ticket: encrypts its KEMAC and makes its MAC. It owns what it is made of.
class TicketGuard
{
public:
    /// `label`: of ticketLabel().
    TicketGuard(const TicketAlgorithms &algorithms, ByteView key, std::uint32_t csbId, Bytes label);

    const TicketAlgorithms &algorithms() const { return *m_algorithms; }
    /// AES-CM, both ways. `timestamp`: TS value of the message that carries the KEMAC, or of the ticket.
    Secret counterMode(ByteView data, const Timestamp &timestamp) const;
    /// Over the concatenation of the parts.
    Bytes mac(std::initializer_list<ByteView> parts) const;
    bool verifies(const Verification &v, std::initializer_list<ByteView> parts) const;

    ByteView key() const { return m_key.view(); }
    const Bytes &label() const { return m_label; }
    TicketGuard clone() const { return {*m_algorithms, m_key.view(), m_csbId, m_label}; }

private:
    BundleLabel bundle() const { return {m_csbId, m_label}; }

    const TicketAlgorithms *m_algorithms;
    Secret m_key;
    std::uint32_t m_csbId;
    Bytes m_label;
};

/// KEMAC = E(encr_key, keys), with the NULL MAC. It owns what its payload views.
class GuardedKeys
{
public:
    /// `subPayloads`: encoded Key data.
    GuardedKeys(const TicketGuard &guard, ByteView subPayloads, const Timestamp &timestamp);
    Kemac payload() const { return {m_encryption, m_data.view(), MacAlgorithm::Null, {}}; }

private:
    Encryption m_encryption;
    Secret m_data;
};

/// The keys of a KEMAC in TICKET: the MPKs come first.
struct TicketKeySet
{
    std::vector<Secret> mpks;
    std::vector<TransportedKey> keys; ///< each with an SPI (RFC 6043 6.2.1)

    TicketKeySet clone() const;
    Secret save() const; ///< Key data sub-payloads
};

/// Encoded Key data sub-payloads of these keys.
Secret encodeKeys(std::span<const Secret> mpks, std::span<const TransportedKey> keys);

/// Decrypts and reads a KEMAC of TICKET. `mpks`: how many it has to have. Algorithms must be those of the guard.
Outcome<TicketKeySet> openKeys(const TicketGuard &guard, const Kemac &kemac, const Timestamp &timestamp,
                               std::size_t mpks, Secret *plain = nullptr);
/// Reads what encodeKeys() made.
Outcome<TicketKeySet> decodeKeys(ByteView subPayloads, std::size_t mpks, const TicketAlgorithms &algorithms);

/// What binds forked keys to who answered: the data of IDRr, and RANDRkms (RFC 6043 5.1.1).
struct ForkModifier
{
    Bytes responderId;
    Bytes rand;
};

/// MPKr', or TGK', as long as what it is made of.
Secret forkedKey(Prf ticketPrf, ByteView key, KeyUse use, const ForkModifier &modifier);
/// The same keys with the TGKs forked; TEKs and GTGKs stay as they are.
std::vector<TransportedKey> forkedKeys(Prf ticketPrf, std::span<const TransportedKey> keys,
                                       const ForkModifier &modifier);

/// The longest of the keys, in octets.
std::size_t longestKey(std::span<const TransportedKey> keys);

} // namespace mikey
