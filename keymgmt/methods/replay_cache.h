// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/ntp_time.h"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mikey {

/// Remembers authenticated messages so that none is accepted twice (RFC 3830 5.4). Bounded in time by the clock window,
/// and in size: when it is full, the oldest message is forgotten and the window shrinks to what is still remembered.
class ReplayCache
{
public:
    using Digest = std::array<std::uint8_t, 32>; ///< SHA-256 of the whole message
    struct Entry
    {
        NtpTime timestamp;
        Digest digest{};
        std::string bundle; ///< who sent it and for which CSB
    };
    enum class Verdict {
        Fresh,
        OutsideWindow, ///< too old, too far in the future, or of a time this cache lost track of
        Replayed,      ///< known, or not newer than the last message of the same bundle
    };

    ReplayCache() = default;
    explicit ReplayCache(std::size_t capacity) : m_capacity(capacity) {}

    /// Whether two clocks that differ by no more than the skew may have told these times.
    static bool inWindow(NtpTime timestamp, NtpTime now, std::int64_t skewSeconds);

    Verdict check(const Entry &entry, NtpTime now, std::int64_t skewSeconds) const;
    /// Only for messages that were authenticated.
    void add(Entry entry, NtpTime now, std::int64_t skewSeconds);
    /// Messages up to that time may have been seen and forgotten: refuse them all (RFC 3830 5.4). After a restart
    /// without the entries that is the time of the restart; plus the skew, where peers whose clocks are ahead of ours
    /// may have called just before, at the price of refusing everyone for so long.
    void lostTrackAt(NtpTime time);

    std::size_t size() const { return m_byTime.size(); }
    /// For keeping the cache on disk; restore with add().
    std::vector<Entry> entries() const;
    std::optional<NtpTime> forgotten() const { return m_forgotten; }

private:
    struct Earlier
    {
        bool operator()(const Entry &a, const Entry &b) const;
    };
    void forgetOldest();

    std::size_t m_capacity = 4096;
    std::set<Entry, Earlier> m_byTime;
    std::set<Digest> m_digests;
    std::map<std::string, NtpTime> m_newest; ///< last timestamp of each bundle
    std::optional<NtpTime> m_forgotten;      ///< messages up to this time are no longer known
};

} // namespace mikey
