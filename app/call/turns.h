// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <deque>
#include <functional>
#include <memory>

namespace call {

/// Lets things that take a while happen one after another. What has its turn keeps it as long as a copy of the token
/// lives; then the next one begins, by the event loop. Lives on one thread.
class Turns
{
public:
    using Token = std::shared_ptr<void>;

    /// Calls `begin` with the token: at once if nobody has the turn.
    void take(std::function<void(Token)> begin)
    {
        m_waiting.push_back(std::move(begin));
        if (!m_taken)
            next();
    }

private:
    void next()
    {
        if (m_waiting.empty())
            return;
        m_taken = true;
        const auto begin = std::move(m_waiting.front());
        m_waiting.pop_front();
        begin(Token(nullptr, [this, guard = std::weak_ptr<int>(m_alive)](void *) {
            if (guard.expired())
                return;
            m_taken = false;
            QMetaObject::invokeMethod(
                &m_loop,
                [this] {
                    if (!m_taken)
                        next();
                },
                Qt::QueuedConnection);
        }));
    }

    std::deque<std::function<void(Token)>> m_waiting;
    bool m_taken = false;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    QObject m_loop;
};

} // namespace call
