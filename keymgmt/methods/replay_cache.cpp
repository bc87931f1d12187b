// SPDX-License-Identifier: Apache-2.0
#include "methods/replay_cache.h"

#include <algorithm>

namespace mikey {

bool ReplayCache::Earlier::operator()(const Entry &a, const Entry &b) const
{
    if (a.timestamp == b.timestamp)
        return a.digest < b.digest;
    return b.timestamp.isAfter(a.timestamp);
}

namespace {

/// Times are compared modulo 2^32 s, so all that the cache holds has to lie within 68 years.
constexpr std::int64_t mostSkewSeconds = std::int64_t{1} << 30;

std::int64_t windowUnits(std::int64_t skewSeconds)
{
    return std::clamp<std::int64_t>(skewSeconds, 0, mostSkewSeconds) << 32;
}

} // namespace

bool ReplayCache::inWindow(NtpTime timestamp, NtpTime now, std::int64_t skewSeconds)
{
    const auto window = windowUnits(skewSeconds);
    return timestamp.minus(now) <= window && timestamp.minus(now) >= -window;
}

ReplayCache::Verdict ReplayCache::check(const Entry &entry, NtpTime now, std::int64_t skewSeconds) const
{
    const auto t = entry.timestamp;
    if (!inWindow(t, now, skewSeconds))
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
    while (!m_byTime.empty() && m_byTime.begin()->timestamp.minus(now) < -windowUnits(skewSeconds))
        forgetOldest();
    while (!m_byTime.empty() && m_byTime.size() >= m_capacity)
        forgetOldest();
    m_digests.insert(entry.digest);
    auto &newest = m_newest.try_emplace(entry.bundle, entry.timestamp).first->second;
    if (entry.timestamp.isAfter(newest))
        newest = entry.timestamp;
    m_byTime.insert(std::move(entry));
}

void ReplayCache::lostTrackAt(NtpTime time)
{
    if (!m_forgotten || time.isAfter(*m_forgotten))
        m_forgotten = time;
}

std::vector<ReplayCache::Entry> ReplayCache::entries() const
{
    return {m_byTime.begin(), m_byTime.end()};
}

void ReplayCache::forgetOldest()
{
    const auto oldest = m_byTime.begin();
    lostTrackAt(oldest->timestamp); // one that left the window by time too: the clock may be set back
    m_digests.erase(oldest->digest);
    const auto newest = m_newest.find(oldest->bundle);
    if (newest != m_newest.end() && !newest->second.isAfter(oldest->timestamp))
        m_newest.erase(newest);
    m_byTime.erase(oldest);
}

} // namespace mikey
