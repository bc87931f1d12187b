// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <optional>
#include <string>

namespace mikey {

std::string hex(ByteView octets);                    ///< lower case
std::string hexOf32(std::uint32_t number);           ///< always eight digits, as CSB IDs and SSRCs are written
std::optional<Bytes> fromHex(std::string_view text); ///< none if not hex or of odd length

/// Octets of a peer as text that is safe to show: what is not printable ASCII is escaped as \xNN.
std::string printable(ByteView octets);
/// The same for the sentence of an error, which is to stay readable: no more than the first 128 octets.
std::string printableStart(ByteView octets);

/// A 64-bit NTP time as RFC 3339 with milliseconds; hex if it is not 8 octets. Times with the top bit clear are of the
/// era that begins in 2036 (RFC 3830 4.2.8).
std::string ntpTimeText(ByteView octets);

} // namespace mikey
