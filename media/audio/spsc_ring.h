// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>

namespace media {

/// A lock-free ring between one writing and one reading thread. The memory is part of the object; nothing in here
/// waits.
template <class T, std::size_t capacity>
class SpscRing
{
    static_assert(std::has_single_bit(capacity), "positions wrap by masking");
    static_assert(std::atomic<std::size_t>::is_always_lock_free);

public:
    /// Writer only. Appends as much of `from` as there is room for and returns how many that were.
    std::size_t write(std::span<const T> from)
    {
        const std::size_t end = m_written.load(std::memory_order_relaxed);
        const std::size_t room = capacity - (end - m_read.load(std::memory_order_acquire));
        const std::size_t count = std::min(room, from.size());
        const std::size_t start = end % capacity, firstPart = std::min(count, capacity - start);
        std::copy_n(from.begin(), firstPart, m_items.begin() + start);
        std::copy_n(from.begin() + firstPart, count - firstPart, m_items.begin());
        m_written.store(end + count, std::memory_order_release);
        return count;
    }

    /// Reader only. Takes as much as there is, at most `to.size()`, and returns how many that were.
    std::size_t read(std::span<T> to)
    {
        const std::size_t begin = m_read.load(std::memory_order_relaxed);
        const std::size_t count = std::min(m_written.load(std::memory_order_acquire) - begin, to.size());
        const std::size_t start = begin % capacity, firstPart = std::min(count, capacity - start);
        std::copy_n(m_items.begin() + start, firstPart, to.begin());
        std::copy_n(m_items.begin(), count - firstPart, to.begin() + firstPart);
        m_read.store(begin + count, std::memory_order_release);
        return count;
    }

    /// How many items wait. Exact for neither thread while the other one works, but never too many for the reader and
    /// never too few for the writer.
    std::size_t size() const
    {
        const std::size_t begin = m_read.load(std::memory_order_acquire);
        return m_written.load(std::memory_order_acquire) - begin;
    }

private:
    // On cache lines of their own, so that the two threads do not fight over one.
    alignas(64) std::atomic<std::size_t> m_written{0};
    alignas(64) std::atomic<std::size_t> m_read{0};
    alignas(64) std::array<T, capacity> m_items{};
};

} // namespace media
