// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mikey::kms {

/// Keys of a period are issued from so long before it begins, since users need them before the second-to-last day of
/// the one that ends (RFC 6509 3.3).
inline constexpr std::int64_t issuedEarlySeconds = std::int64_t{4} * 24 * 3600;

} // namespace mikey::kms
