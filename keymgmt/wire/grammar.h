// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/message.h"

namespace mikey {

/// Which payloads may stand in a message of a data type, and how often; what has to be there is each method's to check.
/// A data type without a rule has none to break: its payloads are decoded all the same.
std::optional<DecodeFault> checkGrammar(const Message &message);

} // namespace mikey
