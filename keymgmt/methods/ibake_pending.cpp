// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake_pending.h"

#include <algorithm>

namespace mikey::ibake {

namespace {

constexpr std::size_t mostPending = 64;
constexpr std::ptrdiff_t mostOfOne = 8; ///< that say they are from the same peer

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

void keepPending(EndpointState &state, PendingIbake pending)
{
    auto &all = state.pendingIbake;
    const auto ofPeer = [&](const PendingIbake &one) { return one.peer == pending.peer; };
    const bool peerIsFull = std::count_if(all.begin(), all.end(), ofPeer) >= mostOfOne;
    if (peerIsFull || all.size() >= mostPending) {
        const auto givesWay = [&](const PendingIbake &a, const PendingIbake &b) {
            const auto rank = [&](const PendingIbake &one) {
                return std::pair(peerIsFull && !ofPeer(one), !one.theirX.empty());
            };
            return rank(a) < rank(b);
        };
        all.erase(std::min_element(all.begin(), all.end(), givesWay));
    }
    all.push_back(std::move(pending));
}

} // namespace mikey::ibake
