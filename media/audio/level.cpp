// SPDX-License-Identifier: Apache-2.0
#include "audio/level.h"

#include <algorithm>
#include <cmath>

namespace media {

double loudness(std::span<const Sample> samples)
{
    if (samples.empty())
        return LevelMeter::silence;
    std::int64_t energy = 0;
    for (const Sample sample : samples)
        energy += std::int64_t{sample} * sample;
    const double power = static_cast<double>(energy) / static_cast<double>(samples.size()) / (32768.0 * 32768.0);
    return power == 0 ? LevelMeter::silence : std::max(LevelMeter::silence, 10 * std::log10(power));
}

void LevelMeter::add(std::span<const Sample> samples)
{
    constexpr double fallPerSample = 30.0 / sampleRate;
    m_db = std::max({loudness(samples), m_db - fallPerSample * static_cast<double>(samples.size()), silence});
}

} // namespace media
