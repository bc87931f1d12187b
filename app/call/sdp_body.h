// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/address.h"
#include "sdp/audio.h"
#include "sip/body.h"
#include "wire/bytes.h"

#include <QByteArray>

#include <optional>

/// Between SIP bodies, session descriptions and MIKEY octets.
namespace call {

sip::Body toBody(const sdp::Description &description);

/// The description in a body; the fault says why there is none.
sdp::Result<sdp::Description> descriptionOf(const sip::Body &body);

sdp::KeyManagement mikeyLine(const mikey::Bytes &message);

/// The base64 of the first line for MIKEY, or null.
const std::string *mikeyData(const std::vector<sdp::KeyManagement> &lines);

/// Octets of base64 as RFC 4567 writes it; none if it is damaged.
std::optional<QByteArray> fromBase64(const std::string &text);

/// The first MIKEY message of a description that cannot be decoded, told in a sentence. RFC 4567 4.1.2: every key-mgmt
/// attribute that holds for some media is processed, and the failure of any ends the whole set-up.
std::optional<std::string> damagedKeyManagement(const sdp::Description &description);

/// The MIKEY message that a body carries anywhere, for showing it.
std::optional<QByteArray> mikeyOctets(const sip::Body &body);

/// Which media line of a bundle the audio is. A key-mgmt line of its own makes it the only one; one at session level
/// counts every line with a secure profile (RFC 4567 3.1 and 7.1).
std::size_t bundleLine(const sdp::Description &description, const sdp::RemoteAudio &audio);

struct RtpAddresses
{
    media::SocketAddress rtp;
    media::SocketAddress rtcp;
};
/// Where the peer receives; none if it is no numeric unicast address or there is no port.
std::optional<RtpAddresses> rtpAddresses(const sdp::RemoteAudio &audio);

} // namespace call
