// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/key_service.h"

/// When the keys of a service are fetched: before those we have end, and after a failure again and again, but ever more
/// seldom. It has no clock and asks nobody.
namespace account {

class RenewalPlan
{
public:
    /// `chance`, of 0 to 1, spreads users who were enrolled together.
    explicit RenewalPlan(double chance) : m_chance(chance) {}

    /// What is held now. It ends a series of failures where the keys are others.
    void hold(KeyService service, mikey::NtpTime now);
    /// The service was asked and has answered; hold() tells next what came of it. Where that is nothing new though keys
    /// were due, it counts as a failure, so that the service is not asked without end.
    void fetched(mikey::NtpTime now);
    void failed(QString trouble, mikey::NtpTime now);

    const KeyService &service() const { return m_service; }
    const QString &trouble() const { return m_trouble; } ///< of the last attempt, a sentence; empty: it was well
    /// When the service is to be asked; none: there is no service to ask.
    std::optional<mikey::NtpTime> next() const;
    bool isDue(mikey::NtpTime now) const;
    /// Whether the last attempt failed so near the end of the keys that somebody should know.
    bool isPressing() const;

private:
    std::int64_t pauseSeconds() const;

    double m_chance;
    KeyService m_service;
    QString m_trouble;
    int m_failures = 0;
    mikey::NtpTime m_since; ///< of the keys held, or the last failure
};

} // namespace account
