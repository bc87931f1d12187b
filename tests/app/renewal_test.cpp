// SPDX-License-Identifier: Apache-2.0
// New keys in a call that goes on, between two phones of this process.
#include "two_phones.h"

#include "methods/method.h"

class RenewalTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void eachMethod_data();
    void eachMethod();
    void manyInARow();
    void inTime();
    void bothAtOnce();
    void askedTwice();
    void hungUpMeanwhile_data();
    void hungUpMeanwhile();
    void notNow();

private:
    void start(const char *method, int renewalSeconds = 0);
    bool bothRenewed(int times) const { return m_alice->renewed == times && m_bob->renewed == times; }
    bool sameKeys() const;

    std::vector<mikey::Endpoint> m_endpoints;
    std::unique_ptr<TestPhone> m_alice, m_bob;
};

void RenewalTest::init()
{
    m_endpoints = twoEndpoints();
}

void RenewalTest::cleanup()
{
    m_alice.reset();
    m_bob.reset();
}

void RenewalTest::start(const char *method, int renewalSeconds)
{
    m_alice = std::make_unique<TestPhone>(std::move(m_endpoints[0]), renewalSeconds);
    m_bob = std::make_unique<TestPhone>(std::move(m_endpoints[1]), renewalSeconds);
    const auto dialled = m_alice->phone.dial(m_bob->address(), QLatin1String(method), QLatin1String(bobsIdentity));
    QVERIFY2(dialled.call, qPrintable(dialled.trouble));
    QTRY_VERIFY(m_alice->established() && m_bob->established());
    QTRY_VERIFY(m_alice->call().media.received > 0 && m_bob->call().media.received > 0);
}

bool RenewalTest::sameKeys() const
{
    return m_alice->newestKey(true) == m_bob->newestKey(false) && m_alice->newestKey(false) == m_bob->newestKey(true);
}

void RenewalTest::eachMethod_data()
{
    QTest::addColumn<QByteArray>("method");
    for (const auto &row : mikey::methods()) {
        if (row.available())
            QTest::newRow(row.name.data()) << QByteArray(row.name.data(), static_cast<qsizetype>(row.name.size()));
    }
}

void RenewalTest::eachMethod()
{
    QFETCH(QByteArray, method);
    start(method.constData());
    QVERIFY(sameKeys());
    int times = 0;
    for (auto *side : {m_alice.get(), m_bob.get(), m_bob.get(), m_alice.get()}) {
        const auto before = m_alice->newestKey(true);
        const auto alicesMedia = m_alice->call().media, bobsMedia = m_bob->call().media;
        QVERIFY(side->renew());
        QTRY_VERIFY(bothRenewed(times + 1));
        ++times;
        QVERIFY(sameKeys());
        const auto after = m_alice->newestKey(true);
        QVERIFY(after.section(u' ', 0, 0) != before.section(u' ', 0, 0));
        if (!before.section(u' ', 2, 2).isEmpty())                            // SAKKE has no place for an MKI
            QVERIFY(after.section(u' ', 2, 2) != before.section(u' ', 2, 2)); // the MKI tells which key it is
        QTRY_VERIFY(m_alice->call().media.received >= alicesMedia.received + 5);
        QTRY_VERIFY(m_bob->call().media.received >= bobsMedia.received + 5);
        QVERIFY(m_alice->undisturbed() && m_bob->undisturbed());
        QCOMPARE(m_bob->call().security.renewals, times);
        QCOMPARE(m_bob->call().security.warnings, QStringList());
    }
    for (const auto *one : {m_alice.get(), m_bob.get()}) {
        // The last packets under the old keys may still be on their way.
        QTRY_VERIFY(std::all_of(one->call().keys.begin(), one->call().keys.end(),
                                [times](const auto &row) { return row.inForce == (row.generation == times); }));
    }
}

/// Much faster than old keys are wiped.
void RenewalTest::manyInARow()
{
    start("psk");
    constexpr int rounds = 100;
    for (int i = 0; i < rounds; ++i) {
        QVERIFY((i % 3 ? *m_alice : *m_bob).renew());
        QVERIFY(QTest::qWaitFor([&] { return bothRenewed(i + 1); }));
        QVERIFY(sameKeys());
    }
    const auto alices = m_alice->call().media.received, bobs = m_bob->call().media.received;
    QTRY_VERIFY(m_alice->call().media.received > alices + 10 && m_bob->call().media.received > bobs + 10);
    QVERIFY(m_alice->undisturbed() && m_bob->undisturbed());
    QCOMPARE(m_alice->call().security.renewals, rounds);
}

void RenewalTest::inTime()
{
    start("dh-hmac", 1);
    QVERIFY(m_alice->call().security.renewalDue.isValid());
    QVERIFY(!m_bob->call().security.renewalDue.isValid()); // the one who called does it
    QTRY_VERIFY(m_alice->renewed >= 2 && m_bob->renewed >= 2);
    QTRY_COMPARE(m_alice->renewed, m_bob->renewed);
    QVERIFY(sameKeys());
    QVERIFY(m_alice->undisturbed() && m_bob->undisturbed());
}

/// RFC 3261 14.1: both are told 491 and try again later; the second one's offer would be for keys that are gone.
void RenewalTest::bothAtOnce()
{
    start("dh");
    QVERIFY(m_alice->renew() && m_bob->renew());
    QTRY_VERIFY(bothRenewed(1));
    QVERIFY(sameKeys());
    QVERIFY(m_alice->renew()); // nothing is left over that would be in the way
    QTRY_VERIFY(bothRenewed(2));
    QVERIFY(sameKeys());
    QVERIFY(m_alice->undisturbed() && m_bob->undisturbed());
    QVERIFY(m_alice->call().security.warnings.isEmpty() && m_bob->call().security.warnings.isEmpty());
}

void RenewalTest::askedTwice()
{
    start("psk");
    QVERIFY(m_alice->renew() && m_alice->renew());
    QTRY_VERIFY(bothRenewed(1));
    QVERIFY(m_bob->renew());
    QTRY_VERIFY(bothRenewed(2));
}

void RenewalTest::hungUpMeanwhile_data()
{
    QTest::addColumn<bool>("byAlice");
    QTest::newRow("the one who renews") << true;
    QTest::newRow("the other one") << false;
}

void RenewalTest::hungUpMeanwhile()
{
    QFETCH(bool, byAlice);
    start("dh");
    QVERIFY(m_alice->renew());
    auto &who = byAlice ? *m_alice : *m_bob;
    QVERIFY(who.phone.hangup(who.call().id));
    QTRY_VERIFY(m_alice->ended() && m_bob->ended());
    QCOMPARE(who.call().endedBy, call::EndedBy::Local);
    QCOMPARE((byAlice ? *m_bob : *m_alice).call().endedBy, call::EndedBy::Peer);
    QVERIFY(!m_alice->call().security.renewalDue.isValid());
    QTRY_VERIFY(m_alice->phone.isQuiet() && m_bob->phone.isQuiet());
    // Nothing is left over that would keep the next call from coming.
    const auto again = m_alice->phone.dial(m_bob->address(), QStringLiteral("psk"), QLatin1String(bobsIdentity));
    QVERIFY2(again.call, qPrintable(again.trouble));
    QTRY_VERIFY(m_alice->established() && m_bob->established());
}

void RenewalTest::notNow()
{
    m_alice = std::make_unique<TestPhone>(std::move(m_endpoints[0]));
    m_bob = std::make_unique<TestPhone>(std::move(m_endpoints[1]));
    QVERIFY(!m_alice->phone.renewKeys(1));
    const auto dialled = m_alice->phone.dial(m_bob->address(), {}, QLatin1String(bobsIdentity));
    QVERIFY(dialled.call);
    QVERIFY(!m_alice->renew()); // there are no keys yet
    QTRY_VERIFY(m_alice->established() && m_bob->established());
    QVERIFY(m_alice->phone.hangup(dialled.call));
    QVERIFY(!m_alice->renew());
}

QTEST_GUILESS_MAIN(RenewalTest)
#include "renewal_test.moc"
