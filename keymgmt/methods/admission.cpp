// SPDX-License-Identifier: Apache-2.0
#include "methods/admission.h"

#include "crypto/digest.h"
#include "wire/text.h"

namespace mikey {

namespace {

/// Why a message that the cache puts outside the window was refused.
std::string outsideWindow(NtpTime sent, NtpTime now, std::int64_t skewSeconds)
{
    if (ReplayCache::inWindow(sent, now, skewSeconds))
        return "messages of that time may have been received before and are no longer remembered";
    const bool behind = now.isAfter(sent);
    const auto apart = behind ? now.units() - sent.units() : sent.units() - now.units();
    constexpr std::uint64_t second = std::uint64_t{1} << 32;
    // Rounded up: 300.1 s are not within a window of 300.
    return "the caller's clock is " + std::to_string(apart / second + (apart % second != 0)) + " s " +
           (behind ? "behind" : "ahead of") + " ours, or the message is old";
}

} // namespace

std::optional<Error> checkTimestamp(const Message &message)
{
    const auto *timestamp = message.find<Timestamp>();
    if (!timestamp)
        return Error::of(ErrorNumber::Unspecified, "the message has no timestamp");
    if (timestamp->type != TimestampType::NtpUtc && timestamp->type != TimestampType::Ntp)
        return Error::of(ErrorNumber::InvalidTimestamp, "timestamps other than NTP times are not supported");
    return std::nullopt;
}

std::optional<Error> admit(Context context, const Message &message, const Parties &parties, NtpTime now,
                           const std::function<std::optional<Error>()> &authenticate)
{
    auto &replays = context.state.replays;
    const auto skew = context.endpoint.accept.clockSkewSeconds;
    ReplayCache::Entry entry{*NtpTime::fromOctets(message.find<Timestamp>()->value), sha256(message.octets),
                             parties.initiator.canonical() + '\n' + hexOf32(message.header.csbId)};
    const auto verdict = replays.check(entry, now, skew);
    if (verdict == ReplayCache::Verdict::Replayed)
        return Error::discarded("this message, or a newer one of the same bundle, was received before");
    const bool fresh = verdict == ReplayCache::Verdict::Fresh;
    if (auto error = authenticate())
        return fresh ? std::move(*error) : Error::discarded("the message is out of the clock window and not authentic");
    if (!fresh)
        return Error::of(ErrorNumber::InvalidTimestamp, outsideWindow(entry.timestamp, now, skew));
    replays.add(std::move(entry), now, skew);
    return std::nullopt;
}

} // namespace mikey
