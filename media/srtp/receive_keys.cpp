// SPDX-License-Identifier: Apache-2.0
#include "srtp/receive_keys.h"

#include <algorithm>
#include <cassert>

namespace media {

namespace {
constexpr unsigned mostAgreements = 3; // the newest, and the one in force
}

SrtpReceiveKeys::SrtpReceiveKeys(std::vector<SrtpReceiver> first, const KeyLimits &limits, Time now)
    : m_limits(limits), m_ssrc(first.front().ssrc())
{
    add(std::move(first), now);
}

void SrtpReceiveKeys::add(std::vector<SrtpReceiver> receivers, Time now)
{
    assert(!receivers.empty());
    std::vector<Generation> fresh;
    for (SrtpReceiver &receiver : receivers)
        fresh.push_back({std::move(receiver), m_newest, now, false, std::nullopt});
    m_generations.insert(m_generations.begin(), std::move_iterator(fresh.begin()), std::move_iterator(fresh.end()));
}

void SrtpReceiveKeys::renew(std::vector<SrtpReceiver> next, Time now)
{
    ++m_newest;
    const SrtpKey &previous = m_generations.front().receiver.key();
    for (SrtpReceiver &receiver : next) {
        if (receiver.ssrc() == 0 || receiver.ssrc() == previous.ssrc)
            receiver.raiseRoc(previous.roc); // the ROC may have been told with the stream's first keys only
    }
    add(std::move(next), now);
    bindAll();
    std::erase_if(m_generations, [&](const Generation &old) {
        return old.number + mostAgreements <= m_newest && old.number != m_newestUsed;
    });
}

void SrtpReceiveKeys::wipeEnded(Time now)
{
    std::erase_if(m_generations, [&](const Generation &old) { return old.endsAt && *old.endsAt <= now; });
}

std::uint32_t SrtpReceiveKeys::roc() const
{
    return m_highestIndex ? static_cast<std::uint32_t>(*m_highestIndex >> 16)
                          : m_generations.front().receiver.key().roc;
}

UnprotectOutcome SrtpReceiveKeys::unprotectRtp(std::span<std::uint8_t> packet, std::size_t &size, Time now)
{
    return unprotect(&SrtpReceiver::unprotectRtp, packet, size, now);
}

UnprotectOutcome SrtpReceiveKeys::unprotectRtcp(std::span<std::uint8_t> packet, std::size_t &size, Time now)
{
    return unprotect(&SrtpReceiver::unprotectRtcp, packet, size, now);
}

/// The key that fails may have decrypted the packet before it noticed (AES-GCM), so the next one gets it as it came.
UnprotectOutcome SrtpReceiveKeys::unprotect(Unprotect how, std::span<std::uint8_t> packet, std::size_t &size, Time now)
{
    wipeEnded(now);
    m_original.assign(packet.begin(), packet.end());
    UnprotectOutcome refusal = UnprotectOutcome::AuthFailure;
    for (Generation &generation : m_generations) {
        if (m_highestIndex && generation.receiver.ssrc() == m_ssrc)
            generation.receiver.follow(*m_highestIndex);
        const UnprotectOutcome outcome = (generation.receiver.*how)(packet, size);
        if (outcome == UnprotectOutcome::Ok)
            accepted(generation, now);
        if (outcome == UnprotectOutcome::Ok || outcome == UnprotectOutcome::Expired)
            return outcome;
        if (outcome != UnprotectOutcome::AuthFailure && refusal != UnprotectOutcome::Replayed)
            refusal = outcome;
        std::ranges::copy(m_original, packet.begin());
    }
    return refusal;
}

void SrtpReceiveKeys::accepted(Generation &by, Time now)
{
    const std::uint32_t ssrc = by.receiver.ssrc();
    const auto index = by.receiver.highestIndex();
    if (by.number > m_newestUsed || (by.number == m_newestUsed && index >= m_highestIndex)) {
        m_newestUsed = by.number;
        for (Generation &generation : m_generations)
            generation.inForce = &generation == &by;
    }
    // A report may overtake the last packets of the stream before.
    if (m_ssrc == 0 || (ssrc != m_ssrc && index))
        beginStream(ssrc);
    if (index)
        m_highestIndex = std::max(m_highestIndex.value_or(0), *index);
    endOlder(now);
}

void SrtpReceiveKeys::beginStream(std::uint32_t ssrc)
{
    m_ssrc = ssrc;
    m_highestIndex.reset();
    bindAll();
    std::erase_if(m_generations, [&](const Generation &other) { return other.receiver.ssrc() != ssrc; });
}

void SrtpReceiveKeys::bindAll()
{
    for (Generation &generation : m_generations) {
        if (m_ssrc != 0 && generation.receiver.ssrc() == 0)
            generation.receiver.bind(m_ssrc);
    }
}

/// Besides superseded keys these are the ones whose validity the stream has left behind.
void SrtpReceiveKeys::endOlder(Time now)
{
    for (Generation &generation : m_generations) {
        const bool over = generation.number < m_newestUsed ||
                          m_highestIndex.value_or(0) > generation.receiver.key().validTo.value_or(lastSrtpIndex);
        if (over && !generation.inForce && !generation.endsAt)
            generation.endsAt = now + m_limits.grace;
    }
}

KeyGeneration SrtpReceiveKeys::describe(const Generation &generation) const
{
    const SrtpKey &key = generation.receiver.key();
    const KeyUse &use = generation.receiver.use();
    const std::uint64_t next = m_highestIndex ? *m_highestIndex + 1 : std::uint64_t{key.roc} << 16;
    KeyGeneration description;
    description.number = generation.number;
    description.mki = key.mki;
    description.state = generation.inForce  ? KeyState::InForce
                        : generation.endsAt ? KeyState::Ending
                                            : KeyState::Waiting;
    description.use = use;
    description.packetsLeft = packetsLeft(key, use, next, m_limits);
    description.packetsUntilRekey = packetsUntilRekey(key, use, next, m_limits);
    description.installedAt = generation.installedAt;
    description.endsAt = generation.endsAt;
    return description;
}

std::vector<KeyGeneration> SrtpReceiveKeys::generations() const
{
    std::vector<KeyGeneration> descriptions;
    for (const Generation &generation : m_generations)
        descriptions.push_back(describe(generation));
    return descriptions;
}

} // namespace media
