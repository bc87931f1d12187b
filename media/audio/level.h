// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/samples.h"

#include <span>

namespace media {

/// A level meter: rises at once with the loudness (RMS), falls by 30 dB a second.
class LevelMeter
{
public:
    static constexpr double silence = -96; ///< dBFS, the lowest it shows

    void add(std::span<const Sample> samples);
    double db() const { return m_db; }

private:
    double m_db = silence;
};

/// RMS in dBFS.
double loudness(std::span<const Sample> samples);

} // namespace media
