// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/phone.h"
#include "options.h"
#include "profile_identity_store.h"

/// Shows the window of a phone until it is closed; the program's exit status.
int runWindow(call::Phone &phone, ProfileIdentityStore &identities, const Options &options);

/// Alice's and Bob's windows beside each other; Alice calls, Bob's rings.
int runWindowDemo(const Options &options);
