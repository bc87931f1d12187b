// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.h"
#include "methods/exchange.h"

namespace tool {

/// Prints what an exchange came to, as JSON or for people, and a refusal's reason to standard error; returns the exit
/// status. `iMessage` may be empty where none could be read.
int report(const Arguments &arguments, const mikey::Step &step, mikey::ByteView iMessage);

} // namespace tool
