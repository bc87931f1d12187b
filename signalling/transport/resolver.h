// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHostAddress>
#include <QObject>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sip {

/// Looks host names up and remembers the answers for a while, so that the messages of a call go to one address.
class Resolver : public QObject
{
    Q_OBJECT

public:
    /// The address, null when there is none.
    using Done = std::function<void(const QHostAddress &address)>;

    explicit Resolver(QObject *parent) : QObject(parent) {}

    /// Calls `done` at once for an address or a remembered name, otherwise later; never when `context` is gone.
    void resolve(const std::string &host, QObject *context, Done done);

    /// The remembered names of an address.
    std::vector<std::string> namesOf(const QHostAddress &address) const;

private:
    struct Entry
    {
        QHostAddress address;
        std::chrono::steady_clock::time_point until;
    };

    void remember(const std::string &host, const QHostAddress &address);

    std::map<std::string, Entry> m_known;
};

} // namespace sip
