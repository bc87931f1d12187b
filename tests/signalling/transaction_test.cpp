// SPDX-License-Identifier: Apache-2.0
// The four transaction machines of RFC 3261 section 17 with RFC 6026, each timer by moved time.
#include "sip/transaction.h"

#include <QTest>

using namespace sip;
using namespace std::chrono_literals;

namespace {

const Time start{1h};
const TimerConfig timers; // T1 = 500 ms, T2 = 4 s, T4 = 5 s, D = 32 s

QList<qint64> inMilliseconds(const std::vector<Time> &times)
{
    QList<qint64> result;
    for (const auto time : times)
        result << std::chrono::duration_cast<std::chrono::milliseconds>(time - start).count();
    return result;
}

/// Runs a machine by its deadlines until it ends; when it did what.
struct Run
{
    std::vector<Time> sent;
    std::vector<Time> timedOut;
    Time ended;

    explicit Run(auto &machine)
    {
        Time now = start;
        while (machine.deadline()) {
            now = std::max(now, *machine.deadline());
            const auto step = machine.expire(now);
            if constexpr (requires { step.retransmit; }) {
                if (step.retransmit)
                    sent.push_back(now);
            } else if (step.respond) {
                sent.push_back(now);
            }
            if (step.timedOut)
                timedOut.push_back(now);
        }
        ended = now;
    }
};

} // namespace

class TransactionTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void inviteClientWithoutAnswer();
    void inviteClientOverTcp();
    void inviteClientProvisional();
    void inviteClientRefused();
    void inviteClientAccepted();
    void nonInviteClientWithoutAnswer();
    void nonInviteClientProvisional();
    void nonInviteClientFinal();
    void inviteServerTrying();
    void inviteServerRefusing();
    void inviteServerRefusingOverTcp();
    void inviteServerAcknowledged();
    void inviteServerAccepting();
    void nonInviteServer();
};

void TransactionTest::inviteClientWithoutAnswer()
{
    InviteClientTransaction machine(timers, false, start);
    const Run run(machine);
    QCOMPARE(inMilliseconds(run.sent), (QList<qint64>{500, 1500, 3500, 7500, 15500, 31500})); // timer A
    QCOMPARE(inMilliseconds(run.timedOut), QList<qint64>{32000});                             // timer B
    QCOMPARE(machine.state(), TransactionState::Terminated);
}

void TransactionTest::inviteClientOverTcp()
{
    InviteClientTransaction machine(timers, true, start);
    const Run run(machine);
    QVERIFY(run.sent.empty());
    QCOMPARE(inMilliseconds(run.timedOut), QList<qint64>{32000});

    InviteClientTransaction refused(timers, true, start);
    QCOMPARE(refused.receive(486, start), (ClientStep{.acknowledge = true, .deliver = true}));
    QCOMPARE(refused.state(), TransactionState::Terminated); // timer D is zero
}

void TransactionTest::inviteClientProvisional()
{
    InviteClientTransaction machine(timers, false, start);
    QCOMPARE(machine.receive(180, start + 600ms), ClientStep{.deliver = true});
    QCOMPARE(machine.state(), TransactionState::Proceeding);
    QVERIFY(!machine.deadline()); // neither A nor B
    QCOMPARE(machine.receive(183, start + 1s), ClientStep{.deliver = true});
}

void TransactionTest::inviteClientRefused()
{
    InviteClientTransaction machine(timers, false, start);
    QCOMPARE(machine.receive(486, start), (ClientStep{.acknowledge = true, .deliver = true}));
    QCOMPARE(machine.state(), TransactionState::Completed);
    QCOMPARE(machine.receive(486, start + 1s), ClientStep{.acknowledge = true}); // the ACK was lost
    QCOMPARE(machine.receive(200, start + 1s), ClientStep());
    QCOMPARE(machine.receive(180, start + 1s), ClientStep());
    QCOMPARE(*machine.deadline(), start + 32s); // timer D
    const Run run(machine);
    QVERIFY(run.timedOut.empty());
    QCOMPARE(machine.state(), TransactionState::Terminated);
}

void TransactionTest::inviteClientAccepted() // RFC 6026 section 7.2
{
    InviteClientTransaction machine(timers, false, start);
    QCOMPARE(machine.receive(200, start), ClientStep{.deliver = true});
    QCOMPARE(machine.state(), TransactionState::Accepted);
    QCOMPARE(machine.receive(200, start + 1s), ClientStep{.deliver = true}); // again, or of another fork
    QCOMPARE(machine.receive(180, start + 1s), ClientStep());
    QCOMPARE(machine.receive(486, start + 1s), ClientStep());
    QCOMPARE(*machine.deadline(), start + 32s); // timer M
    const Run run(machine);
    QVERIFY(run.timedOut.empty());
    QCOMPARE(machine.state(), TransactionState::Terminated);
}

void TransactionTest::nonInviteClientWithoutAnswer()
{
    NonInviteClientTransaction machine(timers, false, start);
    const Run run(machine);
    QCOMPARE(inMilliseconds(run.sent),
             (QList<qint64>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500})); // timer E, capped by T2
    QCOMPARE(inMilliseconds(run.timedOut), QList<qint64>{32000});                               // timer F
}

void TransactionTest::nonInviteClientProvisional()
{
    NonInviteClientTransaction machine(timers, false, start);
    QCOMPARE(machine.receive(100, start + 100ms), ClientStep{.deliver = true});
    const Run run(machine);
    QCOMPARE(inMilliseconds(run.sent).first(2), (QList<qint64>{500, 4500})); // then every T2
    QCOMPARE(inMilliseconds(run.timedOut), QList<qint64>{32000});
}

void TransactionTest::nonInviteClientFinal()
{
    NonInviteClientTransaction machine(timers, false, start);
    QCOMPARE(machine.receive(404, start), ClientStep{.deliver = true});
    QCOMPARE(machine.state(), TransactionState::Completed);
    QCOMPARE(machine.receive(404, start), ClientStep());
    QCOMPARE(*machine.deadline(), start + 5s); // timer K
    const Run run(machine);
    QVERIFY(run.timedOut.empty() && run.sent.empty());

    NonInviteClientTransaction reliable(timers, true, start);
    reliable.receive(200, start);
    QCOMPARE(reliable.state(), TransactionState::Terminated);
}

void TransactionTest::inviteServerTrying()
{
    InviteServerTransaction slow(timers, false, start);
    QCOMPARE(slow.receiveRequest(), ServerStep()); // nothing to send again yet
    QCOMPARE(*slow.deadline(), start + 200ms);
    QCOMPARE(slow.expire(start + 200ms), ServerStep{.trying = true});
    QVERIFY(!slow.deadline());

    InviteServerTransaction quick(timers, false, start);
    QCOMPARE(quick.respond(180, start), ServerStep{.respond = true});
    QVERIFY(!quick.deadline()); // no 100 after a 180
    QCOMPARE(quick.receiveRequest(), ServerStep{.respond = true});
}

void TransactionTest::inviteServerRefusing()
{
    InviteServerTransaction machine(timers, false, start);
    QCOMPARE(machine.respond(486, start), ServerStep{.respond = true});
    QCOMPARE(machine.state(), TransactionState::Completed);
    QCOMPARE(machine.respond(200, start), ServerStep()); // too late
    QCOMPARE(machine.receiveRequest(), ServerStep{.respond = true});
    const Run run(machine);
    QCOMPARE(inMilliseconds(run.sent),
             (QList<qint64>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500})); // timer G
    QCOMPARE(inMilliseconds(run.timedOut), QList<qint64>{32000});                               // timer H
}

void TransactionTest::inviteServerRefusingOverTcp()
{
    InviteServerTransaction machine(timers, true, start);
    machine.respond(486, start);
    const Run run(machine);
    QVERIFY(run.sent.empty());
    QCOMPARE(inMilliseconds(run.timedOut), QList<qint64>{32000});
}

void TransactionTest::inviteServerAcknowledged()
{
    InviteServerTransaction machine(timers, false, start);
    QCOMPARE(machine.receiveAck(start), ServerStep()); // of nothing
    machine.respond(486, start);
    QCOMPARE(machine.receiveAck(start + 1s), ServerStep()); // absorbed
    QCOMPARE(machine.state(), TransactionState::Confirmed);
    QCOMPARE(machine.receiveRequest(), ServerStep());
    QCOMPARE(*machine.deadline(), start + 6s); // timer I
    const Run run(machine);
    QVERIFY(run.sent.empty() && run.timedOut.empty());

    InviteServerTransaction reliable(timers, true, start);
    reliable.respond(486, start);
    reliable.receiveAck(start);
    QCOMPARE(reliable.state(), TransactionState::Terminated);
}

void TransactionTest::inviteServerAccepting() // RFC 6026 section 7.1
{
    InviteServerTransaction machine(timers, false, start);
    QCOMPARE(machine.respond(200, start), ServerStep{.respond = true});
    QCOMPARE(machine.state(), TransactionState::Accepted);
    QCOMPARE(machine.receiveRequest(), ServerStep()); // absorbed
    QCOMPARE(machine.receiveAck(start), ServerStep{.deliver = true});
    QCOMPARE(machine.respond(200, start), ServerStep{.respond = true}); // again by the transaction user
    QCOMPARE(*machine.deadline(), start + 32s);                         // timer L
    const Run run(machine);
    QVERIFY(run.sent.empty() && run.timedOut.empty());
    QCOMPARE(machine.state(), TransactionState::Terminated);
}

void TransactionTest::nonInviteServer()
{
    NonInviteServerTransaction machine(timers, false);
    QCOMPARE(machine.receiveRequest(), ServerStep());
    QCOMPARE(machine.respond(200, start), ServerStep{.respond = true});
    QCOMPARE(machine.receiveRequest(), ServerStep{.respond = true});
    QCOMPARE(machine.respond(500, start), ServerStep());
    QCOMPARE(*machine.deadline(), start + 32s); // timer J
    const Run run(machine);
    QVERIFY(run.sent.empty());
    QCOMPARE(machine.state(), TransactionState::Terminated);

    NonInviteServerTransaction reliable(timers, true);
    reliable.respond(200, start);
    QCOMPARE(reliable.state(), TransactionState::Terminated);
}

QTEST_GUILESS_MAIN(TransactionTest)
#include "transaction_test.moc"
