// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call/snapshot.h"
#include "methods/exchange.h"
#include "srtp/key.h"
#include "stream/statistics.h"

namespace call {

/// The keys of one media line, from our side; several a stream where the bundle has several, told apart by MKI or
/// validity.
struct LineKeys
{
    std::vector<const mikey::CryptoSession *> send;
    std::vector<const mikey::CryptoSession *> receive;

    bool bothWays() const { return !send.empty() && !receive.empty(); }
};

/// The crypto sessions in force of the `line`-th media line (from 0). Empty where the bundle has none: then one
/// direction has no key.
LineKeys keysOfLine(const mikey::Agreement &agreement, std::size_t line);

media::SrtpKey toSrtpKey(const mikey::CryptoSession &session);
std::vector<media::SrtpKey> toSrtpKeys(const std::vector<const mikey::CryptoSession *> &sessions);

/// What the window shows of all keys of the bundle: fingerprints, no key.
std::vector<KeyRow> keyRows(const mikey::Agreement &agreement, int generation);

/// Tells keys from others without being one: fingerprints of the line's keys.
QByteArray keyMark(const LineKeys &keys);

/// Brings the rows up to date: packets, what is in force; rows of keys that were wiped go.
void showKeys(std::vector<KeyRow> &rows, const media::StreamStatistics &now);

} // namespace call
