// SPDX-License-Identifier: Apache-2.0
#include "transport/user_agent.h"
namespace sip {
class UserAgent::Private
{
};
UserAgent::~UserAgent() = default;
} // namespace sip
