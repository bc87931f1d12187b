// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/output.h"

#include <QHostAddress>

#include <cstddef>
#include <optional>
#include <string>

struct sockaddr_storage;

namespace sip {

/// An IPv4 address mapped into IPv6 becomes IPv4 again.
QHostAddress unmapped(const QHostAddress &address);
std::string toText(const QHostAddress &address);                ///< without a scope id
std::optional<QHostAddress> toAddress(const std::string &host); ///< nothing when it is a name
bool isWildcard(const QHostAddress &address);

/// The address and port in what the system gives.
QHostAddress readSocketAddress(const sockaddr_storage &storage, quint16 *port = nullptr);

/// How the system would reach an address.
struct Path
{
    QHostAddress local;  ///< our address that faces it
    std::size_t mtu = 0; ///< of the way as far as it is known; 0: unknown
};

/// Asks the routing table; sends nothing. Nothing when there is no way.
std::optional<Path> pathTo(const QHostAddress &remote, quint16 port);

/// "127.0.0.1 port 5070", for sentences.
std::string placeText(const QHostAddress &address, quint16 port);

} // namespace sip
