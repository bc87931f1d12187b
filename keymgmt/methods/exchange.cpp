// SPDX-License-Identifier: Apache-2.0
#include "methods/exchange.h"

#include <algorithm>

namespace mikey {

Error Error::of(ErrorNumber number, std::string reason)
{
    return {number, registry::errorNumber.nameOf(static_cast<std::uint8_t>(number)), std::move(reason)};
}

Error Error::discarded(std::string reason)
{
    return {std::nullopt, "Discarded", std::move(reason)};
}

Error Error::local(std::string reason)
{
    return {std::nullopt, "Not possible here", std::move(reason)};
}

bool Endpoint::takes(const SrtpSuite &suite) const
{
    if (suite.weak && !accept.nullEncryption)
        return false;
    return suites.empty() || std::find(suites.begin(), suites.end(), &suite) != suites.end();
}

std::vector<const SrtpSuite *> Endpoint::preferredSuites() const
{
    if (!suites.empty())
        return suites;
    std::vector<const SrtpSuite *> all;
    for (const auto &suite : srtpSuites()) {
        if (takes(suite))
            all.push_back(&suite);
    }
    return all;
}

NtpTime EndpointState::uniqueTime(NtpTime now)
{
    lastSent = lastSent.units() != 0 && !now.isAfter(lastSent) ? lastSent.next() : now;
    return lastSent;
}

} // namespace mikey
