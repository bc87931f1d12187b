// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

/// Welch's t-test on two series of measurements, kept as running moments (the test of "dudect", Reparaz, Balasch and
/// Verbauwhede 2017). |t| beyond some 10 shows that the two differ; a small |t| shows nothing but that none was seen.
class Welch
{
public:
    void add(bool second, double value)
    {
        auto &series = m_series[second ? 1 : 0];
        ++series.count;
        const auto delta = value - series.mean;
        series.mean += delta / static_cast<double>(series.count);
        series.squares += delta * (value - series.mean);
    }

    double t() const
    {
        const auto &a = m_series[0], &b = m_series[1];
        const auto error =
            std::sqrt(a.variance() / static_cast<double>(a.count) + b.variance() / static_cast<double>(b.count));
        return error > 0 ? (a.mean - b.mean) / error : 0;
    }

private:
    struct Series
    {
        std::uint64_t count = 0;
        double mean = 0;
        double squares = 0;

        double variance() const { return count > 1 ? squares / static_cast<double>(count - 1) : 0; }
    };
    Series m_series[2];
};
