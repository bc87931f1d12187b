// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media_time.h"

#include <cstddef>
#include <cstdint>

/// The one audio format inside Latchkey: 48 kHz, mono, signed 16 bit.
namespace media {

using Sample = std::int16_t;

inline constexpr int sampleRate = 48000;
inline constexpr std::chrono::milliseconds quantum{10}; ///< what the audio side handles at a time
inline constexpr std::size_t samplesPerQuantum = 480;
inline constexpr std::size_t samplesPerFrame = 960; ///< one Opus frame, 20 ms

} // namespace media
