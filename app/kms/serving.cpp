// SPDX-License-Identifier: Apache-2.0
#include "serving.h"

#include "https_server.h"
#include "log.h"
#include "mikey_front.h"
#include "sql_store.h"

#include <QJsonDocument>

#include <csignal>
#include <cstdio>
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
          mikey(service, random, config.profile.kms, config.clockSkewSeconds),
          front(service, config.profile.kms, config.clockSkewSeconds)
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
    const auto now = mikey::NtpTime::fromUnixMicroseconds(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
    if (const auto first = makeWorker(config, key, now); !first) // what does not open now would not later
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
    server.run();
    pthread_kill(waiting.native_handle(), SIGTERM); // where listening ended by itself
    waiting.join();
    logLine("stopped");
    return 0;
}

} // namespace kmsd
