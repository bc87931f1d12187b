// SPDX-License-Identifier: Apache-2.0
#include "methods/admission.h"

#include "crypto/digest.h"
#include "methods/ticket_policy.h"
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
    const auto dataType = message.header.dataType;
    const bool ofTicket = dataType >= DataType::RequestInitPsk && dataType <= DataType::ResolveResponse;
    const bool isSeconds = timestamp->type == TimestampType::NtpUtc32 && ofTicket; // RFC 6043 6.3
    if (timestamp->type != TimestampType::NtpUtc && timestamp->type != TimestampType::Ntp && !isSeconds)
        return Error::of(ErrorNumber::InvalidTimestamp, "timestamps other than NTP times are not supported");
    return std::nullopt;
}

NtpTime sentAt(const Message &message)
{
    return *timeOf(*message.find<Timestamp>());
}

Admission::Admission(Context context, const Message &message, const Parties &parties, NtpTime now)
    : m_context(context), m_now(now), m_entry{sentAt(message), sha256(message.octets),
                                              parties.initiator.canonical() + '\n' + hexOf32(message.header.csbId)},
      m_verdict(context.state.replays.check(m_entry, now, context.endpoint.accept.clockSkewSeconds))
{
}

std::optional<Error> Admission::refuseReplay() const
{
    if (m_verdict == ReplayCache::Verdict::Replayed)
        return Error::discarded("this message, or a newer one of the same bundle, was received before");
    return std::nullopt;
}

std::optional<Error> Admission::decide(std::optional<Error> forged)
{
    const auto skew = m_context.endpoint.accept.clockSkewSeconds;
    if (forged)
        return isFresh() ? std::move(*forged)
                         : Error::discarded("the message is out of the clock window and not authentic");
    if (!isFresh())
        return Error::of(ErrorNumber::InvalidTimestamp, outsideWindow(m_entry.timestamp, m_now, skew));
    m_context.state.replays.add(std::move(m_entry), m_now, skew);
    return std::nullopt;
}

} // namespace mikey
