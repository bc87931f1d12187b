// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/enrolment.h"
#include "account/renewal_plan.h"

#include <QObject>
#include <QTimer>

#include <functional>
#include <set>

/// Fetches keys in the background before those we have end (account/renewal_plan.h). Qt main thread; nothing blocks.
class KeyRenewal : public QObject
{
    Q_OBJECT

public:
    using Then = std::function<void(const account::Loaded<account::Enrolled> &)>;
    /// Fetches the keys of a method into the endpoint file, and calls once, later.
    using Fetch = std::function<void(const std::string &method, Then then)>;
    using Clock = std::function<mikey::NtpTime()>;
    /// Ends with an empty text, or a sentence that says why there are no new keys.
    using Done = std::function<void(const QString &trouble)>;

    /// `chance`: see account::RenewalPlan.
    KeyRenewal(Fetch fetch, Clock clock, double chance, QObject *parent = nullptr);

    /// What the endpoint file holds now; to be told at the beginning and whenever it has changed.
    void hold(std::vector<account::KeyService> services);
    const std::vector<account::RenewalPlan> &plans() const { return m_plans; }
    void renewNow(const std::string &method, Done done);

Q_SIGNALS:
    void fetched();                        ///< the file has other keys than before: hold() is due
    void changed();                        ///< something in plans()
    void trouble(const QString &sentence); ///< the keys end soon, and could not be renewed

private:
    account::RenewalPlan *planOf(const std::string &method);
    void look();
    void fetch(const std::string &method, Done done);
    void failed(const std::string &method, const QString &trouble);

    Fetch m_fetch;
    Clock m_clock;
    double m_chance;
    std::vector<account::RenewalPlan> m_plans;
    std::set<std::string> m_asking; ///< methods whose keys are being fetched
    QTimer m_timer;
};
