// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/samples.h"

namespace media {

/// Paces an endpoint without hardware: counts the samples that the time passed since start() is worth. The count comes
/// from the start time, so rounding does not add up to a drift.
class SampleClock
{
public:
    /// `lead` samples are due at once, as with a sound card that wants its buffer filled before it plays.
    void start(Time now, std::size_t lead = 0);

    /// Samples due and not yet taken. After a pause of more than a second (a suspended machine) the clock goes on from
    /// there instead of asking for all that was missed.
    std::size_t due(Time now) const;
    void take(std::size_t samples, Time now);

private:
    std::int64_t position(Time now) const;

    Time m_start{};
    std::int64_t m_taken = 0;
};

} // namespace media
