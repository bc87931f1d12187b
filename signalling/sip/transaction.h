// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/timers.h"

#include <algorithm>
#include <optional>

/// The four state machines of RFC 3261 section 17 as RFC 6026 corrects them. They know statuses and time, not messages:
/// each step says what the owner, who holds the messages, has to do.
namespace sip {

enum class TransactionState {
    Calling, ///< INVITE client: request sent
    Trying,  ///< the other client, and server: request sent, or received
    Proceeding,
    Completed,
    Confirmed, ///< INVITE server: ACK of a refusal received
    Accepted,  ///< INVITE: 2xx went through (RFC 6026)
    Terminated,
};

struct ClientStep
{
    bool retransmit = false;  ///< send the request again
    bool acknowledge = false; ///< send the ACK of a response other than 2xx
    bool deliver = false;     ///< the response is for the transaction user
    bool timedOut = false;    ///< no (final) response came in time

    bool operator==(const ClientStep &) const = default;
};

struct ServerStep
{
    bool respond = false;  ///< send the latest response, or send it again
    bool deliver = false;  ///< the ACK is for the transaction user
    bool trying = false;   ///< send 100: the transaction user takes its time (section 17.2.1)
    bool timedOut = false; ///< the ACK of a refusal never came

    bool operator==(const ServerStep &) const = default;
};

/// A timer that may run.
using Deadline = std::optional<Time>;

/// The earlier of two.
inline Deadline earlier(Deadline a, Deadline b)
{
    return a && b ? std::min(a, b) : (a ? a : b);
}
inline bool isDue(Deadline deadline, Time now)
{
    return deadline && *deadline <= now;
}

/// Section 17.1.1. Begins when the request is sent.
class InviteClientTransaction
{
public:
    InviteClientTransaction(const TimerConfig &timers, bool reliable, Time now);

    ClientStep receive(int status, Time now);
    ClientStep expire(Time now);
    void transportFailed() { m_state = TransactionState::Terminated; }

    Deadline deadline() const { return earlier(m_retransmit, m_end); }
    TransactionState state() const { return m_state; }

private:
    ClientStep receiveRefusal(Time now);

    TimerConfig m_timers;
    bool m_reliable;
    TransactionState m_state = TransactionState::Calling;
    Duration m_interval;
    Deadline m_retransmit; ///< timer A
    Deadline m_end;        ///< timer B, D or M
};

/// Section 17.1.2. Begins when the request is sent.
class NonInviteClientTransaction
{
public:
    NonInviteClientTransaction(const TimerConfig &timers, bool reliable, Time now);

    ClientStep receive(int status, Time now);
    ClientStep expire(Time now);
    void transportFailed() { m_state = TransactionState::Terminated; }

    Deadline deadline() const { return earlier(m_retransmit, m_end); }
    TransactionState state() const { return m_state; }

private:
    TimerConfig m_timers;
    bool m_reliable;
    TransactionState m_state = TransactionState::Trying;
    Duration m_interval;
    Deadline m_retransmit; ///< timer E
    Deadline m_end;        ///< timer F or K
};

/// Section 17.2.1. Begins when the request is received. A transport that fails leaves it as it is (RFC 6026
/// section 7.1).
class InviteServerTransaction
{
public:
    InviteServerTransaction(const TimerConfig &timers, bool reliable, Time now);

    ServerStep receiveRequest();
    ServerStep receiveAck(Time now);
    ServerStep respond(int status, Time now); ///< by the transaction user
    ServerStep expire(Time now);

    Deadline deadline() const { return earlier(m_trying, earlier(m_retransmit, m_end)); }
    TransactionState state() const { return m_state; }

private:
    TimerConfig m_timers;
    bool m_reliable;
    TransactionState m_state = TransactionState::Proceeding;
    bool m_responded = false; ///< there is a response to send again
    Duration m_interval;
    Deadline m_trying;     ///< 200 ms until the 100
    Deadline m_retransmit; ///< timer G
    Deadline m_end;        ///< timer H, I or L
};

/// Section 17.2.2. Begins when the request is received.
class NonInviteServerTransaction
{
public:
    NonInviteServerTransaction(const TimerConfig &timers, bool reliable);

    ServerStep receiveRequest() const;
    ServerStep respond(int status, Time now);
    ServerStep expire(Time now);

    Deadline deadline() const { return m_end; }
    TransactionState state() const { return m_state; }

private:
    TimerConfig m_timers;
    bool m_reliable;
    TransactionState m_state = TransactionState::Trying;
    Deadline m_end; ///< timer J
};

} // namespace sip
