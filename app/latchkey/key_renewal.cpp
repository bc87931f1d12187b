// SPDX-License-Identifier: Apache-2.0
#include "key_renewal.h"

#include "call/words.h"
#include "methods/method.h"

#include <QCoreApplication>
#include <QPointer>

#include <algorithm>

namespace {

constexpr std::int64_t longestSleepMs = 3600000; ///< the clock may be set, and computers sleep

QString text(const char *sentence)
{
    return QCoreApplication::translate("identity", sentence);
}

} // namespace

KeyRenewal::KeyRenewal(Fetch fetch, Clock clock, double chance, QObject *parent)
    : QObject(parent), m_fetch(std::move(fetch)), m_clock(std::move(clock)), m_chance(chance)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &KeyRenewal::look);
}

account::RenewalPlan *KeyRenewal::planOf(const std::string &method)
{
    const auto it =
        std::find_if(m_plans.begin(), m_plans.end(), [&](const auto &plan) { return plan.service().method == method; });
    return it == m_plans.end() ? nullptr : &*it;
}

void KeyRenewal::hold(std::vector<account::KeyService> services)
{
    std::vector<account::RenewalPlan> plans;
    for (auto &service : services) {
        const auto *known = planOf(service.method);
        plans.push_back(known ? *known : account::RenewalPlan(m_chance));
        plans.back().hold(std::move(service), m_clock());
    }
    m_plans = std::move(plans);
    Q_EMIT changed();
    look();
}

/// Asks for what is due, and sleeps until something is.
void KeyRenewal::look()
{
    const auto now = m_clock();
    auto sleepMs = longestSleepMs;
    for (const auto &plan : m_plans) {
        const auto method = plan.service().method;
        if (m_asking.contains(method))
            continue;
        if (plan.isDue(now))
            fetch(method, {});
        else if (const auto next = plan.next())
            sleepMs = std::min(sleepMs, next->unixMilliseconds() - now.unixMilliseconds() + 1);
    }
    m_timer.start(static_cast<int>(sleepMs));
}

void KeyRenewal::renewNow(const std::string &method, Done done)
{
    if (!planOf(method) || m_asking.contains(method))
        return done(text(QT_TRANSLATE_NOOP("identity", "The service is being asked already.")));
    fetch(method, std::move(done));
}

void KeyRenewal::fetch(const std::string &method, Done done)
{
    m_asking.insert(method);
    m_fetch(method, [self = QPointer(this), method, done](const account::Loaded<account::Enrolled> &enrolled) {
        if (!self)
            return;
        self->m_asking.erase(method);
        if (!enrolled)
            self->failed(method, call::sentence(enrolled.error()));
        else if (auto *plan = self->planOf(method))
            plan->fetched(self->m_clock());
        if (enrolled)
            Q_EMIT self->fetched();
        if (done)
            done(enrolled ? QString() : call::sentence(enrolled.error()));
        self->look();
    });
}

void KeyRenewal::failed(const std::string &method, const QString &why)
{
    auto *plan = planOf(method);
    if (!plan)
        return;
    const bool told = plan->isPressing();
    plan->failed(why, m_clock());
    Q_EMIT changed();
    if (!told && plan->isPressing())
        Q_EMIT trouble(text(QT_TRANSLATE_NOOP("identity", "The keys for calls by %1 could not be renewed. %2"))
                           .arg(call::toQt(mikey::method(method)->title), why));
}
