// SPDX-License-Identifier: Apache-2.0
#include "key_renewal.h"

#include "account/credentials.h"
#include "account/endpoint_file.h"

#include <QSignalSpy>
#include <QTest>

using account::KeyService;
using account::RenewalPlan;
using mikey::NtpTime;

namespace {

constexpr std::int64_t minute = 60, hour = 3600, day = 24 * hour;

NtpTime at(const char *time)
{
    return NtpTime::fromUnixMicroseconds(QDateTime::fromString(QLatin1String(time), Qt::ISODate).toMSecsSinceEpoch() *
                                         1000);
}

QString shown(std::optional<NtpTime> time)
{
    return time ? QDateTime::fromMSecsSinceEpoch(time->unixMilliseconds(), Qt::UTC).toString(Qt::ISODate) : QString();
}

/// Keys that end with November, issued by a service at an address.
KeyService untilDecember()
{
    return {"ibake", "kms.example.org", QStringLiteral("https://kms.example.org/"), at("2026-12-01T00:00:00Z"),
            at("2026-11-27T00:00:00Z")};
}

KeyService untilJanuary()
{
    auto service = untilDecember();
    service.until = at("2027-01-01T00:00:00Z");
    service.renewFrom = at("2026-12-28T00:00:00Z");
    return service;
}

} // namespace

class KeyRenewalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // In the first half of the four days in which the next keys are issued, each user at a time of his own
    void nextBeforeTheEnd()
    {
        for (const auto &[chance, expected] :
             {std::pair(0.0, "2026-11-27T00:00:00Z"), std::pair(0.5, "2026-11-28T00:00:00Z"),
              std::pair(1.0, "2026-11-29T00:00:00Z")}) {
            RenewalPlan plan(chance);
            plan.hold(untilDecember(), at("2026-11-10T00:00:00Z"));
            QCOMPARE(shown(plan.next()), QLatin1String(expected));
            QVERIFY(!plan.isDue(plan.next()->plusSeconds(-1)));
            QVERIFY(plan.isDue(*plan.next()));
        }
    }

    void withoutKeysAtOnce()
    {
        auto service = untilDecember();
        service.until.reset();
        RenewalPlan plan(0.7);
        plan.hold(service, at("2026-11-10T00:00:00Z"));
        QVERIFY(plan.isDue(at("2026-11-10T00:00:00Z")));
        service.place.clear(); // brought by hand: there is nobody to ask
        plan.hold(service, at("2026-11-10T00:00:00Z"));
        QVERIFY(!plan.next());
    }

    // 1, 2, 4 ... minutes, six hours at most, and from new keys on as at first
    void seldomerAfterFailures()
    {
        RenewalPlan plan(0.5);
        auto now = at("2026-11-28T00:00:00Z");
        plan.hold(untilDecember(), now);
        std::vector<std::int64_t> pauses;
        for (int i = 0; i < 12; ++i) {
            QVERIFY(plan.isDue(now));
            plan.failed(QStringLiteral("It cannot be reached."), now);
            pauses.push_back(plan.next()->minus(now) >> 32);
            now = *plan.next();
        }
        const std::vector<std::int64_t> expected{minute,       2 * minute,  4 * minute,  8 * minute,
                                                 16 * minute,  32 * minute, 64 * minute, 128 * minute,
                                                 256 * minute, 6 * hour,    6 * hour,    6 * hour};
        QVERIFY(pauses == expected);
        plan.hold(untilDecember(), now); // the file was read again, for another reason
        QVERIFY(!plan.trouble().isEmpty());
        plan.hold(untilJanuary(), now);
        QVERIFY(plan.trouble().isEmpty());
        QCOMPARE(shown(plan.next()), QStringLiteral("2026-12-29T00:00:00Z"));
    }

    // However long the pause would be, the end of the keys is not slept through
    void notBeyondTheEnd()
    {
        RenewalPlan plan(0.5);
        const auto end = at("2026-12-01T00:00:00Z");
        plan.hold(untilDecember(), end.plusSeconds(-10 * hour));
        for (int i = 0; i < 12; ++i)
            plan.failed(QStringLiteral("It cannot be reached."), end.plusSeconds(-hour));
        QCOMPARE(shown(plan.next()), QStringLiteral("2026-12-01T00:00:30Z"));
        plan.failed(QStringLiteral("It cannot be reached."), end.plusSeconds(minute));
        QCOMPARE(plan.next()->minus(end) >> 32, minute + 6 * hour);
    }

    // A service whose clock is behind ours answers, but has nothing new
    void nothingNewIsAFailure()
    {
        RenewalPlan plan(0);
        const auto now = at("2026-11-27T00:00:00Z");
        plan.hold(untilDecember(), now);
        plan.fetched(now);
        plan.hold(untilDecember(), now);
        QVERIFY(!plan.isDue(now));
        QVERIFY(plan.trouble().contains(QStringLiteral("no keys of the next period yet")));
        // Who asks in the middle of the month knows that there is nothing new.
        RenewalPlan early(0);
        early.hold(untilDecember(), at("2026-11-10T00:00:00Z"));
        early.fetched(at("2026-11-10T00:00:00Z"));
        QVERIFY(early.trouble().isEmpty());
    }

    void pressingNearTheEnd()
    {
        RenewalPlan plan(0);
        plan.hold(untilDecember(), at("2026-11-27T00:00:00Z"));
        QVERIFY(!plan.isPressing()); // nothing has failed
        plan.failed(QStringLiteral("It cannot be reached."), at("2026-11-28T00:00:00Z"));
        QVERIFY(!plan.isPressing());
        plan.failed(QStringLiteral("It cannot be reached."), at("2026-11-29T00:00:01Z"));
        QVERIFY(plan.isPressing());
    }

    // What the demo's endpoint holds of SAKKE and IBAKE
    void servicesOfAnEndpoint()
    {
        const auto now = at("2026-11-10T12:00:00Z");
        mikey::SystemRandom random;
        auto authority = account::makeDemoAuthority(now);
        auto endpoints = account::makeDemoEndpoints({"sip:alice@example.org"}, random, authority, now);
        const auto file = account::endpointJson(endpoints[0]);
        const auto services = account::keyServicesOf(endpoints[0], file, now);
        QCOMPARE(services.size(), std::size_t{2});
        const auto &domain = endpoints[0].sakke.domains.front();
        QVERIFY(*services[0].until == domain.startOf(domain.periodAt(now) + 1));
        QVERIFY(services[0].renewFrom == services[0].until->plusSeconds(-4 * day));
        QCOMPARE(shown(services[1].until), QStringLiteral("2026-12-01T00:00:00Z"));
        QCOMPARE(shown(services[1].renewFrom), QStringLiteral("2026-11-27T00:00:00Z"));
        // After the month there are none, and none of a later month make up for that
        const auto later = account::keyServicesOf(endpoints[0], file, at("2026-12-01T00:00:00Z"));
        QVERIFY(!later[1].until);
        QCOMPARE(shown(mikey::ibakePeriodEnd(at("2027-12-31T23:59:59Z"))), QStringLiteral("2028-01-01T00:00:00Z"));
    }

    // The keys are fetched when their time has come, and a failure is told once, when it begins to press
    void inTheBackground()
    {
        auto now = at("2026-11-26T23:59:59Z");
        QStringList asked;
        KeyRenewal::Then answer;
        KeyRenewal renewal(
            [&](const std::string &method, KeyRenewal::Then then) {
                asked += QString::fromStdString(method);
                answer = std::move(then);
            },
            [&now] { return now; }, 0);
        QSignalSpy fetched(&renewal, &KeyRenewal::fetched), trouble(&renewal, &KeyRenewal::trouble);
        renewal.hold({untilDecember()});
        QVERIFY(asked.isEmpty());
        now = now.plusSeconds(1);
        QTRY_COMPARE_WITH_TIMEOUT(asked, QStringList{QStringLiteral("ibake")}, 3000); // by its own timer
        renewal.hold({untilDecember()});
        QCOMPARE(asked.size(), 1); // it is being asked
        answer(QStringLiteral("the service cannot be reached"));
        QCOMPARE(renewal.plans().front().trouble(), QStringLiteral("The service cannot be reached."));
        QVERIFY(trouble.isEmpty()); // four days are left
        now = at("2026-11-30T12:00:00Z");
        renewal.hold({untilDecember()});
        QCOMPARE(asked.size(), 2);
        answer(QStringLiteral("the service cannot be reached"));
        QCOMPARE(trouble.size(), 1);
        now = at("2026-11-30T13:00:00Z");
        renewal.hold({untilDecember()});
        QCOMPARE(asked.size(), 3);
        answer(QStringLiteral("the service cannot be reached"));
        QCOMPARE(trouble.size(), 1);
        QVERIFY(fetched.isEmpty());
        now = at("2026-11-30T15:00:00Z");
        QString done = QStringLiteral("not called");
        renewal.renewNow("ibake", [&done](const QString &why) { done = why; });
        QCOMPARE(asked.size(), 4);
        renewal.renewNow("ibake", [](const QString &why) { QVERIFY(!why.isEmpty()); });
        QCOMPARE(asked.size(), 4);
        answer(account::Enrolled{});
        QCOMPARE(fetched.size(), 1);
        QVERIFY(done.isEmpty());
        renewal.hold({untilJanuary()});
        QVERIFY(renewal.plans().front().trouble().isEmpty());
        QCOMPARE(asked.size(), 4);
    }
};

QTEST_GUILESS_MAIN(KeyRenewalTest)
#include "key_renewal_test.moc"
