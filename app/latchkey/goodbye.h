// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/phone.h"

/// Ends what calls there are at the end of the program and waits until the peers know of it, 2 s at most. Runs an event
/// loop.
void sayGoodbye(call::Phone &phone);
