// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/message.h"

#include <deque>
#include <string>

namespace mikey::test {

/// Well-formed messages of every data type of RFC 3830, 4650 and 4738, with every payload and variant among them; what
/// is in the octet fields is made up.
struct Sample
{
    std::string name;
    Header header;
    std::vector<Payload> payloads; ///< view octets that samples() keeps for the life of the program
    Bytes encoded;
};

const std::vector<Sample> &samples();

} // namespace mikey::test
