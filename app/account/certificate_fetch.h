// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <QStringList>

#include <functional>
#include <map>

class QObject;

/// Fetches the certificates that CERT payloads name by URL (RFC 3830 6.7), as RFC 2585 4 puts them there. A stranger
/// can so make this computer ask others for something: it is only done where mikey::X509::fetchUrls allows it.
namespace account {

/// What strangers may make us do with one message.
struct FetchLimits
{
    int urls = 4; ///< the first of them
    int redirects = 3;
    qint64 octets = qint64{64} << 10; ///< of a certificate
    int milliseconds = 5000;          ///< for all of them together
};

/// DER octets by URL, those that could be fetched. They are whatever the server sent.
using FetchedCertificates = std::map<std::string, mikey::Bytes>;

/// Calls `done` once, later and in the same thread, unless `context` goes before: then fetching stops. Only http and
/// https, without user or password, and only the type application/pkix-cert.
void fetchCertificates(const QStringList &urls, QObject *context, std::function<void(FetchedCertificates)> done,
                       const FetchLimits &limits = {});

/// The same for programs that can wait; it runs an event loop.
FetchedCertificates fetchCertificatesNow(const QStringList &urls, const FetchLimits &limits = {});

} // namespace account
