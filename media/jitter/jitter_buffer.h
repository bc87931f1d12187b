// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/samples.h"

#include <array>
#include <optional>
#include <span>

namespace media {

/// What the decoder has to do next.
struct PlayoutStep
{
    enum class Kind {
        Silence, ///< nothing to play: not begun, or the peer has gone silent
        Decode,  ///< `payload`
        Recover, ///< the frame before the one in `payload`, from its in-band FEC if it has some
        Conceal, ///< make `samples` up
    };
    Kind kind = Kind::Silence;
    std::span<const std::uint8_t> payload; ///< valid until the next call of the buffer
    std::size_t samples = samplesPerFrame; ///< how much sound this stands for
};

/// Puts packets back in order and delays them just enough to be there when they are due.
///
/// The delay is counted from when a packet would have arrived at the earliest (the fastest of the last seconds), so it
/// does not depend on clocks being equal. Its target follows how late packets really come; playing is moved towards the
/// target by leaving out or making up a frame, where possible in a pause of speech. Holds at most `capacity` packets;
/// no allocation, no clock: the time is an argument. Timestamps are of 48 kHz (RFC 7587 section 4.1).
class JitterBuffer
{
public:
    static constexpr std::size_t capacity = 64;
    static constexpr std::size_t largestPayload = 1500;
    static constexpr std::size_t largestDuration = 5760; ///< samples; Opus has no longer packets (120 ms)

    struct Packet
    {
        std::uint16_t sequence = 0;
        std::uint32_t timestamp = 0;
        std::span<const std::uint8_t> payload;  ///< larger ones than largestPayload are refused
        std::size_t duration = samplesPerFrame; ///< samples in it, 1 to largestDuration
    };

    enum class Outcome { Stored, Late, Duplicate, Refused };
    Outcome insert(const Packet &packet, Time arrival);

    /// The step due at `now`. `quiet` tells that what plays at present is a pause, in which a change of delay isn't
    /// heard.
    PlayoutStep next(Time now, bool quiet);

    double delayMs() const; ///< of what was played last
    double targetMs() const;
    std::uint64_t late() const { return m_late; } ///< packets that came after their turn
    std::uint64_t duplicates() const { return m_duplicates; }
    std::uint64_t dropped() const { return m_dropped; } ///< packets left out to shorten the delay or for lack of room

private:
    using Ticks = std::int64_t; // samples of 48 kHz, of unwrapped timestamps or of time

    struct Slot
    {
        bool used = false;
        std::uint16_t sequence = 0;
        Ticks timestamp = 0;
        std::size_t duration = 0;
        std::size_t size = 0;
        std::array<std::uint8_t, largestPayload> payload;
    };

    /// The earliest arrival of late, as the transit time that all delays are counted from, and how late the others
    /// came.
    class Timing
    {
    public:
        void arrived(Ticks transit);
        Ticks base() const { return std::min(m_windowBase, m_lastWindowBase); }
        Ticks target() const { return m_target; }

    private:
        static constexpr std::size_t historySize = 128; // packets
        static constexpr std::size_t windowSize = 250;

        void updateTarget();

        Ticks m_windowBase = unknown, m_lastWindowBase = unknown;
        std::size_t m_inWindow = 0;
        std::array<Ticks, historySize> m_lateness{};
        std::size_t m_historyCount = 0;
        Ticks m_target = lowestTarget;
    };

    static constexpr Ticks frame = samplesPerFrame;
    static constexpr Ticks lowestTarget = frame;
    static constexpr Ticks unknown = std::int64_t{1} << 62;

    Ticks unwrap(std::uint32_t timestamp);
    Ticks delay(Ticks timestamp, Time now) const;
    Slot *find(Ticks timestamp);
    Slot *earliest();
    Slot &freeSlot();
    Outcome tooLate();
    void restart();

    bool begin(Time now);
    void catchUp(Time now, bool quiet);
    PlayoutStep starve();
    PlayoutStep play(Slot &slot, Time now, bool quiet);
    PlayoutStep bridge(const Slot &next);

    std::array<Slot, capacity> m_slots;
    std::size_t m_count = 0;
    Timing m_timing;
    std::optional<Ticks> m_reference; // what timestamps are unwrapped against
    bool m_playing = false;
    Ticks m_next = 0;                 // timestamp due next
    std::uint16_t m_lastSequence = 0; // of the packet played last
    Ticks m_starved = 0;
    Ticks m_delay = 0;
    int m_lateInRow = 0;
    std::uint64_t m_late = 0, m_duplicates = 0, m_dropped = 0;
};

} // namespace media
