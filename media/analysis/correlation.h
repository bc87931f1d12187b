// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/samples.h"

#include <span>

namespace media {

struct Correlation
{
    double peak = 0;                    ///< normalised, 0 (nothing in common) to 1 (the same but for the volume)
    std::chrono::milliseconds delay{0}; ///< of `heard` behind `spoken` at the peak; may be negative
};

/// Looks for what was spoken in what was heard: the peak of the normalised cross-correlation at delays between
/// -`window` and +`window`. Works on both recordings at 8 kHz; a few seconds of speech take some 10 ms.
Correlation correlate(std::span<const Sample> spoken, std::span<const Sample> heard,
                      std::chrono::milliseconds window = std::chrono::milliseconds(1500));

} // namespace media
