// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "media_result.h"
#include "net/address.h"

#include <array>
#include <optional>
#include <span>

#include <sys/socket.h>

namespace media {

/// An RTP port (even) and the RTCP port behind it (RFC 3550 section 11), UDP over IPv4 or IPv6, never blocking.
class UdpPair
{
public:
    enum Channel { Rtp, Rtcp };

    struct Datagram
    {
        std::size_t size = 0;
        bool fromPeer = false; ///< from the address set by setRemote()
    };

    /// `host` is a numeric address of this machine or the unspecified one.
    static Result<UdpPair> bind(const std::string &host);

    UdpPair(UdpPair &&other) noexcept;
    UdpPair &operator=(UdpPair &&) = delete;
    ~UdpPair();

    std::uint16_t port(Channel channel) const { return static_cast<std::uint16_t>(m_rtpPort + channel); }
    int descriptor(Channel channel) const { return m_sockets[channel]; }

    /// Where to send to; the address has to be numeric and of the family that is bound.
    [[nodiscard]] std::optional<Error> setRemote(const SocketAddress &rtp, const SocketAddress &rtcp);

    /// False if the system did not take it.
    bool send(Channel channel, std::span<const std::uint8_t> datagram);
    /// Nothing if none waits. What does not fit into the buffer is cut off.
    std::optional<Datagram> receive(Channel channel, std::span<std::uint8_t> buffer);

private:
    struct Address
    {
        sockaddr_storage storage{};
        socklen_t size = 0;
    };

    UdpPair(int rtp, int rtcp, std::uint16_t rtpPort, int family);
    static std::optional<Address> numeric(const SocketAddress &address);

    std::array<int, 2> m_sockets;
    std::array<Address, 2> m_remote;
    std::uint16_t m_rtpPort;
    int m_family;
};

} // namespace media
