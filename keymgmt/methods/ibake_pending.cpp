// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake_pending.h"

#include <algorithm>

namespace mikey::ibake {

namespace {

constexpr std::size_t mostPending = 64;
constexpr std::ptrdiff_t mostOfOne = 8;       ///< that say they are from the same peer
constexpr std::int64_t protectedSeconds = 32; ///< in which SIP gives up (RFC 3261 64*T1)

/// What gives way first.
enum Rank { Done, Unreadable, Old, Stays };

} // namespace

void forgetOldPending(Context context, NtpTime now)
{
    const auto limit = 2 * context.endpoint.accept.clockSkewSeconds; // a first message is fresh no longer
    std::erase_if(context.state.pendingIbake,
                  [&](const PendingIbake &one) { return now.isAfter(one.since.plusSeconds(limit)); });
}

const PendingIbake *answeredBefore(const EndpointState &state, ByteView question)
{
    const auto &all = state.pendingIbake;
    const auto it = std::find_if(all.begin(), all.end(),
                                 [&](const PendingIbake &one) { return sameOctets(one.question, question); });
    return it == all.end() ? nullptr : &*it;
}

bool keepPending(EndpointState &state, PendingIbake pending)
{
    auto &all = state.pendingIbake;
    const auto ofPeer = [&](const PendingIbake &one) { return one.peer == pending.peer; };
    const bool peerIsFull = std::count_if(all.begin(), all.end(), ofPeer) >= mostOfOne;
    if (!peerIsFull && all.size() < mostPending) {
        all.push_back(std::move(pending));
        return true;
    }
    const auto rank = [&](const PendingIbake &one) {
        if (peerIsFull && !ofPeer(one))
            return Stays;
        if (!one.waits())
            return Done;
        if (one.theirX.empty())
            return Unreadable;
        return pending.since.isAfter(one.since.plusSeconds(protectedSeconds)) ? Old : Stays;
    };
    const auto first = std::min_element(
        all.begin(), all.end(), [&](const PendingIbake &a, const PendingIbake &b) { return rank(a) < rank(b); });
    if (rank(*first) == Stays)
        return false;
    all.erase(first);
    all.push_back(std::move(pending));
    return true;
}

} // namespace mikey::ibake
