// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vector_play.h"

#include <QJsonValue>

namespace tool {

/// The values of RFC 6507 and RFC 6508 behind a SAKKE I_MESSAGE; null for other messages.
QJsonValue sakkeJson(const mikey::Message &message, const VectorEnds &ends, mikey::ByteView ssv);

} // namespace tool
