// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "welch.h"

#include "crypto/prime_field.h"
#include "crypto/random.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

/// What an operation of the pairings costs, and whether its time tells a secret.
namespace bench {

using Clock = std::chrono::steady_clock;

inline double msSince(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The median of some runs, and the products of one.
inline void report(const char *name, const char *limit, int runs, const std::function<void()> &work)
{
    work(); // tables that are made once
    std::vector<double> times;
    const auto before = mikey::PrimeField::products();
    for (int i = 0; i < runs; ++i) {
        const auto start = Clock::now();
        work();
        times.push_back(msSince(start));
    }
    const auto products = (mikey::PrimeField::products() - before) / static_cast<std::uint64_t>(runs);
    std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
    std::printf("%-44s %8.3f ms %8llu products   limit %s\n", name, times[static_cast<std::size_t>(runs) / 2],
                static_cast<unsigned long long>(products), limit);
}

/// A fixed secret against random ones, in random order.
inline void leak(const char *name, mikey::Random &random, int runs, const std::function<void(bool fixed)> &prepare,
                 const std::function<void()> &work)
{
    std::vector<std::pair<bool, double>> measured;
    for (int i = 0; i < runs; ++i) {
        const bool fixed = random.number32() & 1;
        prepare(fixed);
        const auto start = Clock::now();
        work();
        measured.emplace_back(fixed, msSince(start));
    }
    std::vector<double> sorted;
    for (const auto &[fixed, ms] : measured)
        sorted.push_back(ms);
    std::sort(sorted.begin(), sorted.end());
    const auto most = sorted[sorted.size() * 9 / 10]; // what the machine disturbed is left out
    Welch welch;
    for (const auto &[fixed, ms] : measured) {
        if (ms <= most)
            welch.add(fixed, ms);
    }
    std::printf("%-44s t = %6.2f of %d runs (beyond 10 it would leak)\n", name, welch.t(), runs);
}

} // namespace bench
