// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vector_service_play.h"

#include <QJsonObject>

namespace tool {

/// What vectors of TICKET tell of the keys on the way (RFC 6043 5.1 and A.2), by the names that the RFC has for them,
/// as members of one of the exchanges: `messages`, each with what protects it, and where the exchange has one `ticket`,
/// from the TPK to the keys that are forked.
QJsonObject ticketMembers(const PlayedService &played, const ServiceExchange &exchange);

} // namespace tool
