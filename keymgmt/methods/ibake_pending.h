// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// The I_MESSAGE_1s that an endpoint has answered. None of them proves who sent it, so they are held side by side, and
/// what of them is ours cannot be driven out by what anybody can send.
namespace mikey::ibake {

/// Forgets what came longer ago than its I_MESSAGE_2 may take.
void forgetOldPending(Context context, NtpTime now);
/// The I_MESSAGE_1 with that digest, if it was answered.
const PendingIbake *answeredBefore(const EndpointState &state, ByteView question);
/// Keeps one more. Where there is no room, one that is done with gives way first, then one that we could not read,
/// since anybody can make such, then the oldest. But one that we could read is not driven out while its I_MESSAGE_2 may
/// be on its way: false where only such are left, and the new one is not kept.
bool keepPending(EndpointState &state, PendingIbake pending);

} // namespace mikey::ibake
