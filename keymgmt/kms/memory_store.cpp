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
    return it == m_issued.end() ? std::nullopt : std::optional(it->second);
}

Stored<Bytes> MemoryStore::issueOnce(const IssueKey &key, ByteView sealed, const AuditRow &audit)
{
    const auto [it, fresh] =
        m_issued.try_emplace({key.identity, key.period, key.device}, Bytes(sealed.begin(), sealed.end()));
    if (fresh)
        record(audit);
    return it->second;
}

Stored<std::monostate> MemoryStore::record(const AuditRow &audit)
{
    m_audit.push_back(audit);
    m_audit.back().number = m_audit.size();
    return std::monostate();
}

Stored<std::vector<AuditRow>> MemoryStore::audit(std::uint64_t after, std::size_t most)
{
    const auto first = m_audit.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(after, m_audit.size()));
    const auto count = std::min<std::size_t>(most, static_cast<std::size_t>(m_audit.end() - first));
    return std::vector<AuditRow>(first, first + static_cast<std::ptrdiff_t>(count));
}

} // namespace mikey::kms
