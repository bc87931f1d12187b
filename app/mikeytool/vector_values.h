// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vector_play.h"

#include <QJsonObject>

namespace tool {

/// One exchange of a vector: its messages, and every value that they were made of or lead to.
QJsonObject exchangeJson(const PlayedExchange &exchange, const VectorEnds &ends);

} // namespace tool
