// SPDX-License-Identifier: Apache-2.0
#include "transport/resolver.h"

#include "transport/address.h"

#include <QHostInfo>
#include <QPointer>

#include <algorithm>

namespace sip {

namespace {

constexpr auto memory = std::chrono::minutes(5);
constexpr std::size_t maxKnown = 256;

/// IPv4 first: where both are named, a peer is more often reachable so.
QHostAddress choose(const QList<QHostAddress> &addresses)
{
    const auto it = std::ranges::find_if(
        addresses, [](const QHostAddress &address) { return address.protocol() == QAbstractSocket::IPv4Protocol; });
    if (it != addresses.end())
        return *it;
    return addresses.isEmpty() ? QHostAddress() : addresses.first();
}

} // namespace

void Resolver::resolve(const std::string &host, QObject *context, Done done)
{
    if (const auto address = toAddress(host)) {
        done(*address);
        return;
    }
    const auto it = m_known.find(host);
    if (it != m_known.end() && it->second.until > std::chrono::steady_clock::now()) {
        done(it->second.address);
        return;
    }
    QHostInfo::lookupHost(QString::fromStdString(host), this,
                          [this, host, guard = QPointer(context), done = std::move(done)](const QHostInfo &info) {
                              auto address = choose(info.addresses());
                              if (address.isNull() && host == "localhost") // whatever the system says (RFC 6761 6.3)
                                  address = QHostAddress(QHostAddress::LocalHost);
                              if (!address.isNull())
                                  remember(host, address);
                              if (guard)
                                  done(address);
                          });
}

std::vector<std::string> Resolver::namesOf(const QHostAddress &address) const
{
    std::vector<std::string> names;
    for (const auto &[name, entry] : m_known)
        if (entry.address == address)
            names.push_back(name);
    return names;
}

void Resolver::remember(const std::string &host, const QHostAddress &address)
{
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(m_known, [&](const auto &entry) { return entry.second.until <= now; });
    if (m_known.size() < maxKnown)
        m_known[host] = {address, now + memory};
}

} // namespace sip
