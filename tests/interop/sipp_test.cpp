// SPDX-License-Identifier: Apache-2.0
// Calls with provisional responses that are reliable (RFC 3262) between our phone and SIPp.
#include "two_phones.h"

#include "call/sdp_body.h"
#include "methods/method.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QUdpSocket>

using Phase = call::Phase;

namespace {

/// SIPp that plays a scenario once.
class Sipp
{
public:
    explicit Sipp(const char *scenario, const QStringList &more) : m_port(freePort())
    {
        m_process.setWorkingDirectory(m_dir.path()); // its logs go there
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(
            QStringLiteral("sipp"),
            more + QStringList{QStringLiteral("-sf"),
                               QStringLiteral(LATCHKEY_TEST_DATA "/interop/sipp/%1.xml").arg(QLatin1String(scenario)),
                               QStringLiteral("-i"), QStringLiteral("127.0.0.1"), QStringLiteral("-p"),
                               QString::number(m_port), QStringLiteral("-m"), QStringLiteral("1"),
                               QStringLiteral("-nostdin"), QStringLiteral("-timeout"), QStringLiteral("20s"),
                               QStringLiteral("-timeout_error"), QStringLiteral("-trace_err"),
                               QStringLiteral("-trace_msg")});
        m_process.waitForStarted();
    }
    ~Sipp()
    {
        m_process.kill();
        m_process.waitForFinished();
    }

    QString address() const { return QStringLiteral("sip:x@127.0.0.1:%1").arg(m_port); }

    /// The scenario went as it is written.
    bool succeeded()
    {
        const bool finished = QTest::qWaitFor([this] { return m_process.state() == QProcess::NotRunning; }, 20'000);
        return finished && m_process.exitStatus() == QProcess::NormalExit && m_process.exitCode() == 0;
    }
    /// What it sent, received and did not expect.
    QByteArray log()
    {
        QByteArray text = m_process.readAll();
        for (const auto &name : QDir(m_dir.path()).entryList(QDir::Files)) {
            QFile file(m_dir.filePath(name));
            if (file.open(QIODevice::ReadOnly))
                text += file.readAll();
        }
        return text;
    }

private:
    /// It has to be told a port; that of a socket which was open a moment ago is free.
    static quint16 freePort()
    {
        QUdpSocket socket;
        socket.bind(QHostAddress(QHostAddress::LocalHost), 0);
        return socket.localPort();
    }

    QTemporaryDir m_dir;
    quint16 m_port;
    QProcess m_process;
};

/// "INVITE, 183, PRACK": the requests and statuses of a call, in their order.
QString stepsOf(const call::CallSnapshot &call)
{
    QStringList steps;
    for (const auto &step : call.exchange) {
        if (!step.retransmission && step.sip != QLatin1String("SRTP"))
            steps += step.sip.section(QLatin1Char(' '), 0, 0);
    }
    return steps.join(QStringLiteral(", "));
}

} // namespace

class SippTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (QStandardPaths::findExecutable(QStringLiteral("sipp")).isEmpty())
            QSKIP("SIPp is not installed and could not be: apt-get install sip-tester");
    }
    void calls_data();
    void calls();
    void isCalled();
};

void SippTest::calls_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("scenario");
    QTest::addColumn<QString>("steps");
    QTest::addColumn<Phase>("phase");
    // SIPp has no second message of IBAKE, so that call comes up without media.
    QTest::newRow("reliable 183") << "ibake"
                                  << "caller_183"
                                  << "INVITE, 183, PRACK, 200, 180, 200, ACK" << Phase::Connecting;
    QTest::newRow("reliable 180") << "sakke"
                                  << "caller_180"
                                  << "INVITE, 180, PRACK, 200, 200, ACK" << Phase::Established;
}

void SippTest::calls()
{
    QFETCH(QString, method);
    QFETCH(QString, scenario);
    QFETCH(QString, steps);
    QFETCH(Phase, phase);
    auto endpoints = twoEndpoints();
    mikey::EndpointState state;
    mikey::SystemRandom random;
    mikey::Offer offer;
    offer.peer = bobsIdentity;
    offer.sdpProtocols = {"mikey"};
    const auto initiator =
        mikey::method(method.toStdString())->initiate({endpoints[0], state, random}, offer, call::ntpNow());
    QVERIFY(initiator);
    auto config = TestPhone::config(0);
    config.answering = call::Phone::Answering::Manual;
    TestPhone bob(std::move(endpoints[1]), std::move(config));

    const auto line = call::mikeyLine((*initiator)->message());
    Sipp sipp(qPrintable(scenario),
              {QStringLiteral("127.0.0.1:%1").arg(bob.phone.snapshot().listening.front().port), QStringLiteral("-key"),
               QStringLiteral("mikey"), QString::fromStdString(line.data)});
    QTRY_VERIFY2(bob.hasCall() && stepsOf(bob.call()).contains(QLatin1String("180")), sipp.log().constData());
    QVERIFY(bob.phone.answer(bob.call().id));
    QTRY_VERIFY2(stepsOf(bob.call()).endsWith(QLatin1String("ACK")), sipp.log().constData());
    QCOMPARE(bob.call().phase, phase);
    QVERIFY2(sipp.succeeded(), sipp.log().constData());
    QCOMPARE(stepsOf(bob.call()), steps + QStringLiteral(", BYE, 200"));
    QCOMPARE(bob.call().endedBy, call::EndedBy::Peer);
}

void SippTest::isCalled()
{
    Sipp sipp("callee", {});
    TestPhone alice(std::move(twoEndpoints()[0]));
    const auto dialled = alice.phone.dial(sipp.address(), QStringLiteral("sakke"), QLatin1String(bobsIdentity));
    QVERIFY2(dialled.call != 0, qPrintable(dialled.trouble));
    QTRY_VERIFY2(alice.established(), sipp.log().constData());
    QCOMPARE(stepsOf(alice.call()), QStringLiteral("INVITE, 183, PRACK, 200, 180, PRACK, 200, 200, ACK"));
    QVERIFY(alice.phone.hangup(alice.call().id));
    QVERIFY2(sipp.succeeded(), sipp.log().constData());
}

QTEST_GUILESS_MAIN(SippTest)
#include "sipp_test.moc"
