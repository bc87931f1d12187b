// SPDX-License-Identifier: Apache-2.0
#include "enrolment_thread.h"

#include "call/clock.h"

namespace {

void start(const std::string &method, const QString &file, const account::KmsAccess &access, QObject *context,
           EnrolmentThread::Then then)
{
    const auto now = call::ntpNow();
    if (method == "sakke")
        account::enrol(file, access, now, context, std::move(then));
    else if (method == "ibake")
        account::enrolIbake(file, access, now, context, std::move(then));
    else
        account::enrolAll(file, access, now, context, std::move(then));
}

} // namespace

EnrolmentThread::EnrolmentThread(QObject *parent) : QObject(parent), m_worker(new QObject)
{
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.start();
}

EnrolmentThread::~EnrolmentThread()
{
    m_thread.quit();
    m_thread.wait();
}

void EnrolmentThread::enrol(const std::string &method, const QString &endpointFile, const account::KmsAccess &access,
                            Then then)
{
    m_jobs.push_back({method, endpointFile, access, std::move(then)});
    if (m_jobs.size() == 1)
        begin();
}

/// This is there as long as the thread, since it waits for that when it goes.
void EnrolmentThread::begin()
{
    const auto finish = [this](const account::Loaded<account::Enrolled> &result) {
        const auto then = std::move(m_jobs.front().then);
        m_jobs.pop_front();
        if (!m_jobs.empty())
            begin();
        then(result);
    };
    const auto &job = m_jobs.front();
    QMetaObject::invokeMethod(
        m_worker, [this, method = job.method, file = job.endpointFile, access = job.access, finish] {
            start(method, file, access, m_worker, [this, finish](const account::Loaded<account::Enrolled> &result) {
                QMetaObject::invokeMethod(
                    this, [finish, result] { finish(result); }, Qt::QueuedConnection);
            });
        });
}
