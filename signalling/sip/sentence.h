// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/events.h"
#include "sip/message.h"

#include <string>

namespace sip {

/// What a final response that is no 2xx means to the person who called, as a plain sentence.
std::string sentenceFor(const Response &response);

/// What such a response says about the end of a call.
Ending endingOf(const Response &response);

/// What a warning of the response says, or nothing.
std::string warningOf(const Message &message);

} // namespace sip
