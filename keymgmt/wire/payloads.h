// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/base_payloads.h"
#include "wire/identity_payloads.h"
#include "wire/ticket_payloads.h"

#include <variant>

namespace mikey {

/// Every payload there is. One that a later RFC adds is a struct with its description, and its name here.
using Payload = std::variant<Kemac, Pke, Dh, Sign, Timestamp, Id, Cert, Chash, Verification, SecurityPolicy, Rand,
                             ErrorPayload, KeyData, GeneralExtension, TimestampWithRole, IdWithRole, RandWithRole,
                             TicketPolicy, Ticket, TicketHeader, Ibake, EncryptedSecretKey, SecretKey, EcPoint, Sakke>;

} // namespace mikey
