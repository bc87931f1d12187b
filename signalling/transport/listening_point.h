// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/uri.h"

#include <QHostAddress>

namespace sip {

/// An open socket that takes messages.
struct ListeningPoint
{
    Transport transport = Transport::Udp;
    QHostAddress address; ///< may be a wildcard
    quint16 port = 0;
};

} // namespace sip
