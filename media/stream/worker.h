// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/udp_pair.h"
#include "rtp/rtcp_schedule.h"
#include "stream/incoming.h"
#include "stream/outgoing.h"
#include "stream/stream.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace media {

/// What the media thread does: every 10 ms it moves sound between the endpoints and the paths, in between it receives.
///
///   microphone → Outgoing (Opus, RTP, SRTP) → RTP socket
///   speaker ← Incoming (Opus, jitter buffer, RTP, SRTP) ← RTP socket
///   RTCP socket ↔ reports of both
class Stream::Worker
{
public:
    explicit Worker(UdpPair sockets) : m_sockets(std::move(sockets)) {}
    ~Worker() { stop(); }

    const UdpPair &sockets() const { return m_sockets; }

    std::optional<Error> start(StreamConfig config);
    void stop();
    StreamStatistics statistics() const;

    // From any thread.
    std::optional<Error> renewReceiveKeys(std::vector<SrtpKey> keys, WeakPolicy weak);
    std::optional<Error> renewSendKeys(std::vector<SrtpKey> keys, WeakPolicy weak);

    std::atomic<bool> muted{false};

private:
    /// What exists once there are keys.
    struct Session
    {
        Outgoing outgoing;
        Incoming incoming;
        AudioEndpoints audio;
        bool peerUsesFec;
        bool sendsSound;
        std::function<void(StreamEvent)> onEvent;
    };

    /// Keys of new agreements on their way to the media thread, in order.
    struct NewKeys
    {
        std::vector<std::vector<SrtpReceiver>> receive;
        std::vector<std::vector<SrtpSender>> send;
    };

    template <class Keyed>
    std::optional<Error> handOver(std::vector<SrtpKey> keys, WeakPolicy weak,
                                  std::vector<std::vector<Keyed>> NewKeys::*to);
    void takeNewKeys(Time now);
    void watchKeys(Time now);
    void wipeKeys();

    void run();
    void startAudio();
    void dropWhatCameBeforeKeys();
    void tick(Time now);
    void capture(Time now);
    void replaceDeadEndpoints(Time now);
    void report(Time now, bool bye);
    void receiveUntil(Time deadline);
    void received(UdpPair::Channel channel, const UdpPair::Datagram &datagram, Time now);
    void peerSaid(const RtcpCompound &compound, Time now);
    void publish();
    void notify(StreamEvent event);
    void audioTrouble(const Error &error);

    UdpPair m_sockets;
    bool m_started = false; // the owner's thread's own
    std::optional<Session> m_session;
    RtcpSchedule m_schedule;
    StreamStatistics m_statistics; // the media thread's own
    Time m_speakerAliveAt{};
    bool m_expiryTold = false;
    alignas(8) std::array<std::uint8_t, JitterBuffer::largestPayload> m_datagram;

    mutable std::mutex m_publishing;
    StreamStatistics m_published; // guarded by m_publishing

    std::mutex m_handingOver;
    bool m_running = false; // guarded by m_handingOver, as is the next
    NewKeys m_newKeys;

    std::atomic<bool> m_stopping{false};
    int m_wake = -1; // eventfd that ends a wait
    std::thread m_thread;
};

} // namespace media
