// SPDX-License-Identifier: Apache-2.0
// The way of a datagram from the network to the loudspeaker. An input is a list of datagrams, each behind two octets:
// what to do with it (bits 0 and 1), a pause before it (bits 2 to 7, in 5 ms), and its length. They are parsed as they
// stand, given to the receiver as they stand, and given to it as an authentic peer's, protected with the right key. One
// octet alone changes the keys before it comes.
#include "audio/virtual_endpoints.h"
#include "rtp/octets.h"
#include "rtp/packet.h"
#include "srtp/send_keys.h"
#include "stream/incoming.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

using namespace media;

namespace {

constexpr std::uint32_t peerSsrc = 0x01020304, ourSsrc = 0x05060708;

SrtpKey key(std::uint32_t ssrc, std::uint8_t fill)
{
    SrtpKey key;
    key.ssrc = ssrc;
    key.masterKey = SecretBytes(std::vector<std::uint8_t>(16, fill));
    key.masterSalt = SecretBytes(std::vector<std::uint8_t>(14, 2));
    key.validFrom = 0; // so that SEQ starts at 0, and an input does the same each time
    return key;
}

template <class T>
T need(Result<T> result)
{
    if (!result)
        std::abort();
    return std::move(*result);
}

template <class Keyed>
std::vector<Keyed> open(std::uint32_t ssrc, std::uint8_t fill)
{
    std::vector<SrtpKey> keys;
    keys.push_back(key(ssrc, fill));
    return need(openKeys<Keyed>(std::move(keys), WeakPolicy::Refuse));
}

struct Receiver
{
    Incoming incoming = need(Incoming::create({open<SrtpReceiver>(0, 1), {}, Time()}, 96));
    SrtpSendKeys peer{open<SrtpSender>(peerSsrc, 1), {}, Time()};
    std::uint8_t lastKey = 1;
    MemorySpeaker speaker{4800};
    Time now{std::chrono::seconds(1)};

    alignas(8) std::array<std::uint8_t, 256 + 12 + srtpTrailer> buffer{};

    std::span<std::uint8_t> copy(std::span<const std::uint8_t> octets)
    {
        std::ranges::copy(octets, buffer.begin());
        return std::span(buffer).first(octets.size());
    }

    void rekey()
    {
        ++lastKey;
        incoming.renewKeys(open<SrtpReceiver>(0, lastKey), now);
        peer.renew(open<SrtpSender>(peerSsrc, lastKey), now);
    }

    /// The octets become payload, with padding and extension flags and the timestamp as they say.
    void authenticRtp(std::span<const std::uint8_t> octets)
    {
        copy(octets);
        std::size_t size = std::max<std::size_t>(octets.size(), rtpHeaderSize);
        buffer[0] = static_cast<std::uint8_t>(2 << 6 | (buffer[0] & 0x3f));
        buffer[1] = 96;
        write16(std::span(buffer).subspan(2), peer.nextSequence());
        write32(std::span(buffer).subspan(8), peerSsrc);
        if (peer.protectRtp(buffer, size) == ProtectOutcome::Ok)
            incoming.rtp(std::span(buffer).first(size), now);
    }

    void authenticRtcp(std::span<const std::uint8_t> octets)
    {
        copy(octets);
        std::size_t size = std::max<std::size_t>(octets.size(), 8);
        buffer[0] = static_cast<std::uint8_t>(2 << 6 | (buffer[0] & 0x3f));
        write32(std::span(buffer).subspan(4), peerSsrc);
        if (peer.protectRtcp(buffer, size) == ProtectOutcome::Ok)
            incoming.rtcp(std::span(buffer).first(size), ourSsrc, now);
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::span<const std::uint8_t> rest(data, size);
    parseRtp(rest);
    parseRtcp(rest, ourSsrc);

    Receiver receiver;
    if (receiver.speaker.start(receiver.now))
        std::abort();
    int rekeys = 0; // some of them take most of the time
    while (rest.size() >= 2) {
        const std::uint8_t what = rest[0];
        const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
        const auto datagram = rest.subspan(2, length);
        rest = rest.subspan(2 + length);
        receiver.now += std::chrono::milliseconds(5 * (what >> 2));
        if (length == 1 && rekeys++ < 20)
            receiver.rekey();
        switch (what & 3) {
        case 0:
            receiver.incoming.rtp(receiver.copy(datagram), receiver.now);
            break;
        case 1:
            receiver.incoming.rtcp(receiver.copy(datagram), ourSsrc, receiver.now);
            break;
        case 2:
            receiver.authenticRtp(datagram);
            break;
        case 3:
            receiver.authenticRtcp(datagram);
            break;
        }
        receiver.incoming.play(receiver.speaker, receiver.now);
    }
    receiver.incoming.report(receiver.now);
    return 0;
}
