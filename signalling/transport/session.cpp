// SPDX-License-Identifier: Apache-2.0
#include "transport/session.h"
namespace sip {
struct Session::Facts
{
};
Session::~Session() = default;
} // namespace sip
