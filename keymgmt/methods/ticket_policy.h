// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/bundle.h"

/// Ticket policies and tickets (RFC 6043 6.10), as values that own what they say.
namespace mikey {

/// How this program is named in tickets that are for some applications only. RFC 6043 leaves the names to
/// implementations.
inline constexpr std::string_view applicationId = "latchkey";

/// Times of tickets are those of 1968 to 2104 (RFC 6043 6.10), so they are compared as such: a ticket may end more than
/// 68 years from now, which NtpTime::isAfter() takes for the past.
bool isLater(NtpTime time, NtpTime other);

/// The flags of a policy, and what its TP Data says.
struct TicketRules
{
    TicketTerms flags;            ///< its `policy` views nothing
    std::string kms;              ///< that can resolve the ticket; as spelled, like all identities here
    std::string initiator;        ///< who requested or made it
    std::optional<NtpTime> start; ///< of the period in which it is valid
    std::optional<NtpTime> end;
    std::uint32_t rekeySeconds = 0;        ///< new keys are due at least so often; 0: not told
    std::vector<std::string> applications; ///< that the ticket is for; none: all (RFC 6043 6.10)
    std::vector<std::string> responders;   ///< persons or groups that may resolve it

    /// `skewSeconds`: how far the clock of who set the beginning may be ahead of ours.
    bool isValidAt(NtpTime now, std::int64_t skewSeconds) const;
    /// Whether calls of this program are among what it is for.
    bool isForCalls() const;
    /// Whether that person is named as a responder. `identity` is canonical.
    bool names(const std::string &identity) const;
    /// Whether the two allow the same, but for who made the ticket and whether it was changed (D, K).
    bool sameWish(const TicketRules &other) const;
};

/// The mode of RFC 6043 4.1.1, from who makes the ticket and who resolves it.
int modeOf(const TicketTerms &flags);

/// Reads a policy. Errors are number 14 for a type of ticket that is not known, 15 for flags or TP Data that break the
/// rules (decision D-12). `wished`: what a TP payload wishes for may hold a KEMAC.
struct WishedKey
{
    KeyDataType type = KeyDataType::Tgk;
    std::size_t octets = 0;
    Bytes spi; ///< empty: the KMS draws one (decision D-10)
};
struct ReadRules
{
    TicketRules rules;
    std::optional<std::vector<WishedKey>> wished; ///< none: the default, one TGK
};
Outcome<ReadRules> readRules(const TicketTerms &terms);

/// The octets of TP Data. `wished` may be null. None if it becomes too long.
std::optional<Bytes> policyData(const TicketRules &rules, const std::vector<WishedKey> *wished = nullptr);

/// A ticket without its Initiator Data.
struct OwnedTicket
{
    TicketTerms terms; ///< its `policy` views nothing
    Bytes policy;
    Bytes data;

    static OwnedTicket of(const Ticket &ticket);
    Ticket payload(ByteView initiatorData = {}) const; ///< views this
    Bytes save() const;                                ///< as a payload whose Next payload field is 0
    static std::optional<OwnedTicket> load(ByteView saved);
};

/// The octets of a TICKET payload that its own MAC covers: from Ticket Type to the Auth alg of the V in its data, so
/// without the Next payload field, that MAC, and the Initiator Data with its length (RFC 6043 A.1). `payload` has all
/// of it.
std::optional<ByteView> coveredByTicketMac(ByteView payload, const Ticket &ticket, std::size_t macOctets);

/// TR payloads hold NTP-UTC-32 or NTP-UTC times, to be read as of 1968 to 2104 (RFC 6043 6.10).
std::optional<NtpTime> timeOf(const TimestampWithRole &timestamp);
std::optional<NtpTime> timeOf(const Timestamp &timestamp);

} // namespace mikey
