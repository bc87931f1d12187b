// SPDX-License-Identifier: Apache-2.0
#include "analysis/correlation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace media {

namespace {

constexpr std::size_t decimation = 6; // 48 kHz to 8 kHz: most of what makes speech
constexpr std::ptrdiff_t samplesPerMs = sampleRate / 1000 / decimation;

using Signal = std::vector<std::complex<double>>;

std::vector<double> decimated(std::span<const Sample> from)
{
    std::vector<double> to(from.size() / decimation);
    for (std::size_t i = 0; i < to.size(); ++i) {
        for (const Sample sample : from.subspan(i * decimation, decimation))
            to[i] += sample;
    }
    return to;
}

/// Fast Fourier transform in place, of a power of two; the inverse one is not scaled.
void transform(Signal &signal, bool inverse)
{
    const std::size_t size = signal.size();
    for (std::size_t i = 1, j = 0; i < size; ++i) {
        std::size_t bit = size >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j)
            std::swap(signal[i], signal[j]);
    }
    for (std::size_t half = 1; half < size; half *= 2) {
        const double angle = (inverse ? 1 : -1) * std::numbers::pi / static_cast<double>(half);
        Signal roots(half);
        for (std::size_t i = 0; i < half; ++i)
            roots[i] = std::polar(1.0, angle * static_cast<double>(i));
        for (std::size_t start = 0; start < size; start += 2 * half) {
            for (std::size_t i = start; i < start + half; ++i) {
                const std::complex<double> odd = signal[i + half] * roots[i - start];
                signal[i + half] = signal[i] - odd;
                signal[i] += odd;
            }
        }
    }
}

/// Sums of products at every delay, circular: delay d is at d, or at size + d if negative.
std::vector<double> crossProducts(const std::vector<double> &a, const std::vector<double> &b)
{
    Signal transformedA(std::bit_ceil(a.size() + b.size())), transformedB(transformedA.size());
    std::ranges::copy(a, transformedA.begin());
    std::ranges::copy(b, transformedB.begin());
    transform(transformedA, false);
    transform(transformedB, false);
    for (std::size_t i = 0; i < transformedA.size(); ++i)
        transformedA[i] = std::conj(transformedA[i]) * transformedB[i];
    transform(transformedA, true);
    std::vector<double> products(transformedA.size());
    std::ranges::transform(transformedA, products.begin(), [&](const std::complex<double> &value) {
        return value.real() / static_cast<double>(transformedA.size());
    });
    return products;
}

/// energy[i] is that of the samples before i.
std::vector<double> energies(const std::vector<double> &signal)
{
    std::vector<double> sums(signal.size() + 1);
    for (std::size_t i = 0; i < signal.size(); ++i)
        sums[i + 1] = sums[i] + signal[i] * signal[i];
    return sums;
}

} // namespace

Correlation correlate(std::span<const Sample> spoken, std::span<const Sample> heard, std::chrono::milliseconds window)
{
    const std::vector<double> a = decimated(spoken), b = decimated(heard);
    const auto sizeA = static_cast<std::ptrdiff_t>(a.size()), sizeB = static_cast<std::ptrdiff_t>(b.size());
    const std::ptrdiff_t leastOverlap = std::min(sizeA, sizeB) / 2;
    if (leastOverlap == 0)
        return {};
    const std::vector<double> products = crossProducts(a, b), energyA = energies(a), energyB = energies(b);
    const std::ptrdiff_t furthest = static_cast<std::ptrdiff_t>(window.count()) * samplesPerMs;
    Correlation best;
    for (std::ptrdiff_t delay = -furthest; delay <= furthest; ++delay) {
        const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, -delay), end = std::min(sizeA, sizeB - delay);
        if (end - begin < leastOverlap)
            continue;
        const auto at =
            static_cast<std::size_t>(delay < 0 ? delay + static_cast<std::ptrdiff_t>(products.size()) : delay);
        const auto energy = [](const std::vector<double> &sums, std::ptrdiff_t from, std::ptrdiff_t to) {
            return sums[static_cast<std::size_t>(to)] - sums[static_cast<std::size_t>(from)];
        };
        const double norm = std::sqrt(energy(energyA, begin, end) * energy(energyB, begin + delay, end + delay));
        const double correlation = norm > 0 ? products[at] / norm : 0;
        if (correlation > best.peak)
            best = {std::min(correlation, 1.0), std::chrono::milliseconds(delay / samplesPerMs)};
    }
    return best;
}

} // namespace media
