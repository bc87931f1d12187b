// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vector_play.h"

#include <QJsonObject>

namespace tool {

/// What `mikeytool rekey` would be asked for.
QJsonObject renewalJson(mikey::Renewal::Keys renewed);

/// A vector as JSON, with every value on the way from the long-term keys to those of the streams;
/// tests/vectors/mikey/README.md says what the members are. The values are not noted while the methods run: all but
/// Diffie-Hellman exponents follow from finished messages and long-term keys, and exponents are the draws whose powers
/// stand in the messages.
QJsonObject vectorJson(const VectorKind &kind, const VectorEnds &ends, const PlayedVector &played,
                       const std::string &seed);

} // namespace tool
