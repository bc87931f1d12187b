// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

/// Protection against bidding-down in SDP (RFC 4567 4.1.4 and 7): the list of key management protocols offered is bound
/// into the MIKEY message as General Extension "SDP IDs", so that nobody can strike the stronger ones on the way.
namespace mikey {

/// "mikey;keyp1"; what the extension holds.
std::string sdpProtocolList(const std::vector<std::string> &protocols);

/// Compares an authenticated message with the list of the SDP that carried it (empty: no SDP). A single protocol that
/// the message does not list, as older programs do, loses nothing; several are refused then.
std::optional<Error> checkSdpProtocols(const Message &message, const std::vector<std::string> &protocols);

} // namespace mikey
