// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "srtp/key_generation.h"

#include <string>

namespace media {

/// The state of a stream as a value. Counts are packets since start() unless said otherwise.
struct StreamStatistics
{
    std::uint64_t sent = 0;
    std::uint64_t received = 0;  ///< authenticated RTP packets
    std::uint64_t lost = 0;      ///< expected and not received so far (RFC 3550 A.3)
    std::uint64_t late = 0;      ///< received, but after their turn to be played
    std::uint64_t recovered = 0; ///< lost, but their sound was in the next packet (Opus in-band FEC)
    std::uint64_t concealed = 0; ///< frames made up by the decoder

    std::uint64_t authFailures =
        0;                        ///< RTP or RTCP that did not authenticate: altered, wrong key, or an SSRC without key
    std::uint64_t replayed = 0;   ///< authentic before, received again
    std::uint64_t strangers = 0;  ///< dropped packets that came from another address than the signalled one
    std::uint64_t malformed = 0;  ///< neither RTP nor RTCP
    std::uint64_t expired = 0;    ///< authentic, but outside the key's validity
    std::uint64_t beforeKeys = 0; ///< datagrams dropped unread since no key was there yet
    std::uint64_t sendFailures = 0; ///< packets that the system did not take

    double jitterMs = 0;         ///< interarrival jitter (RFC 3550 6.4.1)
    double bufferMs = 0;         ///< what the jitter buffer delays now
    double bufferTargetMs = 0;   ///< what it aims at
    std::optional<double> rttMs; ///< from the peer's RTCP reports, once there are some
    double peerLossPercent = 0;  ///< of what we send, as the peer reports it
    double levelInDb = -96;      ///< of the microphone, dBFS
    double levelOutDb = -96;     ///< of the speaker, dBFS

    std::uint32_t sendSsrc = 0;
    std::uint32_t receiveSsrc = 0; ///< 0: not known yet
    std::uint32_t sendRoc = 0;
    std::uint32_t receiveRoc = 0;
    std::uint64_t sendIndex = 0;            ///< SRTP index (ROC << 16 | SEQ) of the next packet
    std::vector<KeyGeneration> sendKeys;    ///< the keys in memory, the one in force first
    std::vector<KeyGeneration> receiveKeys; ///< the same, newest agreement first
    std::optional<Time> firstReceivedAt;    ///< first packet that authenticated
    bool sendKeyExpired = false; ///< the key's lifetime or validity ended: no sound is sent until there are new
    bool peerSaidBye = false;    ///< the peer sent RTCP BYE
    std::string audioTrouble;    ///< a sentence when microphone or speaker do not work; the stream goes on in silence
};

} // namespace media
