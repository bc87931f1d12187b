// SPDX-License-Identifier: Apache-2.0
#include "kms/memory_store.h"

#include <algorithm>

namespace mikey::kms {

Stored<std::optional<Account>> MemoryStore::account(const std::string &identity)
{
    const auto it = m_accounts.find(identity);
    return it == m_accounts.end() ? std::nullopt : std::optional(it->second);
}

Stored<std::optional<Account>> MemoryStore::accountAt(ByteView locator)
{
    const auto it = std::find_if(m_accounts.begin(), m_accounts.end(),
                                 [&](const auto &entry) { return sameOctets(entry.second.locator, locator); });
    return it == m_accounts.end() ? std::nullopt : std::optional(it->second);
}

Stored<std::monostate> MemoryStore::save(const Account &account, const AuditRow &audit)
{
    m_accounts[account.identity] = account;
    return record(audit);
}

Stored<std::vector<SealedMaster>> MemoryStore::masters(const std::string &kind)
{
    std::vector<SealedMaster> found;
    for (const auto &[key, master] : m_masters) {
        if (key.first == kind)
            found.push_back(master);
    }
    return found;
}

Stored<bool> MemoryStore::add(const SealedMaster &master, const AuditRow &audit)
{
    if (!m_masters.try_emplace({master.kind, master.generation}, master).second)
        return false;
    record(audit);
    return true;
}

Stored<std::optional<Bytes>> MemoryStore::issued(const IssueKey &key)
{
    const auto it = m_issued.find({key.identity, key.period, key.device});
    return it == m_issued.end() ? std::nullopt : std::optional(it->second.sealed);
}

Stored<Bytes> MemoryStore::issueOnce(const IssueKey &key, ByteView sealed, const AuditRow &audit)
{
    const auto [it, fresh] = m_issued.try_emplace({key.identity, key.period, key.device},
                                                  Issued{Bytes(sealed.begin(), sealed.end()), audit.time});
    if (fresh)
        record(audit);
    return it->second.sealed;
}

Stored<std::monostate> MemoryStore::dropMasters(const std::string &kind, std::uint32_t before, const AuditRow &audit)
{
    std::erase_if(m_masters, [&](const auto &one) { return one.first.first == kind && one.first.second < before; });
    return record(audit);
}

Stored<bool> MemoryStore::isMember(const std::string &group, const std::string &member)
{
    return m_members.contains({group, member});
}

Stored<std::monostate> MemoryStore::setMember(const std::string &group, const std::string &member, bool belongs,
                                              const AuditRow &audit)
{
    if (belongs)
        m_members.insert({group, member});
    else
        m_members.erase({group, member});
    return record(audit);
}

Stored<std::size_t> MemoryStore::devices(const std::string &identity, std::uint64_t period)
{
    return static_cast<std::size_t>(std::count_if(m_issued.begin(), m_issued.end(), [&](const auto &one) {
        return std::get<0>(one.first) == identity && std::get<1>(one.first) == period;
    }));
}

Stored<std::monostate> MemoryStore::record(const AuditRow &audit)
{
    m_audit.push_back(audit);
    m_audit.back().number = ++m_lastNumber;
    return std::monostate();
}

Stored<std::vector<AuditRow>> MemoryStore::audit(std::uint64_t after, std::size_t most)
{
    std::vector<AuditRow> rows;
    for (const auto &row : m_audit) {
        if (row.number > after && rows.size() < most)
            rows.push_back(row);
    }
    return rows;
}

Stored<std::size_t> MemoryStore::forget(const Retention &before, std::size_t)
{
    const auto answers = std::erase_if(m_issued, [&](const auto &one) {
        return std::get<1>(one.first) == IssueKey::ofMessages && before.answers.isAfter(one.second.at);
    });
    const auto rows = std::erase_if(m_audit, [&](const AuditRow &row) {
        return (row.event == AuditRow::refusal ? before.refusals : before.audit).isAfter(row.time);
    });
    return answers + rows;
}

} // namespace mikey::kms
