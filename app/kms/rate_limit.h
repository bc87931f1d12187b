// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace kmsd {

/// How often one address may ask: so many times a minute, which it may also use at once. Any thread.
class RateLimit
{
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit RateLimit(int perMinute) : m_perMinute(perMinute) {}

    bool admit(const std::string &address, Time now);

private:
    struct Bucket
    {
        double left = 0;
        Time at;
    };

    double filled(const Bucket &bucket, Time now) const;
    void forgetThoseWhoWait(Time now);

    double m_perMinute;
    std::mutex m_mutex;
    std::unordered_map<std::string, Bucket> m_buckets; ///< of those who asked in the last minute; bounded
};

} // namespace kmsd
