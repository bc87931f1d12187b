// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

namespace tool {

/// Fresh keys of a group with one sender: a stream of the sender, and one back to it.
mikey::GroupKeys makeGroupKeys(const mikey::SrtpSuite &suite, mikey::Random &random);

} // namespace tool
