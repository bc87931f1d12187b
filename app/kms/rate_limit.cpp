// SPDX-License-Identifier: Apache-2.0
#include "rate_limit.h"

#include <algorithm>

namespace kmsd {

namespace {

constexpr std::size_t mostAddresses = 50000;

} // namespace

double RateLimit::filled(const Bucket &bucket, Time now) const
{
    const auto minutes = std::chrono::duration<double, std::ratio<60>>(now - bucket.at).count();
    return std::min(m_perMinute, bucket.left + minutes * m_perMinute);
}

void RateLimit::forgetThoseWhoWait(Time now)
{
    std::erase_if(m_buckets, [&](const auto &entry) { return filled(entry.second, now) >= m_perMinute; });
}

bool RateLimit::admit(const std::string &address, Time now)
{
    const std::lock_guard lock(m_mutex);
    auto it = m_buckets.find(address);
    if (it == m_buckets.end()) {
        if (m_buckets.size() >= mostAddresses)
            forgetThoseWhoWait(now);
        if (m_buckets.size() >= mostAddresses)
            return false;
        it = m_buckets.try_emplace(address, Bucket{m_perMinute, now}).first;
    }
    auto &bucket = it->second;
    bucket = {filled(bucket, now), now};
    if (bucket.left < 1)
        return false;
    bucket.left -= 1;
    return true;
}

} // namespace kmsd
