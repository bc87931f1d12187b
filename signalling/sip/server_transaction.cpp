// SPDX-License-Identifier: Apache-2.0
#include "sip/transaction.h"

#include <algorithm>

namespace sip {

InviteServerTransaction::InviteServerTransaction(const TimerConfig &timers, bool reliable, Time now)
    : m_timers(timers), m_reliable(reliable), m_interval(timers.t1), m_trying(now + std::chrono::milliseconds(200))
{
}

ServerStep InviteServerTransaction::receiveRequest()
{
    using enum TransactionState;
    // In Accepted it is the transaction user that sends the 2xx again, by its own timer (RFC 6026 section 7.1).
    return {.respond = m_responded && (m_state == Proceeding || m_state == Completed)};
}

ServerStep InviteServerTransaction::receiveAck(Time now)
{
    using enum TransactionState;
    if (m_state == Accepted)
        return {.deliver = true};
    if (m_state != Completed)
        return {};
    m_retransmit.reset();
    m_end = now + m_timers.t4; // timer I
    m_state = m_reliable ? Terminated : Confirmed;
    return {};
}

ServerStep InviteServerTransaction::respond(int status, Time now)
{
    using enum TransactionState;
    if (m_state == Accepted)
        return {.respond = status >= 200 && status < 300};
    if (m_state != Proceeding)
        return {};
    m_trying.reset();
    m_responded = true;
    if (status >= 300) {
        m_state = Completed;
        m_end = now + 64 * m_timers.t1; // timer H
        if (!m_reliable)
            m_retransmit = now + m_interval;
    } else if (status >= 200) {
        m_state = Accepted;
        m_end = now + 64 * m_timers.t1; // timer L
    }
    return {.respond = true};
}

ServerStep InviteServerTransaction::expire(Time now)
{
    using enum TransactionState;
    if (isDue(m_end, now)) {
        const bool timedOut = m_state == Completed;
        m_state = Terminated;
        m_retransmit.reset();
        m_end.reset();
        return {.timedOut = timedOut};
    }
    if (isDue(m_trying, now)) {
        m_trying.reset();
        return {.trying = true};
    }
    if (!isDue(m_retransmit, now))
        return {};
    m_interval = std::min(2 * m_interval, m_timers.t2);
    m_retransmit = now + m_interval;
    return {.respond = true};
}

NonInviteServerTransaction::NonInviteServerTransaction(const TimerConfig &timers, bool reliable)
    : m_timers(timers), m_reliable(reliable)
{
}

ServerStep NonInviteServerTransaction::receiveRequest() const
{
    using enum TransactionState;
    return {.respond = m_state == Proceeding || m_state == Completed};
}

ServerStep NonInviteServerTransaction::respond(int status, Time now)
{
    using enum TransactionState;
    if (m_state != Trying && m_state != Proceeding)
        return {};
    m_state = Proceeding;
    if (status >= 200) {
        m_end = now + 64 * m_timers.t1; // timer J
        m_state = m_reliable ? Terminated : Completed;
    }
    return {.respond = true};
}

ServerStep NonInviteServerTransaction::expire(Time now)
{
    if (!isDue(m_end, now))
        return {};
    m_end.reset();
    m_state = TransactionState::Terminated;
    return {};
}

} // namespace sip
