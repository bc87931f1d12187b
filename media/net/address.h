// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace media {

/// A numeric IPv4 or IPv6 address and a port. Names are resolved by whoever signals.
struct SocketAddress
{
    std::string host;
    std::uint16_t port = 0;

    bool operator==(const SocketAddress &) const = default;
};

} // namespace media
