// SPDX-License-Identifier: Apache-2.0
#include "transport/address.h"

#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sip {

namespace {

/// A socket that closes itself.
class Descriptor
{
public:
    explicit Descriptor(int number) : m_number(number) {}
    ~Descriptor()
    {
        if (m_number >= 0)
            ::close(m_number);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    int number() const { return m_number; }

private:
    int m_number;
};

socklen_t fill(sockaddr_storage &storage, const QHostAddress &address, quint16 port)
{
    std::memset(&storage, 0, sizeof(storage));
    if (address.protocol() == QAbstractSocket::IPv4Protocol) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        v4.sin_addr.s_addr = htonl(address.toIPv4Address());
        std::memcpy(&storage, &v4, sizeof(v4));
        return sizeof(v4);
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_scope_id = address.scopeId().toUInt();
    const auto octets = address.toIPv6Address();
    std::memcpy(&v6.sin6_addr, &octets, sizeof(octets));
    std::memcpy(&storage, &v6, sizeof(v6));
    return sizeof(v6);
}

std::size_t mtuOf(int descriptor, bool ipv6)
{
    int mtu = 0;
#if defined(IP_MTU) && defined(IPV6_MTU)
    socklen_t length = sizeof(mtu);
    if (::getsockopt(descriptor, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_MTU : IP_MTU, &mtu, &length) != 0)
        mtu = 0;
#endif
    return mtu > 0 ? std::size_t(mtu) : 0;
}

} // namespace

QHostAddress readSocketAddress(const sockaddr_storage &storage, quint16 *port)
{
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &storage, sizeof(v6));
        if (port)
            *port = ntohs(v6.sin6_port);
        return unmapped(QHostAddress(v6.sin6_addr.s6_addr));
    }
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof(v4));
    if (port)
        *port = ntohs(v4.sin_port);
    return QHostAddress(ntohl(v4.sin_addr.s_addr));
}

QHostAddress unmapped(const QHostAddress &address)
{
    bool isMapped = false;
    const auto v4 = address.toIPv4Address(&isMapped);
    return isMapped && address.protocol() == QAbstractSocket::IPv6Protocol ? QHostAddress(v4) : address;
}

std::string toText(const QHostAddress &address)
{
    auto plain = address;
    plain.setScopeId({});
    return plain.toString().toStdString();
}

std::optional<QHostAddress> toAddress(const std::string &host)
{
    QHostAddress address;
    return address.setAddress(QString::fromStdString(host)) ? std::optional(unmapped(address)) : std::nullopt;
}

bool isWildcard(const QHostAddress &address)
{
    return address == QHostAddress(QHostAddress::Any) || address == QHostAddress(QHostAddress::AnyIPv4) ||
           address == QHostAddress(QHostAddress::AnyIPv6);
}

std::optional<Path> pathTo(const QHostAddress &remote, quint16 port)
{
    const bool ipv6 = remote.protocol() == QAbstractSocket::IPv6Protocol;
    const Descriptor descriptor(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage storage;
    auto length = fill(storage, remote, port);
    auto *address = reinterpret_cast<sockaddr *>(&storage);
    if (descriptor.number() < 0 || ::connect(descriptor.number(), address, length) != 0)
        return std::nullopt;
    length = sizeof(storage);
    if (::getsockname(descriptor.number(), address, &length) != 0)
        return std::nullopt;
    return Path{readSocketAddress(storage), mtuOf(descriptor.number(), ipv6)};
}

std::string placeText(const QHostAddress &address, quint16 port)
{
    return toText(address) + " port " + std::to_string(port);
}

} // namespace sip
