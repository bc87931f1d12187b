// SPDX-License-Identifier: Apache-2.0
#include "quit_signals.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace {

std::array<int, 2> wakeUp{-1, -1}; ///< a pipe: writing to it is what a signal handler may do

void onSignal(int)
{
    const auto before = errno;
    const char octet = 0;
    static_cast<void>(!write(wakeUp[1], &octet, 1)); // a full pipe has woken us already
    errno = before;
}

int readEnd()
{
    if (pipe2(wakeUp.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        qFatal("latchkey: no pipe for signals");
    return wakeUp[0];
}

} // namespace

QuitSignals::QuitSignals() : m_notifier(readEnd(), QSocketNotifier::Read)
{
    connect(&m_notifier, &QSocketNotifier::activated, this, [this] {
        std::array<char, 16> octets{};
        while (read(wakeUp[0], octets.data(), octets.size()) > 0) {
        }
        Q_EMIT received();
    });
    struct sigaction action = {};
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}
