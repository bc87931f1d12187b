// SPDX-License-Identifier: Apache-2.0
#include "call/mikey_worker.h"

#include "call/clock.h"

namespace call {

MikeyWorker::MikeyWorker() : m_there(std::make_unique<QObject>())
{
    m_thread.setObjectName(QStringLiteral("mikey"));
    m_there->moveToThread(&m_thread);
    m_thread.start();
}

MikeyWorker::~MikeyWorker()
{
    drain();
    m_thread.quit();
    m_thread.wait();
}

void MikeyWorker::post(std::function<void()> work, std::function<void(double)> then)
{
    QMetaObject::invokeMethod(
        m_there.get(),
        [this, work = std::move(work), then = std::move(then)] {
            const CpuTimer cpu;
            work();
            QMetaObject::invokeMethod(
                &m_here, [then, ms = cpu.elapsedMs()] { then(ms); }, Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

void MikeyWorker::drain()
{
    QMetaObject::invokeMethod(
        m_there.get(), [] {}, Qt::BlockingQueuedConnection);
}

} // namespace call
