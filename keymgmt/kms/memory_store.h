// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms/store.h"

#include <map>
#include <set>
#include <tuple>

namespace mikey::kms {

/// A store that lives as long as the process, for the demo and for tests.
class MemoryStore : public Store
{
public:
    Stored<std::optional<Account>> account(const std::string &identity) override;
    Stored<std::optional<Account>> accountAt(ByteView locator) override;
    Stored<std::monostate> save(const Account &account, const AuditRow &audit) override;
    Stored<std::vector<SealedMaster>> masters(const std::string &kind) override;
    Stored<bool> add(const SealedMaster &master, const AuditRow &audit) override;
    Stored<std::monostate> dropMasters(const std::string &kind, std::uint32_t before, const AuditRow &audit) override;
    Stored<std::optional<Bytes>> issued(const IssueKey &key) override;
    Stored<std::size_t> devices(const std::string &identity, std::uint64_t period) override;
    Stored<Bytes> issueOnce(const IssueKey &key, ByteView sealed, const AuditRow &audit) override;
    Stored<bool> isMember(const std::string &group, const std::string &member) override;
    Stored<std::monostate> setMember(const std::string &group, const std::string &member, bool belongs,
                                     const AuditRow &audit) override;
    Stored<std::monostate> record(const AuditRow &audit) override;
    Stored<std::vector<AuditRow>> audit(std::uint64_t after, std::size_t most) override;
    Stored<std::size_t> forget(const Retention &before, std::size_t most) override;

private:
    using Issue = std::tuple<std::string, std::uint64_t, std::string>;

    std::map<std::string, Account> m_accounts;
    std::map<std::pair<std::string, std::uint32_t>, SealedMaster> m_masters;
    struct Issued
    {
        Bytes sealed;
        NtpTime at;
    };

    std::map<Issue, Issued> m_issued;
    std::set<std::pair<std::string, std::string>> m_members; ///< group and member
    std::vector<AuditRow> m_audit;                           ///< by number
    std::uint64_t m_lastNumber = 0;
};

} // namespace mikey::kms
