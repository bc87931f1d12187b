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
    QMetaObject::invokeMethod(m_worker, [this, method, endpointFile, access, then = std::move(then)] {
        start(method, endpointFile, access, m_worker, [this, then](const account::Loaded<account::Enrolled> &result) {
            // This is still there, since it waits for the thread when it goes.
            QMetaObject::invokeMethod(
                this, [then, result] { then(result); }, Qt::QueuedConnection);
        });
    });
}
