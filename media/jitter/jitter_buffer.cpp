// SPDX-License-Identifier: Apache-2.0
#include "jitter/jitter_buffer.h"

#include <algorithm>

namespace media {

namespace {

constexpr std::int64_t samplesPerMs = sampleRate / 1000;
constexpr std::int64_t margin = 10 * samplesPerMs; // a quantum: the player asks only so often
constexpr std::int64_t highestTarget = 300 * samplesPerMs;
constexpr std::int64_t longestStarvation = 200 * samplesPerMs;
constexpr std::int64_t longestGap = sampleRate; // beyond it the peer began anew rather than lost so much
constexpr int lateUntilRestart = 50;

std::int64_t ticks(Time time)
{
    return std::chrono::duration_cast<Duration>(time.time_since_epoch()).count() * samplesPerMs / 1000;
}

} // namespace

void JitterBuffer::Timing::arrived(Ticks transit)
{
    m_windowBase = std::min(m_windowBase, transit);
    m_lateness[m_historyCount++ % historySize] = transit - base();
    if (++m_inWindow == windowSize) {
        m_lastWindowBase = m_windowBase;
        m_windowBase = unknown;
        m_inWindow = 0;
    }
    updateTarget();
}

/// 97 of 100 packets shall be in time; the others are concealed. A delay that spared every straggler would be heard
/// more.
void JitterBuffer::Timing::updateTarget()
{
    std::array<Ticks, historySize> sorted = m_lateness;
    const std::size_t count = std::min(m_historyCount, historySize);
    const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>((count - 1) * 97 / 100);
    std::nth_element(sorted.begin(), nth, sorted.begin() + static_cast<std::ptrdiff_t>(count));
    m_target = std::clamp(*nth + margin, lowestTarget, highestTarget);
}

JitterBuffer::Ticks JitterBuffer::unwrap(std::uint32_t timestamp)
{
    const Ticks reference = m_reference.value_or(timestamp);
    m_reference = reference + static_cast<std::int32_t>(timestamp - static_cast<std::uint32_t>(reference));
    return *m_reference;
}

JitterBuffer::Ticks JitterBuffer::delay(Ticks timestamp, Time now) const
{
    return ticks(now) - timestamp - m_timing.base();
}

JitterBuffer::Slot *JitterBuffer::find(Ticks timestamp)
{
    const auto slot = std::ranges::find_if(m_slots, [&](const Slot &s) { return s.used && s.timestamp == timestamp; });
    return slot == m_slots.end() ? nullptr : &*slot;
}

JitterBuffer::Slot *JitterBuffer::earliest()
{
    Slot *first = nullptr;
    for (Slot &slot : m_slots) {
        if (slot.used && (!first || slot.timestamp < first->timestamp))
            first = &slot;
    }
    return first;
}

/// Makes room by giving up the oldest packet: what is newest is nearest to what is being said.
JitterBuffer::Slot &JitterBuffer::freeSlot()
{
    if (m_count < capacity) {
        ++m_count;
        return *std::ranges::find_if(m_slots, [](const Slot &slot) { return !slot.used; });
    }
    ++m_dropped;
    return *earliest();
}

JitterBuffer::Outcome JitterBuffer::insert(const Packet &packet, Time arrival)
{
    if (packet.payload.size() > largestPayload || packet.duration == 0 || packet.duration > largestDuration)
        return Outcome::Refused;
    const Ticks timestamp = unwrap(packet.timestamp);
    m_timing.arrived(ticks(arrival) - timestamp);
    if (m_playing && timestamp < m_next)
        return tooLate();
    m_lateInRow = 0;
    if (find(timestamp)) {
        ++m_duplicates;
        return Outcome::Duplicate;
    }
    Slot &slot = freeSlot();
    slot.used = true;
    slot.sequence = packet.sequence;
    slot.timestamp = timestamp;
    slot.duration = packet.duration;
    slot.size = packet.payload.size();
    std::ranges::copy(packet.payload, slot.payload.begin());
    return Outcome::Stored;
}

/// Nothing but late packets means that the peer set its timestamps back: begin again where it is now.
JitterBuffer::Outcome JitterBuffer::tooLate()
{
    ++m_late;
    if (++m_lateInRow >= lateUntilRestart)
        restart();
    return Outcome::Late;
}

void JitterBuffer::restart()
{
    for (Slot &slot : m_slots)
        slot.used = false;
    m_count = 0;
    m_timing = {};
    m_playing = false;
    m_lateInRow = 0;
}

PlayoutStep JitterBuffer::next(Time now, bool quiet)
{
    if (!m_playing && !begin(now))
        return {};
    catchUp(now, quiet);
    Slot *slot = earliest();
    if (!slot)
        return starve();
    m_starved = 0;
    return slot->timestamp > m_next ? bridge(*slot) : play(*slot, now, quiet);
}

bool JitterBuffer::begin(Time now)
{
    const Slot *first = earliest();
    if (!first || delay(first->timestamp, now) < m_timing.target())
        return false;
    m_playing = true;
    m_next = first->timestamp;
    m_delay = delay(m_next, now);
    m_lastSequence = static_cast<std::uint16_t>(first->sequence - 1);
    m_starved = 0;
    return true;
}

/// Leaves out what would only make the delay longer than it has to be: a gap whose time has passed already, and packets
/// that wait needlessly.
void JitterBuffer::catchUp(Time now, bool quiet)
{
    const Slot *slot = earliest();
    if (!slot)
        return;
    const Ticks gap = slot->timestamp - m_next;
    if (gap > longestGap || (gap > 0 && delay(slot->timestamp, now) >= std::min(m_timing.target(), m_delay)))
        m_next = slot->timestamp;
    const Ticks excess = delay(m_next, now) - m_timing.target();
    const bool unheard = quiet && excess > frame + margin / 2;
    if (slot->timestamp != m_next || m_count < 2 || (!unheard && excess <= 4 * frame))
        return;
    m_next += static_cast<Ticks>(slot->duration);
    find(slot->timestamp)->used = false;
    --m_count;
    ++m_dropped;
}

/// Nothing there: the time that passes without m_next going on makes the delay longer, so that what is only late is
/// still played. After a while the peer has gone silent and playing begins anew with its next packet.
PlayoutStep JitterBuffer::starve()
{
    m_starved += frame;
    if (m_starved > longestStarvation)
        m_playing = false;
    return {PlayoutStep::Kind::Conceal, {}, samplesPerFrame};
}

PlayoutStep JitterBuffer::play(Slot &slot, Time now, bool quiet)
{
    m_delay = delay(slot.timestamp, now);
    const Ticks shortage = m_timing.target() - m_delay;
    if (shortage > frame || (quiet && shortage > margin))
        return {PlayoutStep::Kind::Conceal, {}, samplesPerFrame};
    m_next = slot.timestamp + static_cast<Ticks>(slot.duration);
    m_lastSequence = slot.sequence;
    slot.used = false;
    --m_count;
    return {PlayoutStep::Kind::Decode, std::span(slot.payload).first(slot.size), slot.duration};
}

/// Fills the gap before a packet. If it is the next in sequence, nothing was lost: the peer had stopped sending.
PlayoutStep JitterBuffer::bridge(const Slot &next)
{
    const Ticks gap = std::min(next.timestamp - m_next, frame);
    const bool last = m_next + gap == next.timestamp;
    const bool lost = next.sequence != static_cast<std::uint16_t>(m_lastSequence + 1);
    m_next += gap;
    const auto samples = static_cast<std::size_t>(gap);
    if (last && lost && gap == frame)
        return {PlayoutStep::Kind::Recover, std::span(next.payload).first(next.size), samples};
    return {PlayoutStep::Kind::Conceal, {}, samples};
}

double JitterBuffer::delayMs() const
{
    return static_cast<double>(m_delay) / samplesPerMs;
}

double JitterBuffer::targetMs() const
{
    return static_cast<double>(m_timing.target()) / samplesPerMs;
}

} // namespace media
