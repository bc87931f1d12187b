// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/prf.h"
#include "vector_play.h"

#include <QJsonObject>

namespace tool {

/// The label of a derived key: constant || cs_id || csb_id || RAND (RFC 3830 4.1.3 and 4.1.4).
mikey::Bytes labelOctets(mikey::KeyUse use, std::uint8_t csId, const mikey::BundleLabel &bundle);

/// One exchange of a vector: its messages, and every value that they were made of or lead to.
QJsonObject exchangeJson(const PlayedExchange &exchange, const VectorEnds &ends);

} // namespace tool
