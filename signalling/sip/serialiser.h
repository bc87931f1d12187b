// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/message.h"

#include <string>

namespace sip {

/// The message as it goes over the network, with the Content-Length of its body.
std::string serialise(const Request &request);
std::string serialise(const Response &response);

} // namespace sip
