// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"
#include "methods/exchange.h"
#include "srtp/key.h"

namespace call {

/// The two crypto sessions of one media line, from our side.
struct SessionPair
{
    const mikey::CryptoSession *send = nullptr;
    const mikey::CryptoSession *receive = nullptr;
};

/// The crypto sessions of the `line`-th media line (from 0). Null where the bundle has none: then one direction has no
/// key. Where a stream has several keys, told apart by MKI, the first is used.
SessionPair sessionsOfLine(const mikey::Agreement &agreement, std::size_t line, bool weInitiated);

media::SrtpKey toSrtpKey(const mikey::CryptoSession &session);

/// What the window shows of all keys of the bundle: fingerprints, no key.
std::vector<KeyRow> keyRows(const mikey::Agreement &agreement, bool weInitiated);

} // namespace call
