// SPDX-License-Identifier: Apache-2.0
#include "account/endpoint_state.h"
#include "account/profile.h"
#include "audio/backends.h"
#include "call/clock.h"
#include "goodbye.h"
#include "headless.h"
#include "headless_demo.h"
#include "options.h"
#include "profile_identity_store.h"
#include "quit_signals.h"
#include "window.h"

#include <QApplication>
#include <QThreadPool>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/resource.h>

namespace {

constexpr int wrongUsage = 2;

int complain(const QString &sentence)
{
    std::fprintf(stderr, "latchkey: %s\n", qUtf8Printable(sentence));
    return wrongUsage;
}

/// A core file would hold keys.
void allowNoCoreFiles()
{
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

/// A closed standard descriptor would be given to the next socket or file, and be read or written as what it is not.
void openStandardDescriptors()
{
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) != descriptor)
            std::_Exit(wrongUsage);
    }
}

/// What an account remembers, on disk: kept while the program runs, written at its end.
class RememberedState
{
public:
    RememberedState(const account::Profile &profile)
        : m_file(profile.statePath), m_skew(profile.loaded.endpoint.accept.clockSkewSeconds)
    {
    }

    mikey::EndpointState load()
    {
        auto state = m_file.load(call::ntpNow(), m_skew, 0); // another instance is not waited for
        if (!state) {
            // Another instance has it, or it is damaged: go on without, but take nothing that is older than this.
            complain(state.error());
            mikey::EndpointState fresh;
            fresh.replays.lostTrackAt(call::ntpNow());
            return fresh;
        }
        m_ours = true;
        if (const auto trouble = m_file.markOpen(*state))
            complain(*trouble);
        return std::move(*state);
    }

    void save(const mikey::EndpointState &state)
    {
        if (!m_ours)
            return;
        if (const auto trouble = m_file.save(state))
            complain(*trouble);
    }

private:
    account::StateFile m_file;
    std::int64_t m_skew;
    bool m_ours = false;
};

/// Opens what --audio names for each call. Files are opened once and go on from call to call: a stream that still stops
/// is waited for, which takes less than 100 ms and happens only where one call follows another at once.
std::function<media::AudioEndpoints()> audioOpener(const std::string &description, const media::AudioEndpoints &opened)
{
    if (description.starts_with("file:"))
        return [opened] {
            QThreadPool::globalInstance()->waitForDone();
            return opened;
        };
    return [description, opened] {
        auto fresh = media::openAudio(description);
        return fresh ? *fresh : opened;
    };
}

std::optional<QString> listenOn(call::Phone &phone, const std::vector<Options::Listen> &points)
{
    for (const auto &point : points) {
        if (const auto trouble = phone.listen(point.transport, point.address, point.port))
            return trouble;
    }
    return std::nullopt;
}

int runPhone(const Options &options)
{
    auto profile = account::openProfile(options.profile, options.endpoint, call::ntpNow());
    if (!profile)
        return complain(profile.error());
    for (const auto &warning : profile->loaded.warnings)
        complain(warning);
    auto audio = media::openAudio(options.audio.toStdString());
    if (!audio)
        return complain(QString::fromStdString(audio.error().sentence));

    RememberedState remembered(*profile);
    call::Phone::Config config;
    config.answering = options.answering;
    config.openAudio = audioOpener(options.audio.toStdString(), *audio);
    config.statisticsIntervalMs = options.headless ? 1000 : 100;
    config.renewalSeconds = options.renewalSeconds;
    config.askKms = call::askKmsOf(profile->loaded.kms, qApp);
    call::Phone phone(std::move(profile->loaded.endpoint), remembered.load(), std::move(config));
    if (const auto trouble = listenOn(phone, options.listen))
        return complain(*trouble);

    ProfileIdentityStore identities(std::move(*profile), phone);
    int status = 0;
    const QuitSignals signals;
    if (options.headless) {
        JsonOutput output;
        Headless headless(phone, output);
        QObject::connect(&identities, &ProfileIdentityStore::trouble, qApp, complain);
        QObject::connect(&signals, &QuitSignals::received, &headless, &Headless::quit);
        status = QCoreApplication::exec();
        sayGoodbye(phone);
    } else {
        QObject::connect(&signals, &QuitSignals::received, qApp, &QCoreApplication::quit);
        status = runWindow(phone, identities, options);
    }
    remembered.save(phone.endpointState());
    return status;
}

int run(const Options &options)
{
    if (options.demo && options.headless) {
        JsonOutput output;
        HeadlessDemo demo(options.demoMethods, options.demoSeconds, output);
        QMetaObject::invokeMethod(&demo, &HeadlessDemo::start, Qt::QueuedConnection);
        return QCoreApplication::exec();
    }
    return options.demo ? runWindowDemo(options) : runPhone(options);
}

} // namespace

int main(int argc, char **argv)
{
    openStandardDescriptors();
    allowNoCoreFiles();
    std::signal(SIGPIPE, SIG_IGN);
    std::unique_ptr<QCoreApplication> application;
    if (asksForHeadless(argc, argv))
        application = std::make_unique<QCoreApplication>(argc, argv);
    else
        application = std::make_unique<QApplication>(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("latchkey"));
    QCoreApplication::setApplicationVersion(QStringLiteral(LATCHKEY_VERSION));
    const auto options = parseOptions(QCoreApplication::arguments());
    if (const auto *problem = std::get_if<QString>(&options))
        return complain(*problem);
    const int status = run(std::get<Options>(options));
    QThreadPool::globalInstance()->waitForDone(); // streams that still stop
    return status;
}
