// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sdp/description.h"
#include "sdp/key_management.h"

#include <cstdint>
#include <string>
#include <vector>

/// Offer and answer (RFC 3264) for one line of Opus audio (RFC 7587) over SRTP.
namespace sdp {

enum class Direction { SendReceive, SendOnly, ReceiveOnly, Inactive };

/// What we put into an offer or an answer.
struct LocalAudio
{
    std::string address;                          ///< IP address on which we receive
    std::uint16_t port = 0;                       ///< RTP
    std::uint16_t rtcpPort = 0;                   ///< 0: port + 1
    int payloadType = 96;                         ///< of Opus in an offer; an answer takes the offerer's
    Direction direction = Direction::SendReceive; ///< an answer narrows it to what the offer allows
    std::vector<KeyManagement> keyManagement;     ///< in order of preference; may be empty
    bool keyManagementAtSession = false;          ///< written at session level rather than at the media
    std::uint64_t sessionId = 0;                  ///< o= line; stays the same for the whole session
    std::uint64_t version = 0;                    ///< o= line; one more for each changed description
};

/// What the peer's description says about its audio.
struct RemoteAudio
{
    std::size_t index = 0; ///< of the media line
    std::string protocol;  ///< "RTP/SAVP" or "RTP/SAVPF"
    Connection connection;
    std::uint16_t port = 0;      ///< RTP
    Connection rtcpConnection{}; ///< RFC 3605, else as RTP
    std::uint16_t rtcpPort = 0;
    int payloadType = 0;                          ///< of Opus
    std::string formatParameters;                 ///< a=fmtp of Opus
    Direction direction = Direction::SendReceive; ///< as the peer sees it
    std::vector<KeyManagement> keyManagement;     ///< what holds for the media, in order
    bool keyManagementAtSession = false;          ///< those lines stood at session level
};

Description makeOffer(const LocalAudio &local);

/// The first audio line of an offer that we can take and that has key management, else the first we can take. Status
/// 488 when there is none: no audio, no Opus, or a profile other than RTP/SAVP and RTP/SAVPF, which would leave the
/// media unencrypted.
Result<RemoteAudio> readOffer(const Description &offer);

/// Mirrors the offer's media lines: the one `accepted` names is answered, the others are refused with port 0.
Description makeAnswer(const Description &offer, const RemoteAudio &accepted, const LocalAudio &local);

/// An answer that refuses every media line, to carry only the key management, e.g. an error message in a 488
/// (RFC 4567 section 4.1.2). It stands at session level, or where `local` does not want that at the media line `index`.
Description makeRefusal(const Description &offer, const LocalAudio &local, std::size_t index = 0);

/// The answer's audio against our offer. Status 488 when it is refused or is not what we offered.
Result<RemoteAudio> readAnswer(const Description &offer, const Description &answer);

} // namespace sdp
