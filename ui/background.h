// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCoreApplication>
#include <QMetaObject>
#include <QPointer>
#include <QThreadPool>

#include <memory>
#include <type_traits>
#include <utility>

namespace ui {

/// Does `work` on a thread of the pool, so that the window goes on, and hands what it returns to `then` on the GUI
/// thread, unless `context` has gone by then. To be called on the GUI thread; `work` shares nothing with it.
template <typename Work, typename Then>
void inBackground(QObject *context, Work work, Then then)
{
    struct Job
    {
        QPointer<QObject> context; ///< looked at on the GUI thread only
        Work work;
        Then then;
    };
    // The pool wants a function that can be copied; what work holds (a secret) often cannot.
    auto job = std::make_shared<Job>(Job{context, std::move(work), std::move(then)});
    QThreadPool::globalInstance()->start([job = std::move(job)]() mutable {
        auto result = std::make_shared<std::invoke_result_t<Work &>>(job->work());
        const auto finish = [job = std::move(job), result = std::move(result)] {
            if (job->context)
                job->then(std::move(*result));
        };
        QMetaObject::invokeMethod(qApp, finish, Qt::QueuedConnection);
    });
}

} // namespace ui
