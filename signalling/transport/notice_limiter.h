// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/timers.h"

#include <optional>
#include <string>

namespace sip {

/// Lets a few sentences a second through, so that a flood of garbage does not flood the log.
class NoticeLimiter
{
public:
    /// The sentence to log, with a word about those left out before it; nothing when there were too many.
    std::optional<std::string> admit(const std::string &sentence, Time now)
    {
        if (now - m_since >= std::chrono::seconds(1)) {
            m_since = now;
            m_admitted = 0;
        }
        if (m_admitted == perSecond) {
            ++m_leftOut;
            return std::nullopt;
        }
        ++m_admitted;
        const auto leftOut = std::exchange(m_leftOut, 0);
        return leftOut == 0 ? sentence : sentence + " (" + std::to_string(leftOut) + " more before it.)";
    }

private:
    static constexpr int perSecond = 5;

    Time m_since{};
    int m_admitted = 0;
    int m_leftOut = 0;
};

} // namespace sip
