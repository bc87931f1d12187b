// SPDX-License-Identifier: Apache-2.0
#include "call/clock.h"

#include <chrono>
#include <ctime>

namespace call {

namespace {

std::int64_t threadCpuNs()
{
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return std::int64_t{spent.tv_sec} * 1000000000 + spent.tv_nsec;
}

} // namespace

mikey::NtpTime ntpNow()
{
    using namespace std::chrono;
    const auto sinceEpoch = system_clock::now().time_since_epoch();
    return mikey::NtpTime::fromUnixMicroseconds(duration_cast<microseconds>(sinceEpoch).count());
}

std::int64_t monotonicUs()
{
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

CpuTimer::CpuTimer() : m_startNs(threadCpuNs()) {}

double CpuTimer::elapsedMs() const
{
    return static_cast<double>(threadCpuNs() - m_startNs) / 1e6;
}

} // namespace call
