// SPDX-License-Identifier: Apache-2.0
#include "methods/replay_cache.h"

namespace mikey {

bool ReplayCache::Earlier::operator()(const Entry &a, const Entry &b) const
{
    if (a.timestamp == b.timestamp)
        return a.digest < b.digest;
    return b.timestamp.isAfter(a.timestamp);
}

ReplayCache::Verdict ReplayCache::check(const Entry &entry, NtpTime now, std::int64_t skewSeconds) const
{
    const auto t = entry.timestamp;
    if (now.plusSeconds(-skewSeconds).isAfter(t) || t.isAfter(now.plusSeconds(skewSeconds)))
        return Verdict::OutsideWindow;
    if (m_digests.contains(entry.digest))
        return Verdict::Replayed;
    if (m_forgotten && !t.isAfter(*m_forgotten))
        return Verdict::OutsideWindow;
    const auto newest = m_newest.find(entry.bundle);
    if (newest != m_newest.end() && !t.isAfter(newest->second))
        return Verdict::Replayed;
    return Verdict::Fresh;
}

void ReplayCache::add(Entry entry, NtpTime now, std::int64_t skewSeconds)
{
    while (!m_byTime.empty() && now.plusSeconds(-skewSeconds).isAfter(m_byTime.begin()->timestamp))
        forgetOldest();
    while (m_byTime.size() >= m_capacity) {
        m_forgotten = m_byTime.begin()->timestamp;
        forgetOldest();
    }
    m_digests.insert(entry.digest);
    auto &newest = m_newest.try_emplace(entry.bundle, entry.timestamp).first->second;
    if (entry.timestamp.isAfter(newest))
        newest = entry.timestamp;
    m_byTime.insert(std::move(entry));
}

std::vector<ReplayCache::Entry> ReplayCache::entries() const
{
    return {m_byTime.begin(), m_byTime.end()};
}

void ReplayCache::forgetOldest()
{
    const auto oldest = m_byTime.begin();
    m_digests.erase(oldest->digest);
    const auto newest = m_newest.find(oldest->bundle);
    if (newest != m_newest.end() && !newest->second.isAfter(oldest->timestamp))
        m_newest.erase(newest);
    m_byTime.erase(oldest);
}

} // namespace mikey
