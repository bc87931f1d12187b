// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/ntp_time.h"
#include "wire/result.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a key management service remembers, behind one interface. It holds no secret in clear: the service seals them
/// before it stores them.
namespace mikey::kms {

/// A user. He proves himself by a token: its first part finds the row, of the rest only a hash is kept.
struct Account
{
    std::string identity; ///< canonical
    Bytes locator;
    Bytes tokenHash;
    Bytes psk; ///< sealed; shared with him for the methods that authenticate by MIKEY itself
    bool revoked = false;
};

/// Master secrets. Several generations stand beside each other: the newest that a period has reached is its own.
struct SealedMaster
{
    std::string kind; ///< "sakke"
    std::uint32_t generation = 1;
    std::uint64_t fromPeriod = 0;
    Bytes sealed;
};

/// What an answer was given to: a question for keys, or a MIKEY message, whose hash is the `device` then.
struct IssueKey
{
    static constexpr std::uint64_t ofMessages = 0; ///< period of answers to MIKEY messages

    std::string identity;
    std::uint64_t period = 0;
    std::string device;
};

/// A line of the audit log. It never holds keys or tokens.
struct AuditRow
{
    static constexpr auto refusal = "refuse"; ///< event of what was refused

    NtpTime time;
    std::string event;    ///< "issue", "refuse", "user add", ...
    std::string identity; ///< of the user it is about; empty where he is not known
    std::string detail;
    std::uint64_t number = 0; ///< the store's, ascending; it sets it
};

/// What is no longer needed is from before these times.
struct Retention
{
    NtpTime answers;  ///< to MIKEY messages, which the clock window would refuse by now
    NtpTime refusals; ///< audit rows of what was refused, which anybody can bring about
    NtpTime audit;    ///< all other audit rows
};

/// The store does not answer, or holds what it cannot hold. A sentence for those who run the service.
struct StoreFault
{
    std::string reason;
};

template <class T>
using Stored = Result<T, StoreFault>;

/// Whatever a call has returned without fault outlives a crash. Several services may work on one store: it decides who
/// was first. Rows and their audit rows are stored together or not at all. A store belongs to one thread.
class Store
{
public:
    virtual ~Store() = default;

    virtual Stored<std::optional<Account>> account(const std::string &identity) = 0;
    virtual Stored<std::optional<Account>> accountAt(ByteView locator) = 0;
    /// Adds it, or replaces that of the same identity.
    virtual Stored<std::monostate> save(const Account &account, const AuditRow &audit) = 0;

    virtual Stored<std::vector<SealedMaster>> masters(const std::string &kind) = 0; ///< by generation
    /// Of a generation the first stays. The answer: whether it is this one.
    virtual Stored<bool> add(const SealedMaster &master, const AuditRow &audit) = 0;
    /// Removes those of generations before that one, whose keys nothing needs any more.
    virtual Stored<std::monostate> dropMasters(const std::string &kind, std::uint32_t before,
                                               const AuditRow &audit) = 0;

    virtual Stored<std::optional<Bytes>> issued(const IssueKey &key) = 0;
    /// For how many devices of that user something was issued in that period.
    virtual Stored<std::size_t> devices(const std::string &identity, std::uint64_t period) = 0;
    /// Of a key the first stays, and is what is returned: whoever loses a race answers as the winner does.
    virtual Stored<Bytes> issueOnce(const IssueKey &key, ByteView sealed, const AuditRow &audit) = 0;

    /// Who belongs to a group; both canonical.
    virtual Stored<bool> isMember(const std::string &group, const std::string &member) = 0;
    virtual Stored<std::monostate> setMember(const std::string &group, const std::string &member, bool belongs,
                                             const AuditRow &audit) = 0;

    virtual Stored<std::monostate> record(const AuditRow &audit) = 0;
    /// Those with a number above `after`, in order, at most so many.
    virtual Stored<std::vector<AuditRow>> audit(std::uint64_t after, std::size_t most) = 0;
    /// Removes rows that are no longer needed, of each kind at most so many. How many they were.
    virtual Stored<std::size_t> forget(const Retention &before, std::size_t most) = 0;
};

} // namespace mikey::kms
