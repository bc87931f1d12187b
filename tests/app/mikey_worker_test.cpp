// SPDX-License-Identifier: Apache-2.0
#include "call/mikey_worker.h"
#include "call/turns.h"

#include <QtTest/QTest>

class MikeyWorkerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void worksElsewhereAndAnswersHere()
    {
        call::MikeyWorker worker;
        QThread *there = nullptr, *here = nullptr;
        QObject context;
        worker.run(
            &context,
            [] {
                return std::make_unique<QThread *>(QThread::currentThread()); // what it returns may be unique
            },
            [&](std::unique_ptr<QThread *> thread, double ms) {
                there = *thread;
                here = QThread::currentThread();
                QVERIFY(ms >= 0);
            });
        QVERIFY(!here);
        QTRY_VERIFY(here);
        QCOMPARE(here, QThread::currentThread());
        QVERIFY(there != here);
    }

    void keepsTheOrder()
    {
        call::MikeyWorker worker;
        QObject context;
        std::vector<int> worked, answered;
        for (int i = 0; i < 100; ++i)
            worker.run(
                &context,
                [&worked, i] {
                    worked.push_back(i);
                    return i;
                },
                [&answered](int result, double) { answered.push_back(result); });
        worker.drain();
        QCOMPARE(worked.size(), std::size_t{100}); // and no answer yet: they come by the event loop
        QVERIFY(answered.empty());
        QTRY_COMPARE(answered.size(), std::size_t{100});
        QVERIFY(std::is_sorted(worked.begin(), worked.end()) && answered == worked);
    }

    void tellsNobodyWhoIsGone()
    {
        bool worked = false, told = false;
        call::MikeyWorker worker;
        {
            QObject context;
            worker.run(
                &context, [&worked] { return worked = true; }, [&told](bool, double) { told = true; });
        }
        worker.drain();
        QCoreApplication::processEvents();
        QVERIFY(worked && !told);
        {
            QObject context;
            call::MikeyWorker ending;
            ending.run(
                &context, [] { return 1; }, [&told](int, double) { told = true; });
        }
        QCoreApplication::processEvents();
        QVERIFY(!told);
    }

    void turnsFollowEachOther()
    {
        call::Turns turns;
        QStringList log;
        call::Turns::Token held;
        turns.take([&](const call::Turns::Token &token) {
            log += QStringLiteral("a");
            held = token;
        });
        turns.take([&](const call::Turns::Token &) { log += QStringLiteral("b"); });
        turns.take([&](const call::Turns::Token &) { log += QStringLiteral("c"); });
        QCoreApplication::processEvents();
        QCOMPARE(log.join(QString()), QStringLiteral("a"));
        held.reset();
        QCOMPARE(log.join(QString()), QStringLiteral("a")); // by the event loop
        QTRY_COMPARE(log.join(QString()), QStringLiteral("abc"));
        turns.take([&](const call::Turns::Token &) { log += QStringLiteral("d"); });
        QCOMPARE(log.join(QString()), QStringLiteral("abcd"));
    }

    void aTokenMayOutliveItsTurns()
    {
        call::Turns::Token held;
        {
            call::Turns turns;
            turns.take([&](const call::Turns::Token &token) { held = token; });
        }
        held.reset();
        QCoreApplication::processEvents();
    }
};

QTEST_GUILESS_MAIN(MikeyWorkerTest)
#include "mikey_worker_test.moc"
