// SPDX-License-Identifier: Apache-2.0
#include "stream/worker.h"

#include "audio/virtual_endpoints.h"

#include <openssl/rand.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace media {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds patienceWithDevices{500};
constexpr int mostWaitingDatagrams = 10'000; // more than a socket's buffer holds: a flood does not keep us here

double randomUnit()
{
    std::uint32_t value = 0;
    RAND_bytes(reinterpret_cast<unsigned char *>(&value), sizeof value);
    return value / 4294967296.0;
}

} // namespace

std::optional<Error> Stream::Worker::start(StreamConfig config)
{
    if (m_started)
        return Error{"The audio stream has been started already."};
    if (!config.audio.microphone || !config.audio.speaker)
        return Error{"The audio stream has no microphone or no speaker."};
    SocketAddress rtcp = config.remoteRtcp;
    if (rtcp.port == 0)
        rtcp = {config.remoteRtp.host, static_cast<std::uint16_t>(config.remoteRtp.port + 1)};
    if (auto error = m_sockets.setRemote(config.remoteRtp, rtcp))
        return error;
    Result<std::vector<SrtpSender>> senders = openKeys<SrtpSender>(std::move(config.sendKeys), config.weak);
    if (!senders)
        return senders.error();
    Result<std::vector<SrtpReceiver>> receivers = openKeys<SrtpReceiver>(std::move(config.receiveKeys), config.weak);
    if (!receivers)
        return receivers.error();
    const Time now = Clock::now();
    Result<Outgoing> outgoing =
        Outgoing::create({std::move(*senders), config.keyLimits, now}, config.sendPayloadType, now);
    if (!outgoing)
        return outgoing.error();
    Result<Incoming> incoming =
        Incoming::create({std::move(*receivers), config.keyLimits, now}, config.receivePayloadType);
    if (!incoming)
        return incoming.error();
    m_wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (m_wake < 0)
        return Error{std::string("The audio stream could not be started: ") + std::strerror(errno) + "."};
    m_session.emplace(Session{std::move(*outgoing), std::move(*incoming), std::move(config.audio), config.peerUsesFec,
                              config.sendsSound, std::move(config.onEvent)});
    publish();
    m_started = true;
    {
        const std::lock_guard guard(m_handingOver);
        m_running = true;
    }
    m_thread = std::thread(&Worker::run, this);
    return std::nullopt;
}

void Stream::Worker::stop()
{
    if (!m_thread.joinable())
        return;
    m_stopping = true;
    const std::uint64_t one = 1;
    // Can't fail: the counter of an eventfd written to once has room.
    [[maybe_unused]] const ssize_t written = write(m_wake, &one, sizeof one);
    m_thread.join();
    close(m_wake);
    wipeKeys();
}

void Stream::Worker::wipeKeys()
{
    m_session.reset();
    {
        const std::lock_guard guard(m_handingOver);
        m_running = false;
        m_newKeys = {};
    }
    const std::lock_guard guard(m_publishing);
    m_published.sendKeys.clear();
    m_published.receiveKeys.clear();
}

/// Keys are opened on the caller's thread: that takes longer than it takes to exchange one packet.
template <class Keyed>
std::optional<Error> Stream::Worker::handOver(std::vector<SrtpKey> keys, WeakPolicy weak,
                                              std::vector<std::vector<Keyed>> NewKeys::*to)
{
    Result<std::vector<Keyed>> opened = openKeys<Keyed>(std::move(keys), weak);
    if (!opened)
        return opened.error();
    const std::lock_guard guard(m_handingOver);
    if (!m_running)
        return Error{"The audio stream is not running."};
    (m_newKeys.*to).push_back(std::move(*opened));
    return std::nullopt;
}

std::optional<Error> Stream::Worker::renewReceiveKeys(std::vector<SrtpKey> keys, WeakPolicy weak)
{
    return handOver(std::move(keys), weak, &NewKeys::receive);
}

std::optional<Error> Stream::Worker::renewSendKeys(std::vector<SrtpKey> keys, WeakPolicy weak)
{
    const StreamStatistics present = statistics();
    bool over = !keys.empty();
    for (SrtpKey &key : keys) {
        key.ssrc = key.ssrc == 0 ? present.sendSsrc : key.ssrc;
        over &= key.ssrc == present.sendSsrc && key.validTo.value_or(lastSrtpIndex) < present.sendIndex;
    }
    if (over)
        return Error{"The validity of the new SRTP keys is over already."};
    return handOver(std::move(keys), weak, &NewKeys::send);
}

void Stream::Worker::takeNewKeys(Time now)
{
    NewKeys taken;
    {
        const std::lock_guard guard(m_handingOver);
        std::swap(taken, m_newKeys);
    }
    for (auto &keys : taken.receive)
        m_session->incoming.renewKeys(std::move(keys), now);
    for (auto &keys : taken.send)
        m_session->outgoing.renewKeys(std::move(keys), now);
}

void Stream::Worker::run()
{
    startAudio();
    dropWhatCameBeforeKeys();
    Time next = Clock::now();
    m_schedule.start(next, randomUnit());
    while (!m_stopping) {
        const Time now = Clock::now();
        if (now >= next) {
            tick(now);
            next += quantum;
            if (now - next > patienceWithDevices) // the machine slept
                next = now + quantum;
        }
        publish();
        receiveUntil(next);
    }
    report(Clock::now(), true);
    m_session->audio.microphone->stop();
    m_session->audio.speaker->stop();
    publish();
}

/// Opening a device may take long, so the microphone's time begins to count when the speaker is open.
void Stream::Worker::startAudio()
{
    AudioEndpoints &audio = m_session->audio;
    if (const auto error = audio.speaker->start(Clock::now()))
        audioTrouble(*error);
    else
        m_speakerAliveAt = Clock::now();
    if (const auto error = audio.microphone->start(Clock::now()))
        audioTrouble(*error);
    else
        m_session->outgoing.resumeSound(Clock::now());
}

/// What waits in the sockets came without keys or while the devices were being opened; it would only be late.
void Stream::Worker::dropWhatCameBeforeKeys()
{
    for (const UdpPair::Channel channel : {UdpPair::Rtp, UdpPair::Rtcp}) {
        for (int i = 0; i < mostWaitingDatagrams && m_sockets.receive(channel, m_datagram); ++i)
            ++m_statistics.beforeKeys;
    }
}

void Stream::Worker::tick(Time now)
{
    takeNewKeys(now);
    replaceDeadEndpoints(now);
    capture(now);
    watchKeys(now);
    m_session->incoming.play(*m_session->audio.speaker, now);
    if (now >= m_schedule.next())
        report(now, false);
}

/// A device that did not start or stopped working must not stop the stream: silence takes its place.
void Stream::Worker::replaceDeadEndpoints(Time now)
{
    AudioEndpoints &audio = m_session->audio;
    if (audio.speaker->wanted(now) > 0)
        m_speakerAliveAt = now;
    if (now - m_speakerAliveAt > patienceWithDevices) {
        audioTrouble({"The speaker stopped working."});
        audio.speaker->stop();
        audio.speaker = std::make_shared<NullSpeaker>();
        [[maybe_unused]] const auto none = audio.speaker->start(now);
    }
    if (now - m_session->outgoing.lastSound() > patienceWithDevices) {
        audioTrouble({"The microphone stopped working."});
        audio.microphone->stop();
        audio.microphone = std::make_shared<SilentMicrophone>();
        [[maybe_unused]] const auto none = audio.microphone->start(now);
        m_session->outgoing.resumeSound(now);
    }
}

/// The first trouble is the one that tells most.
void Stream::Worker::audioTrouble(const Error &error)
{
    if (!m_statistics.audioTrouble.empty())
        return;
    m_statistics.audioTrouble = error.sentence;
    notify(StreamEvent::AudioTrouble);
}

void Stream::Worker::capture(Time now)
{
    Outgoing &outgoing = m_session->outgoing;
    if (!m_session->sendsSound) {
        std::array<Sample, samplesPerFrame> unheard;
        while (m_session->audio.microphone->read(unheard, now) > 0) {
        }
        outgoing.resumeSound(now);
        return;
    }
    for (;;) {
        const auto packet =
            outgoing.nextPacket(*m_session->audio.microphone, muted.load(std::memory_order_relaxed), now);
        if (packet.empty())
            break;
        if (m_sockets.send(UdpPair::Rtp, packet))
            ++m_statistics.sent;
        else
            ++m_statistics.sendFailures;
    }
}

void Stream::Worker::watchKeys(Time now)
{
    Outgoing &outgoing = m_session->outgoing;
    m_session->incoming.wipeEndedKeys(now);
    if (outgoing.takeRekeyDue())
        notify(StreamEvent::RekeyDue);
    if (outgoing.keyExpired() && !m_expiryTold)
        notify(StreamEvent::SendKeyExpired);
    m_expiryTold = outgoing.keyExpired();
}

void Stream::Worker::report(Time now, bool bye)
{
    const auto packet = m_session->outgoing.report(m_session->incoming.report(now), bye, now);
    if (!packet.empty() && !m_sockets.send(UdpPair::Rtcp, packet))
        ++m_statistics.sendFailures;
    m_schedule.sent(packet.size(), now, randomUnit());
}

/// At most one datagram of each socket before the caller looks at the clock again: a flood can't hold up the ticks.
void Stream::Worker::receiveUntil(Time deadline)
{
    const auto rest = std::max(Clock::duration::zero(), deadline - Clock::now());
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(rest).count();
    const timespec timeout{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    std::array<pollfd, 3> descriptors{{{m_sockets.descriptor(UdpPair::Rtp), POLLIN, 0},
                                       {m_sockets.descriptor(UdpPair::Rtcp), POLLIN, 0},
                                       {m_wake, POLLIN, 0}}};
    if (ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr) <= 0)
        return;
    const Time now = Clock::now();
    takeNewKeys(now); // the peer may have been told of them and used them already
    for (const UdpPair::Channel channel : {UdpPair::Rtp, UdpPair::Rtcp}) {
        if (descriptors[channel].revents == 0)
            continue;
        if (const auto datagram = m_sockets.receive(channel, m_datagram))
            received(channel, *datagram, now);
    }
}

void Stream::Worker::received(UdpPair::Channel channel, const UdpPair::Datagram &datagram, Time now)
{
    const std::span<std::uint8_t> octets = std::span(m_datagram).first(datagram.size);
    bool authentic = false;
    if (channel == UdpPair::Rtp) {
        authentic = m_session->incoming.rtp(octets, now);
    } else if (const auto compound = m_session->incoming.rtcp(octets, m_session->outgoing.ssrc(), now)) {
        authentic = true;
        m_schedule.received(datagram.size);
        peerSaid(*compound, now);
    }
    if (!authentic && !datagram.fromPeer)
        ++m_statistics.strangers;
}

void Stream::Worker::peerSaid(const RtcpCompound &compound, Time now)
{
    if (compound.report)
        m_session->outgoing.peerReported(*compound.report, m_session->peerUsesFec, now);
    if (compound.bye && !m_statistics.peerSaidBye) {
        m_statistics.peerSaidBye = true;
        notify(StreamEvent::PeerLeft);
    }
}

void Stream::Worker::publish()
{
    const bool hadPackets = m_statistics.firstReceivedAt.has_value();
    m_session->outgoing.statistics(m_statistics);
    m_session->incoming.statistics(m_statistics);
    {
        const std::lock_guard guard(m_publishing);
        m_published = m_statistics;
    }
    if (!hadPackets && m_statistics.firstReceivedAt)
        notify(StreamEvent::FirstPacket);
}

/// Whoever gets the event finds what it is about in the statistics.
void Stream::Worker::notify(StreamEvent event)
{
    publish();
    if (m_session->onEvent)
        m_session->onEvent(event);
}

StreamStatistics Stream::Worker::statistics() const
{
    const std::lock_guard guard(m_publishing);
    return m_published;
}

} // namespace media
