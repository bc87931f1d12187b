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

NtpTime EndpointState::uniqueTime(NtpTime now, NtpTime after)
{
    // A clock that was set back by more than this is believed: peers would refuse a time so far ahead of it.
    constexpr std::int64_t clockJump = std::int64_t{60} << 32;
    const auto ahead = lastSent.minus(now);
    lastSent = lastSent.units() != 0 && ahead >= 0 && ahead < clockJump ? lastSent.next() : now;
    if (after.units() != 0 && !lastSent.isAfter(after))
        lastSent = after.next();
    return lastSent;
}

namespace {

constexpr std::size_t mostEnvelopes = 32;
constexpr std::int64_t envelopeSeconds = 24 * 3600; ///< RFC 3830 3.2: not to be cached indefinitely

} // namespace

void EndpointState::cacheEnvelope(std::string peer, ByteView key, NtpTime now)
{
    std::erase_if(envelopes, [now](const auto &e) { return now.isAfter(e.since.plusSeconds(envelopeSeconds)); });
    if (envelopes.size() == mostEnvelopes)
        envelopes.erase(envelopes.begin());
    envelopes.push_back({std::move(peer), Secret(key), now});
}

std::vector<ByteView> EndpointState::envelopesOf(const std::string &peer, NtpTime now) const
{
    std::vector<ByteView> keys;
    for (auto it = envelopes.rbegin(); it != envelopes.rend(); ++it) {
        if (it->peer == peer && !now.isAfter(it->since.plusSeconds(envelopeSeconds)))
            keys.push_back(it->key.view());
    }
    return keys;
}

} // namespace mikey
