// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtp/packet.h"
#include "srtp/sender.h"

#include <array>
#include <span>

/// A packet with room to grow, aligned as libsrtp2 wants it.
struct Packet
{
    alignas(8) std::array<std::uint8_t, 600> buffer{};
    std::size_t size = 0;

    std::span<std::uint8_t> octets() { return std::span(buffer).first(size); }
};

inline Packet plainRtp(std::uint16_t sequence, std::uint32_t ssrc, std::size_t payload = 40)
{
    Packet packet;
    media::writeRtpHeader({96, false, sequence, 960u * sequence, ssrc},
                          std::span(packet.buffer).first<media::rtpHeaderSize>());
    packet.size = media::rtpHeaderSize + payload;
    for (std::size_t i = media::rtpHeaderSize; i < packet.size; ++i)
        packet.buffer[i] = static_cast<std::uint8_t>(i);
    return packet;
}

/// The sender's (or its keys') next packet; `plain` is what was protected. Empty if it could not be.
template <class Sender>
Packet nextPacket(Sender &sender, Packet *plain = nullptr)
{
    Packet packet = plainRtp(sender.nextSequence(), sender.ssrc());
    if (plain)
        *plain = packet;
    if (sender.protectRtp(packet.buffer, packet.size) != media::ProtectOutcome::Ok)
        packet.size = 0;
    return packet;
}

template <class Sender>
Packet nextReport(Sender &sender)
{
    Packet packet;
    packet.buffer = {0x80, 201, 0, 1};
    for (int i = 0; i < 4; ++i)
        packet.buffer[4 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(sender.ssrc() >> (24 - 8 * i));
    packet.size = 8;
    if (sender.protectRtcp(packet.buffer, packet.size) != media::ProtectOutcome::Ok)
        packet.size = 0;
    return packet;
}
