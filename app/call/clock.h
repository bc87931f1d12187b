// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/ntp_time.h"

#include <cstdint>

/// The clocks of the program, read here only: the cores below get the time as an argument.
namespace call {

mikey::NtpTime ntpNow();
std::int64_t monotonicUs();

/// CPU time of this thread spent since construction.
class CpuTimer
{
public:
    CpuTimer();
    double elapsedMs() const;

private:
    std::int64_t m_startNs;
};

} // namespace call
