// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"
#include "wire/inspection.h"

namespace mikey {

/// What a message says, payload by payload and field by field. A damaged message yields what could be read and the
/// fault. `plain`: the decrypted Encr data of its KEMAC or IBAKE if the caller has it; keys in it are told by length
/// and fingerprint only. Encr data that stands in the clear (NULL encryption) is shown as it is.
InspectedMessage inspect(ByteView octets, ByteView plain = {});

} // namespace mikey
