// SPDX-License-Identifier: Apache-2.0
#include "serving.h"

#include "https_server.h"
#include "log.h"
#include "mikey_front.h"
#include "sql_store.h"

#include <QJsonDocument>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>

namespace kmsd {

namespace {

using mikey::kms::Refusal;

/// What a thread that answers has of its own: a connection to the database, and a service on it. The database alone
/// decides between them, as it does between processes.
struct Worker
{
    std::unique_ptr<SqlStore> store;
    mikey::SystemRandom random;
    mikey::kms::Sealer sealer;
    mikey::kms::Service service;
    MikeyFront mikey;
    Front front;

    Worker(std::unique_ptr<SqlStore> opened, const Config &config, const mikey::Secret &key)
        : store(std::move(opened)), sealer(key.clone()), service(*store, sealer, config.profile, random),
          mikey(service, random, config), front(service, config.profile.kms, config.clockSkewSeconds, config.partners)
    {
        front.add("POST", "/mikey/ticket", [this](const Question &question) { return mikey.answer(question); });
        front.add("GET", "/ibake/parameters", [this](const Question &question) { return mikey.parameters(question); });
    }
};

account::Loaded<std::unique_ptr<Worker>> makeWorker(const Config &config, const mikey::Secret &key, mikey::NtpTime now)
{
    auto store = SqlStore::open(config.database);
    if (!store)
        return store.error();
    auto worker = std::make_unique<Worker>(std::move(*store), config, key);
    if (const auto refusal = worker->service.open(now))
        return QString::fromStdString(refusal->reason);
    return worker;
}

Reply answer(const Config &config, const mikey::Secret &key, const Question &question)
{
    thread_local std::unique_ptr<Worker> mine;
    if (!mine) {
        auto made = makeWorker(config, key, question.now);
        if (!made)
            return {503, "text/plain", "the service cannot answer now\n", {}, made.error().toStdString()};
        mine = std::move(*made);
    }
    return mine->front.answer(question);
}

mikey::NtpTime clockTime()
{
    using namespace std::chrono;
    return mikey::NtpTime::fromUnixMicroseconds(
        duration_cast<microseconds>(system_clock::now().time_since_epoch()).count());
}

/// Removes, while the service runs, what nobody needs any more: a little at a time, so that nobody waits for it.
class Housekeeping
{
public:
    Housekeeping(const Config &config, const mikey::Secret &key)
        : m_config(config), m_key(key), m_thread([this] { run(); })
    {
    }
    ~Housekeeping()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stopping = true;
        }
        m_wake.notify_one();
        m_thread.join();
    }

private:
    static constexpr std::chrono::seconds pause{60};
    static constexpr std::chrono::milliseconds breath{20};
    static constexpr std::size_t most = 200; ///< rows at a time

    /// False: the service stops.
    bool sleep(std::chrono::milliseconds time)
    {
        std::unique_lock lock(m_mutex);
        return !m_wake.wait_for(lock, time, [this] { return m_stopping; });
    }

    void run()
    {
        do {
            const auto worker = makeWorker(m_config, m_key, clockTime());
            if (const auto trouble = worker ? tidy(**worker) : std::optional(worker.error().toStdString()))
                logLine("housekeeping", {{QStringLiteral("trouble"), QString::fromStdString(*trouble)}});
        } while (sleep(pause));
    }

    std::optional<std::string> tidy(Worker &worker)
    {
        constexpr std::int64_t day = 24 * 3600;
        const auto now = clockTime();
        // A question is taken again until its timestamp, which may be ahead, is out of the clock window.
        const mikey::kms::Retention before{now.plusSeconds(-2 * m_config.clockSkewSeconds - 60),
                                           now.plusSeconds(-day * m_config.refusalDays),
                                           now.plusSeconds(-day * m_config.auditDays)};
        if (const auto refusal = worker.service.dropSecrets(tpkKind, tpksEndedBefore(now), now))
            return refusal->reason;
        do {
            const auto gone = worker.store->forget(before, most);
            if (!gone)
                return gone.error().reason;
            if (*gone == 0)
                return std::nullopt;
        } while (sleep(breath));
        return std::nullopt;
    }

    const Config &m_config;
    const mikey::Secret &m_key;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    bool m_stopping = false;
    std::thread m_thread; ///< the last to be made
};

sigset_t stopSignals()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

void announce(const Config &config, int port, const QByteArray &fingerprint)
{
    const QJsonObject line{{QStringLiteral("url"), QStringLiteral("https://%1:%2").arg(config.address).arg(port)},
                           {QStringLiteral("fingerprint"), QString::fromLatin1(fingerprint.toHex())}};
    std::printf("%s\n", QJsonDocument(line).toJson(QJsonDocument::Compact).constData());
    std::fflush(stdout);
    logLine("started", line);
}

int fail(const QString &reason)
{
    std::fprintf(stderr, "latchkey-kms: %s\n", qPrintable(reason));
    return 2;
}

} // namespace

int serve(const Config &config, const mikey::Secret &key, const QByteArray &fingerprint)
{
    if (const auto first = makeWorker(config, key, clockTime()); !first) // what does not open now would not later
        return fail(first.error());
    HttpsServer server(config, [&](const Question &question) { return answer(config, key, question); });
    if (const auto trouble = server.bind())
        return fail(*trouble);
    std::signal(SIGPIPE, SIG_IGN); // a peer may go while we write
    const auto signals = stopSignals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr); // in all threads: one waits for them
    std::thread waiting([&] {
        int signal = 0;
        sigwait(&signals, &signal);
        logLine("stopping", {{QStringLiteral("signal"), signal}});
        server.stop();
    });
    announce(config, server.port(), fingerprint);
    {
        const Housekeeping housekeeping(config, key);
        server.run();
    }
    pthread_kill(waiting.native_handle(), SIGTERM); // where listening ended by itself
    waiting.join();
    logLine("stopped");
    return 0;
}

} // namespace kmsd
