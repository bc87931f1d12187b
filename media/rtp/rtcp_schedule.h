// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media_time.h"

#include <cstddef>

namespace media {

/// When to send RTCP: the interval of RFC 3550 section 6.3.1 for a session of two senders. Membership never changes, so
/// timer reconsideration has nothing to do.
class RtcpSchedule
{
public:
    /// `random` (0 to 1) spreads the first report.
    void start(Time now, double random);

    Time next() const { return m_next; }

    /// Both parties' packets count towards the average size; `size` is of the UDP payload.
    void received(std::size_t size);
    void sent(std::size_t size, Time now, double random);

private:
    void average(std::size_t size);
    Duration interval(bool initial, double random) const;

    double m_averageSize = 128; // with UDP and IP header; a guess until there are packets (RFC 3550 section 6.3.2)
    Time m_next{};
};

} // namespace media
