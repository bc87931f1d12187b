// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/endpoint.h"

#include <string>
#include <string_view>

namespace media {

/// Opens what a `--audio` value names: `device`, `device:NAME`, `file:IN.wav,OUT.wav`, `tone` or `none`.
/// Files are opened (OUT is truncated) and checked at once; a device only when the stream starts.
Result<AudioEndpoints> openAudio(std::string_view description);

} // namespace media
