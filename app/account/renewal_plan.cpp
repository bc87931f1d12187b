// SPDX-License-Identifier: Apache-2.0
#include "account/renewal_plan.h"

#include <algorithm>

namespace account {

namespace {

constexpr std::int64_t firstPauseSeconds = 60, longestPauseSeconds = std::int64_t{6} * 3600;
constexpr std::int64_t pressingSeconds = std::int64_t{2} * 24 * 3600;
constexpr int mostDoublings = 9;
constexpr std::int64_t second = std::int64_t{1} << 32;

std::int64_t share(double of, std::int64_t seconds)
{
    return static_cast<std::int64_t>(of * static_cast<double>(seconds));
}

} // namespace

/// A series of failures ends only with other keys, or another service: that the file is read again ends none.
void RenewalPlan::hold(KeyService service, mikey::NtpTime now)
{
    const bool same = service.until == m_service.until && service.place == m_service.place;
    m_service = std::move(service);
    if (same && m_failures > 0)
        return;
    m_trouble.clear();
    m_failures = 0;
    m_since = now;
}

void RenewalPlan::fetched(mikey::NtpTime now)
{
    if (isDue(now))
        return failed(QStringLiteral("The key management service has no keys of the next period yet."), now);
    m_trouble.clear(); // somebody asked before it was time, and it has answered
    m_failures = 0;
    m_since = now;
}

void RenewalPlan::failed(QString trouble, mikey::NtpTime now)
{
    m_trouble = std::move(trouble);
    m_since = now;
    ++m_failures;
}

/// Between three and five quarters of it, so that those who lost the service together do not return together.
std::int64_t RenewalPlan::pauseSeconds() const
{
    const auto pause = std::min(firstPauseSeconds << std::min(m_failures - 1, mostDoublings), longestPauseSeconds);
    return pause * 3 / 4 + share(m_chance, pause / 2);
}

std::optional<mikey::NtpTime> RenewalPlan::next() const
{
    if (m_service.place.isEmpty())
        return std::nullopt;
    if (m_failures > 0) {
        const auto after = m_since.plusSeconds(pauseSeconds());
        const bool endsBefore = m_service.until && m_service.until->isAfter(m_since) && after.isAfter(*m_service.until);
        return endsBefore ? m_service.until->plusSeconds(share(m_chance, firstPauseSeconds)) : after;
    }
    if (!m_service.until)
        return m_since;
    // In the first half of the time in which they are issued: the other half is left for failures.
    const auto window = m_service.until->minus(m_service.renewFrom) / second;
    return m_service.renewFrom.plusSeconds(share(m_chance, window / 2));
}

bool RenewalPlan::isDue(mikey::NtpTime now) const
{
    const auto at = next();
    return at && !at->isAfter(now);
}

bool RenewalPlan::isPressing() const
{
    return m_failures > 0 && (!m_service.until || !m_service.until->isAfter(m_since.plusSeconds(pressingSeconds)));
}

} // namespace account
