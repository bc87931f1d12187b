// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

namespace kmsd {

/// How many connections of one address are served at once, so that no address takes all threads. Any thread.
class ConnectionLimit
{
public:
    explicit ConnectionLimit(int most) : m_most(most) {}

    /// A connection, as long as it is served.
    class Place
    {
    public:
        Place(ConnectionLimit &limit, std::string address)
            : m_limit(limit), m_address(std::move(address)), m_taken(limit.take(m_address))
        {
        }
        ~Place()
        {
            if (m_taken)
                m_limit.leave(m_address);
        }
        Place(const Place &) = delete;
        Place &operator=(const Place &) = delete;

        bool isTaken() const { return m_taken; } ///< false: there are too many of that address

    private:
        ConnectionLimit &m_limit;
        std::string m_address;
        bool m_taken;
    };

    bool isFull(const std::string &address)
    {
        const std::lock_guard lock(m_mutex);
        const auto it = m_served.find(address);
        return it != m_served.end() && it->second >= m_most;
    }

private:
    bool take(const std::string &address)
    {
        const std::lock_guard lock(m_mutex);
        auto &count = m_served[address];
        if (count >= m_most)
            return false;
        ++count;
        return true;
    }
    void leave(const std::string &address)
    {
        const std::lock_guard lock(m_mutex);
        const auto it = m_served.find(address);
        if (--it->second == 0)
            m_served.erase(it);
    }

    int m_most;
    std::mutex m_mutex;
    std::unordered_map<std::string, int> m_served;
};

} // namespace kmsd
