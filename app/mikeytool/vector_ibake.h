// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vector_service_play.h"

#include <QJsonObject>

namespace tool {

/// What vectors of IBAKE tell of the keys on the way (RFC 6267 5), by the names that the RFC has for them, as members
/// of the exchange: `messages`, each with what protects it, and `ibake`, from both half keys to MPK and TGK.
QJsonObject ibakeMembers(const PlayedService &played, const ServiceExchange &exchange);

} // namespace tool
