// SPDX-License-Identifier: Apache-2.0
#include "srtp/key_generation.h"

#include "srtp/session.h"

#include <algorithm>

namespace media {

namespace {

/// What is left of `all` after `used`.
std::uint64_t rest(std::uint64_t all, std::uint64_t used)
{
    return all - std::min(all, used);
}

/// Indices from `next` on that the key may be used for.
std::uint64_t indicesLeft(const SrtpKey &key, std::uint64_t next)
{
    const std::uint64_t end = key.validTo.value_or(lastSrtpIndex) + 1;
    return rest(end, std::max(next, key.validFrom.value_or(0)));
}

} // namespace

std::uint64_t packetsLeft(const SrtpKey &key, const KeyUse &use, std::uint64_t next, const KeyLimits &limits)
{
    if (use.reports >= limits.reports) // whichever limit is reached first ends the key
        return 0;
    return std::min(rest(limits.packets, use.packets), indicesLeft(key, next));
}

std::uint64_t packetsUntilRekey(const SrtpKey &key, const KeyUse &use, std::uint64_t next, const KeyLimits &limits)
{
    if (use.reports >= limits.rekeyAfterReports)
        return 0;
    return std::min(rest(limits.rekeyAfterPackets, use.packets), rest(indicesLeft(key, next), limits.rekeyBeforeEnd));
}

} // namespace media
