// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vector_service_play.h"

#include <QJsonObject>

namespace tool {

/// A vector of a method with a service as JSON; tests/vectors/mikey/README.md says what the members are.
QJsonObject serviceVectorJson(const ServiceVectorKind &kind, const PlayedService &played, const std::string &seed);

} // namespace tool
