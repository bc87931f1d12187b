// SPDX-License-Identifier: Apache-2.0
#include "srtp/send_keys.h"

#include <algorithm>
#include <cassert>

namespace media {

namespace {
constexpr unsigned mostAgreements = 3; // the newest; whoever agrees on more before one comes to use gives up the oldest
}

SrtpSendKeys::SrtpSendKeys(std::vector<SrtpSender> first, const KeyLimits &limits, Time now)
    : m_limits(limits), m_waiting(generationsOf(std::move(first), 0, now)), m_current(takeFirst(m_waiting))
{
}

std::vector<SrtpSendKeys::Generation> SrtpSendKeys::generationsOf(std::vector<SrtpSender> senders, unsigned number,
                                                                  Time now)
{
    assert(!senders.empty());
    std::vector<Generation> generations;
    for (SrtpSender &sender : senders)
        generations.push_back({std::move(sender), number, now});
    return generations;
}

/// A new stream begins with the key whose validity begins first, as listed if they begin together.
SrtpSendKeys::Generation SrtpSendKeys::takeFirst(std::vector<Generation> &from)
{
    const auto first = std::ranges::min_element(
        from, {}, [](const Generation &generation) { return generation.sender.key().validFrom.value_or(0); });
    Generation taken = std::move(*first);
    from.erase(first);
    return taken;
}

void SrtpSendKeys::renew(std::vector<SrtpSender> next, Time now)
{
    std::vector<Generation> fresh = generationsOf(std::move(next), ++m_newest, now);
    if (fresh.front().sender.ssrc() != ssrc()) {
        m_waiting.clear();
        m_current = takeFirst(fresh);
    }
    m_waiting.insert(m_waiting.begin(), std::move_iterator(fresh.begin()), std::move_iterator(fresh.end()));
    std::erase_if(m_waiting, [&](const Generation &old) { return old.number + mostAgreements <= m_newest; });
    choose();
}

std::uint64_t SrtpSendKeys::left(const Generation &generation) const
{
    return packetsLeft(generation.sender.key(), generation.sender.use(), nextIndex(), m_limits);
}

bool SrtpSendKeys::mayProtect(const Generation &generation) const
{
    return valid(generation.sender.key(), nextIndex()) && left(generation) > 0;
}

/// A key that was left is never used again, nor is one older than the key in force.
void SrtpSendKeys::choose()
{
    const auto next = std::ranges::find_if(m_waiting, [&](const Generation &waiting) {
        return mayProtect(waiting) && (waiting.number > m_current.number || expired());
    });
    if (next != m_waiting.end()) {
        next->sender.startAt(nextIndex());
        m_current = std::move(*next);
        m_waiting.erase(next);
    }
    std::erase_if(m_waiting, [&](const Generation &old) { return old.number < m_current.number || left(old) == 0; });
}

/// Whether a key that is here already takes over when the one in force ends.
bool SrtpSendKeys::hasSuccessor() const
{
    const std::uint64_t then = nextIndex() + left(m_current);
    return std::ranges::any_of(m_waiting, [&](const Generation &waiting) { return valid(waiting.sender.key(), then); });
}

bool SrtpSendKeys::takeRekeyDue()
{
    const SrtpSender &sender = m_current.sender;
    if (m_current.rekeyTold || packetsUntilRekey(sender.key(), sender.use(), nextIndex(), m_limits) > 0 ||
        hasSuccessor())
        return false;
    m_current.rekeyTold = true;
    return true;
}

ProtectOutcome SrtpSendKeys::protectRtp(std::span<std::uint8_t> buffer, std::size_t &size)
{
    if (expired())
        return ProtectOutcome::KeyExpired;
    const ProtectOutcome outcome = m_current.sender.protectRtp(buffer, size);
    choose();
    return outcome;
}

/// RFC 3711 section 8.1.1: SRTCP belongs to the SRTP index used last, so a validity that ended with that does not end
/// the reports; the number of packets does (section 9.2).
ProtectOutcome SrtpSendKeys::protectRtcp(std::span<std::uint8_t> buffer, std::size_t &size)
{
    const KeyUse &use = m_current.sender.use();
    if (use.packets >= m_limits.packets || use.reports >= m_limits.reports)
        return ProtectOutcome::KeyExpired;
    const ProtectOutcome outcome = m_current.sender.protectRtcp(buffer, size);
    choose();
    return outcome;
}

KeyGeneration SrtpSendKeys::describe(const Generation &generation, KeyState state) const
{
    const SrtpSender &sender = generation.sender;
    KeyGeneration description;
    description.number = generation.number;
    description.mki = sender.key().mki;
    description.state = state;
    description.use = sender.use();
    description.packetsLeft = left(generation);
    description.packetsUntilRekey = packetsUntilRekey(sender.key(), sender.use(), nextIndex(), m_limits);
    description.installedAt = generation.installedAt;
    return description;
}

std::vector<KeyGeneration> SrtpSendKeys::generations() const
{
    std::vector<KeyGeneration> descriptions{describe(m_current, KeyState::InForce)};
    for (const Generation &waiting : m_waiting)
        descriptions.push_back(describe(waiting, KeyState::Waiting));
    return descriptions;
}

} // namespace media
