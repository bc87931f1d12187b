// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arguments.h"
#include "methods/exchange.h"

namespace tool {

/// Tells what an exchange came to: the files of `--out` and `--trace`, the result as JSON or for people, and a
/// refusal's reason on standard error; returns the exit status. A message is taken only once, so the result is printed
/// even if a file cannot be written. `received` and `iMessage`, which began the exchange, may be empty where none could
/// be read.
int report(const Arguments &arguments, const mikey::Step &step, mikey::ByteView received, mikey::ByteView iMessage);

} // namespace tool
