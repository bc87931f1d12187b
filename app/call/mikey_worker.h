// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QPointer>
#include <QThread>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace call {

/// MIKEY away from the window's thread, which waits for no pairing and no RSA key: one piece of work after another, on
/// one thread. Only the thread that owns the worker gives it work, and the results come back to it. So after drain()
/// the owner may use what the work uses.
class MikeyWorker
{
public:
    MikeyWorker();
    ~MikeyWorker(); ///< after the work that was given; what should follow it is dropped

    /// Runs `work` there, then `then(result, ms)` here unless `context` is gone by then; `ms` is the CPU time it took.
    template <class Work, class Then>
    void run(QObject *context, Work work, Then then)
    {
        using Result = decltype(work());
        struct Task
        {
            Work work;
            Then then;
            std::optional<Result> result;
        };
        const auto task = std::make_shared<Task>(Task{std::move(work), std::move(then), std::nullopt});
        post([task] { task->result.emplace(task->work()); },
             [task, guard = QPointer<QObject>(context)](double ms) {
                 if (guard)
                     task->then(std::move(*task->result), ms);
             });
    }

    /// Waits until all the work is done. What follows it comes later, by the event loop.
    void drain();

private:
    void post(std::function<void()> work, std::function<void(double ms)> then);

    QThread m_thread;
    std::unique_ptr<QObject> m_there; ///< lives on m_thread
    QObject m_here;
};

} // namespace call
