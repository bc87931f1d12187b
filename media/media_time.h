// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

/// Time in media/ is always an argument: the media thread reads the steady clock once a turn and hands it down.
namespace media {

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::microseconds;

} // namespace media
