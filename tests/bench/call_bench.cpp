// SPDX-License-Identifier: Apache-2.0
// Reports, asserts nothing: set-up time of a call over loopback, CPU time of a call, memory of the headless program.
#include "account/credentials.h"
#include "audio/backends.h"
#include "call/clock.h"
#include "call/phone.h"
#include "methods/method.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QThread>
#include <QThreadPool>
#include <QTimer>

#include <algorithm>
#include <cstdio>

#include <sys/resource.h>

namespace {

constexpr auto aliceIdentity = "sip:alice@example.org";
constexpr auto bobIdentity = "sip:bob@example.org";

std::unique_ptr<call::Phone> makePhone(mikey::Endpoint endpoint, call::Phone::Answering answering,
                                       const std::string &audio, account::PlayedKms &kms)
{
    call::Phone::Config config;
    config.answering = answering;
    config.askKms = call::askKmsOf(kms);
    config.openAudio = [audio] { return *media::openAudio(audio); };
    auto phone = std::make_unique<call::Phone>(std::move(endpoint), mikey::EndpointState(), std::move(config));
    if (const auto trouble = phone->listen(sip::Transport::Udp, QHostAddress(QHostAddress::LocalHost), 0))
        qFatal("%s", qPrintable(*trouble));
    return phone;
}

struct Pair
{
    std::unique_ptr<account::PlayedKms> kms; ///< asked by both
    std::unique_ptr<call::Phone> alice;
    std::unique_ptr<call::Phone> bob;
    QString address;
};

Pair makePair(const std::string &audio)
{
    mikey::SystemRandom random;
    const auto now = call::ntpNow();
    auto authority = account::makeDemoAuthority(now);
    auto endpoints = account::makeDemoEndpoints({aliceIdentity, bobIdentity}, random, authority, now);
    Pair pair;
    pair.kms = std::make_unique<account::PlayedKms>(std::move(authority.mikey));
    pair.alice = makePhone(std::move(endpoints[0]), call::Phone::Answering::Manual, audio, *pair.kms);
    pair.bob = makePhone(std::move(endpoints[1]), call::Phone::Answering::Auto, audio, *pair.kms);
    pair.address = QStringLiteral("sip:bob@127.0.0.1:%1").arg(pair.bob->snapshot().listening.front().port);
    return pair;
}

bool bothAre(const Pair &pair, call::Phase phase)
{
    const auto is = [phase](const call::Phone &phone) {
        return !phone.snapshot().calls.empty() && phone.snapshot().calls.back().phase == phase;
    };
    return is(*pair.alice) && is(*pair.bob);
}

/// Sleeps until something changes: a loop that asks again and again would take the core that the other side needs.
bool waitFor(const Pair &pair, call::Phase phase)
{
    if (bothAre(pair, phase))
        return true;
    QEventLoop loop;
    const auto look = [&] {
        if (bothAre(pair, phase))
            loop.quit();
    };
    for (const auto *phone : {pair.alice.get(), pair.bob.get()}) {
        QObject::connect(phone, &call::Phone::callChanged, &loop, look);
        QObject::connect(phone, &call::Phone::callEnded, &loop, look, Qt::QueuedConnection);
    }
    QTimer::singleShot(5000, &loop, &QEventLoop::quit);
    loop.exec();
    return bothAre(pair, phase);
}

struct SetUpTimes
{
    std::vector<double> ms; ///< INVITE sent to keys installed on both sides, sorted
    int failed = 0;
    double longestTurnMs = 0; ///< the event loop was not heard of for so long
};

SetUpTimes setUpTimes(const Pair &pair, const QString &method, int calls)
{
    SetUpTimes times;
    QElapsedTimer sinceTurn;
    sinceTurn.start();
    QTimer turns;
    QObject::connect(&turns, &QTimer::timeout, [&] {
        times.longestTurnMs = std::max(times.longestTurnMs, static_cast<double>(sinceTurn.nsecsElapsed()) / 1e6);
        sinceTurn.start();
    });
    turns.start(1);
    for (int i = 0; i < calls; ++i) {
        if (!pair.alice->dial(pair.address, method, QLatin1String(bobIdentity)).call ||
            !waitFor(pair, call::Phase::Established)) {
            ++times.failed;
            continue;
        }
        times.ms.push_back(std::max(pair.alice->snapshot().calls.back().setupMs, 0.0));
        pair.alice->hangupAll();
        waitFor(pair, call::Phase::Ended);
    }
    std::sort(times.ms.begin(), times.ms.end());
    return times;
}

/// One call after the other between the same two, so keys and tables of the period are there.
void reportSetUp(const QStringList &methods, int calls)
{
    double psk = 0;
    std::printf("call set-up over loopback, INVITE sent to keys installed on both sides, %d calls each "
                "(to reach: psk 10 ms; ticket, ibake and sakke 30 ms over psk; no turn of the loop over 16 ms)\n",
                calls);
    for (const auto &row : mikey::methods()) {
        const auto name = QString::fromUtf8(row.name);
        if (!methods.isEmpty() && name != QLatin1String("psk") && !methods.contains(name))
            continue;
        const auto pair = makePair("none"); // whose list of calls is empty
        const auto times = setUpTimes(pair, name, calls);
        if (times.ms.empty()) {
            std::printf("  %-8s all %d calls failed\n", row.name.data(), times.failed);
            continue;
        }
        const auto median = times.ms[times.ms.size() / 2];
        if (psk == 0)
            psk = median;
        std::printf("  %-8s median %6.2f ms (%+6.2f to psk), 95 %% %6.2f ms, longest turn %5.1f ms, %d failed\n",
                    row.name.data(), median, median - psk, times.ms[times.ms.size() * 95 / 100], times.longestTurnMs,
                    times.failed);
    }
}

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Two ends run here, each with its own microphone of speech-like tone, so a call's share is half of it.
void cpuOfACall(int seconds)
{
    const auto pair = makePair("tone");
    pair.alice->dial(pair.address, QStringLiteral("psk"), QLatin1String(bobIdentity));
    if (!waitFor(pair, call::Phase::Established))
        return;
    const auto before = cpuSeconds();
    QEventLoop loop;
    QTimer::singleShot(seconds * 1000, &loop, &QEventLoop::quit);
    loop.exec();
    std::printf("CPU of a call, one end: %.2f %% of a core (to reach: 3 %%)\n",
                (cpuSeconds() - before) / seconds / 2 * 100);
}

void memoryOfHeadless()
{
    const QTemporaryDir dir;
    QProcess headless;
    headless.start(QStringLiteral(LATCHKEY_PROGRAM),
                   {QStringLiteral("--headless"), QStringLiteral("--profile"), dir.path(), QStringLiteral("--audio"),
                    QStringLiteral("none"), QStringLiteral("--listen"), QStringLiteral("udp:127.0.0.1:0")});
    headless.waitForReadyRead(5000);
    QThread::msleep(300);
    QFile status(QStringLiteral("/proc/%1/status").arg(headless.processId()));
    if (status.open(QIODevice::ReadOnly)) {
        for (const auto &line : status.readAll().split('\n')) {
            if (line.startsWith("VmRSS"))
                std::printf("resident memory of latchkey --headless: %.1f MB (to reach: 40 MB)\n",
                            line.simplified().split(' ').value(1).toDouble() / 1024);
        }
    }
    headless.closeWriteChannel();
    headless.waitForFinished(5000);
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const auto methods = QCoreApplication::arguments().mid(1); // none: all, and the rest
    reportSetUp(methods, 200);
    if (methods.isEmpty()) {
        cpuOfACall(10);
        memoryOfHeadless();
    }
    QThreadPool::globalInstance()->waitForDone();
    return 0;
}
