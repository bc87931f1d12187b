// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/ibake_message.h"

/// The ESK of an I_MESSAGE_2: a key for who was called first, where somebody else has answered (RFC 6267 4.2.2.5).
namespace mikey::ibake {

/// A key for who was called first, and the payload that brings it to him.
struct Deposit
{
    Secret key;
    Bytes spi;      ///< it becomes the MKI (decision D-08)
    Bytes encrData; ///< ESK = E(K_PUB, ID || SK)
};

/// None if the identities are too long for a payload.
std::optional<Deposit> makeDeposit(Context context, Prf prf, const Parties &parties, NtpTime time);

} // namespace mikey::ibake
