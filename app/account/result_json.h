// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

#include <QJsonObject>

/// What an exchange came to, as JSON: "Result of respond and finish" of mikeytool.
namespace account {

enum class Keys { Fingerprints, Revealed };

/// {number, name, reason}
QJsonObject errorJson(const mikey::Error &error);

/// One entry of `crypto_sessions`.
QJsonObject sessionJson(const mikey::CryptoSession &session, Keys keys);

/// `iMessage`: the message that began the exchange; it tells method and bundle where nothing was agreed.
QJsonObject resultJson(const mikey::Step &step, mikey::ByteView iMessage, Keys keys);

/// A key as hex, or as its fingerprint: the first 8 octets of its SHA-256, hex.
QString keyText(mikey::ByteView key, Keys keys);

} // namespace account
