// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audio/endpoint.h"
#include "net/address.h"
#include "srtp/key.h"
#include "stream/statistics.h"

#include <functional>
#include <memory>

namespace media {

enum class StreamEvent {
    FirstPacket,    ///< the first packet of the peer authenticated
    RekeyDue,       ///< the key we send with ends before long, see KeyLimits; once a key
    SendKeyExpired, ///< lifetime or validity of the sending key ended; no sound is sent until there are new keys
    PeerLeft,       ///< the peer sent RTCP BYE
    AudioTrouble,   ///< see StreamStatistics::audioTrouble
};

struct StreamConfig
{
    SocketAddress remoteRtp;
    SocketAddress remoteRtcp;             ///< port 0: remoteRtp's host and port + 1
    std::uint8_t sendPayloadType = 96;    ///< of Opus, as the peer announced it
    std::uint8_t receivePayloadType = 96; ///< of Opus, as we announced it
    bool peerUsesFec = true;              ///< the peer announced useinbandfec=1 (RFC 7587 section 6.1)
    bool sendsSound = true;               ///< false: the negotiated direction forbids it; RTCP goes on
    std::vector<SrtpKey> sendKeys;        ///< of the agreement for our SSRC, which is not 0; used one after the other
    std::vector<SrtpKey> receiveKeys;     ///< all are accepted; they have one SSRC, 0 if it is not known
    WeakPolicy weak = WeakPolicy::Refuse; ///< for all keys
    KeyLimits keyLimits;
    AudioEndpoints audio; ///< both set; used by this stream alone until stop()
    std::function<void(StreamEvent)>
        onEvent; ///< optional; called on the media thread, must not block or call the stream
};

/// One audio stream both ways: microphone, Opus, SRTP, UDP, and back to the speaker.
///
/// bind() takes the ports, so that SDP can be written before there are keys; what arrives until start() is never read.
/// There is no way to send without SRTP. start() spawns the media thread; stop() says BYE and joins it (well under 100
/// ms, a sound device aside) and wipes the keys. All functions belong to one thread, the owner's, but statistics(),
/// setMuted() and those that renew keys, which any may call.
class Stream
{
public:
    /// Binds an even RTP port and the next one for RTCP at the numeric address `host` ("0.0.0.0", "::1").
    static Result<std::unique_ptr<Stream>> bind(const std::string &host);
    ~Stream();

    std::uint16_t rtpPort() const;
    std::uint16_t rtcpPort() const;

    /// Sends and receives from now on. Once only. On an Error nothing was sent and the stream can be started again with
    /// another configuration; the keys are used up either way.
    [[nodiscard]] std::optional<Error> start(StreamConfig config);
    void stop();

    /// Keys of a new agreement in a running stream. No packet is lost if both sides accept them first, and each sends
    /// with them once it knows that the other one accepts them.
    ///
    /// An Error says that they can't be used and changes nothing. Otherwise packets that arrive after the return are
    /// accepted with the new keys and the ones so far; those are wiped KeyLimits::grace after the first packet of a new
    /// one.
    [[nodiscard]] std::optional<Error> renewReceiveKeys(std::vector<SrtpKey> keys, WeakPolicy weak);
    /// The new keys protect what we send from the index on that they are valid from, at the earliest at once. SEQ and
    /// ROC go on as they are. An SSRC of 0 stands for the present one; another begins a new stream.
    [[nodiscard]] std::optional<Error> renewSendKeys(std::vector<SrtpKey> keys, WeakPolicy weak);

    /// Muted, the stream goes on and carries silence.
    void setMuted(bool muted);
    bool muted() const;

    StreamStatistics statistics() const;

private:
    class Worker;
    explicit Stream(std::unique_ptr<Worker> worker);
    std::unique_ptr<Worker> m_worker;
};

} // namespace media
