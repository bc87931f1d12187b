// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace mikey {

/// OpenSSL's calls that fail only when memory is gone or the library is broken: no peer can cause it, nothing sensible
/// can be done, so it ends the work as a bug does. `what` names the call; it never holds data.
inline void require(bool ok, const char *what)
{
    if (!ok)
        throw std::runtime_error(std::string("OpenSSL: ") + what + " failed");
}

inline void require(int ok, const char *what)
{
    require(ok == 1, what);
}

} // namespace mikey
