// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/parties.h"

/// The checks that stand before any processing of a first message, in the order of RFC 3830 5.3.
namespace mikey {

/// That the message has a timestamp, of a type that is understood.
std::optional<Error> checkTimestamp(const Message &message);
/// The time in the timestamp of such a message.
NtpTime sentAt(const Message &message);

/// Clock window and replay cache for one message, which must have passed checkTimestamp(). Made before anything costly
/// is done with the message, decided after it was authenticated.
class Admission
{
public:
    Admission(Context context, const Message &message, const Parties &parties, NtpTime now);

    /// A message that was received before is discarded.
    std::optional<Error> refuseReplay() const;
    bool isFresh() const { return m_verdict == ReplayCache::Verdict::Fresh; }
    /// `forged`: what authentication found wrong. An authentic message is remembered. One that is out of the window is
    /// told so only if it is authentic; else it is discarded as RFC 3830 5.3 says.
    std::optional<Error> decide(std::optional<Error> forged);

private:
    Context m_context;
    NtpTime m_now;
    ReplayCache::Entry m_entry;
    ReplayCache::Verdict m_verdict;
};

} // namespace mikey
