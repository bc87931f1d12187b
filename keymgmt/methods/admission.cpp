// SPDX-License-Identifier: Apache-2.0
#include "methods/admission.h"

#include "crypto/digest.h"
#include "wire/text.h"

namespace mikey {

namespace {

std::string outsideWindow(NtpTime sent, NtpTime now)
{
    const auto seconds = sent.minus(now) / (std::int64_t{1} << 32);
    return "the caller's clock is " + std::to_string(seconds < 0 ? -seconds : seconds) + " s " +
           (seconds < 0 ? "behind" : "ahead of") + " ours, or the message is old";
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
        return Error::of(ErrorNumber::InvalidTimestamp, outsideWindow(entry.timestamp, now));
    replays.add(std::move(entry), now, skew);
    return std::nullopt;
}

} // namespace mikey
