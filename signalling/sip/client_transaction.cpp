// SPDX-License-Identifier: Apache-2.0
#include "sip/transaction.h"

#include <algorithm>

namespace sip {

InviteClientTransaction::InviteClientTransaction(const TimerConfig &timers, bool reliable, Time now)
    : m_timers(timers), m_reliable(reliable), m_interval(timers.t1), m_end(now + 64 * timers.t1)
{
    if (!reliable)
        m_retransmit = now + m_interval;
}

ClientStep InviteClientTransaction::receive(int status, Time now)
{
    using enum TransactionState;
    if (status >= 300)
        return receiveRefusal(now);
    if (m_state != Calling && m_state != Proceeding)
        return {.deliver = m_state == Accepted && status >= 200};
    m_retransmit.reset();
    m_end.reset(); // from here on the transaction user limits the wait
    m_state = Proceeding;
    if (status >= 200) {
        m_state = Accepted;
        m_end = now + 64 * m_timers.t1; // timer M
    }
    return {.deliver = true};
}

ClientStep InviteClientTransaction::receiveRefusal(Time now)
{
    using enum TransactionState;
    if (m_state == Completed)
        return {.acknowledge = true};
    if (m_state != Calling && m_state != Proceeding)
        return {};
    m_retransmit.reset();
    m_end = now + m_timers.d;
    m_state = m_reliable ? Terminated : Completed; // timer D is zero on a reliable transport
    return {.acknowledge = true, .deliver = true};
}

ClientStep InviteClientTransaction::expire(Time now)
{
    using enum TransactionState;
    if (isDue(m_end, now)) {
        const bool timedOut = m_state == Calling; // timer B
        m_state = Terminated;
        m_retransmit.reset();
        m_end.reset();
        return {.timedOut = timedOut};
    }
    if (!isDue(m_retransmit, now))
        return {};
    m_interval *= 2;
    m_retransmit = now + m_interval;
    return {.retransmit = true};
}

NonInviteClientTransaction::NonInviteClientTransaction(const TimerConfig &timers, bool reliable, Time now)
    : m_timers(timers), m_reliable(reliable), m_interval(timers.t1), m_end(now + 64 * timers.t1)
{
    if (!reliable)
        m_retransmit = now + m_interval;
}

ClientStep NonInviteClientTransaction::receive(int status, Time now)
{
    using enum TransactionState;
    if (m_state != Trying && m_state != Proceeding)
        return {};
    m_state = Proceeding;
    if (status >= 200) {
        m_retransmit.reset();
        m_end = now + m_timers.t4; // timer K
        m_state = m_reliable ? Terminated : Completed;
    }
    return {.deliver = true};
}

ClientStep NonInviteClientTransaction::expire(Time now)
{
    using enum TransactionState;
    if (isDue(m_end, now)) {
        const bool timedOut = m_state == Trying || m_state == Proceeding; // timer F
        m_state = Terminated;
        m_retransmit.reset();
        m_end.reset();
        return {.timedOut = timedOut};
    }
    if (!isDue(m_retransmit, now))
        return {};
    m_interval = m_state == Proceeding ? m_timers.t2 : std::min(2 * m_interval, m_timers.t2);
    m_retransmit = now + m_interval;
    return {.retransmit = true};
}

} // namespace sip
