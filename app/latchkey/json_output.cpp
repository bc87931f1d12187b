// SPDX-License-Identifier: Apache-2.0
#include "json_output.h"

#include <QElapsedTimer>
#include <QJsonDocument>

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr qsizetype dispensableUpTo = 1 << 20; ///< octets queued
constexpr qsizetype importantUpTo = 16 << 20;
constexpr int patienceMs = 2000;

/// Writing to a pipe or socket would wait for its reader. A file or terminal is left as it is, others may share it.
void neverWait()
{
    struct stat status = {};
    if (fstat(STDOUT_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)))
        fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
}

} // namespace

JsonOutput::JsonOutput() : m_writable(STDOUT_FILENO, QSocketNotifier::Write)
{
    neverWait();
    m_writable.setEnabled(false);
    connect(&m_writable, &QSocketNotifier::activated, this, &JsonOutput::flush);
}

JsonOutput::~JsonOutput()
{
    QElapsedTimer waited;
    waited.start();
    for (flush(); !m_queue.isEmpty() && waited.elapsed() < patienceMs; flush()) {
        pollfd reader{STDOUT_FILENO, POLLOUT, 0};
        poll(&reader, 1, patienceMs / 10);
    }
}

void JsonOutput::write(const QJsonObject &object, Weight weight)
{
    if (m_broken || m_queue.size() > (weight == Weight::Important ? importantUpTo : dispensableUpTo))
        return;
    m_queue += QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    flush();
}

void JsonOutput::flush()
{
    while (!m_queue.isEmpty()) {
        const auto written = ::write(STDOUT_FILENO, m_queue.constData(), static_cast<std::size_t>(m_queue.size()));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            m_broken = errno != EAGAIN;
            break;
        }
        m_queue.remove(0, written);
    }
    if (m_broken)
        m_queue.clear();
    m_writable.setEnabled(!m_queue.isEmpty());
}
