// SPDX-License-Identifier: Apache-2.0
#include "net/udp_pair.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

namespace media {

namespace {

constexpr int attempts = 100; // at an even port with a free one behind it

sockaddr *generic(sockaddr_storage &storage)
{
    return reinterpret_cast<sockaddr *>(&storage);
}

/// Voice goes before bulk traffic where the network looks at it (DSCP EF, RFC 3246). Refusal does no harm.
void prioritise(int socket, int family)
{
    const int expedited = 46 << 2;
    if (family == AF_INET6)
        setsockopt(socket, IPPROTO_IPV6, IPV6_TCLASS, &expedited, sizeof expedited);
    else
        setsockopt(socket, IPPROTO_IP, IP_TOS, &expedited, sizeof expedited);
}

std::uint16_t &portOf(sockaddr_storage &storage)
{
    return storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6 *>(&storage)->sin6_port
                                         : reinterpret_cast<sockaddr_in *>(&storage)->sin_port;
}

/// A bound socket, or -1 with errno.
int bound(sockaddr_storage address, socklen_t size, std::uint16_t port)
{
    const int descriptor = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    portOf(address) = htons(port);
    if (bind(descriptor, generic(address), size) != 0) {
        close(descriptor);
        return -1;
    }
    prioritise(descriptor, address.ss_family);
    return descriptor;
}

std::uint16_t boundPort(int descriptor)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    return getsockname(descriptor, generic(address), &size) == 0 ? ntohs(portOf(address)) : 0;
}

/// "0.0.0.0" and "::" are nobody's address, but sending there reaches this machine.
bool unspecified(const sockaddr_storage &address)
{
    if (address.ss_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6 &>(address).sin6_addr);
    return reinterpret_cast<const sockaddr_in &>(address).sin_addr.s_addr == INADDR_ANY;
}

/// The same address and port; IPv6 scope and flow are not compared.
bool same(sockaddr_storage &a, sockaddr_storage &b)
{
    if (a.ss_family != b.ss_family || portOf(a) != portOf(b))
        return false;
    if (a.ss_family == AF_INET6)
        return std::memcmp(&reinterpret_cast<sockaddr_in6 &>(a).sin6_addr,
                           &reinterpret_cast<sockaddr_in6 &>(b).sin6_addr, sizeof(in6_addr)) == 0;
    return reinterpret_cast<sockaddr_in &>(a).sin_addr.s_addr == reinterpret_cast<sockaddr_in &>(b).sin_addr.s_addr;
}

} // namespace

std::optional<UdpPair::Address> UdpPair::numeric(const SocketAddress &address)
{
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo *found = nullptr;
    if (getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0)
        return std::nullopt;
    Address result;
    std::memcpy(&result.storage, found->ai_addr, found->ai_addrlen);
    result.size = found->ai_addrlen;
    freeaddrinfo(found);
    return result;
}

Result<UdpPair> UdpPair::bind(const std::string &host)
{
    const std::optional<Address> local = numeric({host, 0});
    if (!local)
        return Error{"\"" + host + "\" is not a network address of this machine."};
    for (int attempt = 0; attempt < attempts; ++attempt) {
        int rtp = bound(local->storage, local->size, 0);
        if (rtp < 0)
            break;
        const std::uint16_t port = boundPort(rtp);
        const auto rtpPort = static_cast<std::uint16_t>(port & ~1);
        const int other = bound(local->storage, local->size, static_cast<std::uint16_t>(port ^ 1));
        if (other >= 0)
            return port == rtpPort ? UdpPair(rtp, other, rtpPort, local->storage.ss_family)
                                   : UdpPair(other, rtp, rtpPort, local->storage.ss_family);
        close(rtp);
    }
    return Error{"No pair of ports for audio could be opened at " + host + ": " + std::strerror(errno) + "."};
}

UdpPair::UdpPair(int rtp, int rtcp, std::uint16_t rtpPort, int family)
    : m_sockets{rtp, rtcp}, m_rtpPort(rtpPort), m_family(family)
{
}

UdpPair::UdpPair(UdpPair &&other) noexcept
    : m_sockets(std::exchange(other.m_sockets, {-1, -1})), m_remote(other.m_remote), m_rtpPort(other.m_rtpPort),
      m_family(other.m_family)
{
}

UdpPair::~UdpPair()
{
    for (const int descriptor : m_sockets) {
        if (descriptor >= 0)
            close(descriptor);
    }
}

std::optional<Error> UdpPair::setRemote(const SocketAddress &rtp, const SocketAddress &rtcp)
{
    const std::array<const SocketAddress *, 2> wanted{&rtp, &rtcp};
    for (const Channel channel : {Rtp, Rtcp}) {
        const std::optional<Address> address = numeric(*wanted[channel]);
        if (!address || address->storage.ss_family != m_family || unspecified(address->storage) ||
            wanted[channel]->port == 0)
            return Error{"The peer's audio address " + wanted[channel]->host + " port " +
                         std::to_string(wanted[channel]->port) + " can't be sent to."};
        m_remote[channel] = *address;
    }
    return std::nullopt;
}

bool UdpPair::send(Channel channel, std::span<const std::uint8_t> datagram)
{
    Address &to = m_remote[channel];
    return sendto(m_sockets[channel], datagram.data(), datagram.size(), 0, generic(to.storage), to.size) >= 0;
}

std::optional<UdpPair::Datagram> UdpPair::receive(Channel channel, std::span<std::uint8_t> buffer)
{
    sockaddr_storage from{};
    socklen_t fromSize = sizeof from;
    const ssize_t size = recvfrom(m_sockets[channel], buffer.data(), buffer.size(), 0, generic(from), &fromSize);
    if (size < 0)
        return std::nullopt;
    return Datagram{static_cast<std::size_t>(size), same(from, m_remote[channel].storage)};
}

} // namespace media
