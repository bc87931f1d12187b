// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/key_service.h"
#include "account/kms_access.h"
#include "methods/exchange.h"

#include <QJsonObject>
#include <QStringList>

namespace account {

/// What an endpoint file says.
struct LoadedEndpoint
{
    mikey::Endpoint endpoint;
    /// Sentences: open to others, members nobody knows, certificates of our own that peers will not take.
    QStringList warnings;
    KmsSource kms{};                    ///< that answers questions of TICKET; not set: none is named
    std::vector<KeyService> services{}; ///< that issue its keys of periods
};

/// Reads an endpoint file (docs: "Endpoint file" of mikeytool), and the files of certificates and keys that it names.
/// Besides what is told there it may have "methods": {identity: [names]}, the methods a peer may be met by (all if it
/// is not named), and "suites": [names], the SRTP suites that are taken, in order of preference. Every part but
/// `identity` is optional; parts that belong to methods this program does not have yet are let pass. Errors and
/// warnings name the file; they never show the keys in it. `now` is for the validity of our certificates.
Loaded<LoadedEndpoint> loadEndpointFile(const QString &path, mikey::NtpTime now);

/// An identity as people write it, canonical; empty if it cannot be one.
std::string identityOf(const QString &text);

/// What an endpoint file has for this endpoint; it names no other files. Secret.
QJsonObject endpointJson(const mikey::Endpoint &endpoint);
/// The endpoint of such an object, or what is wrong with it. Files that it names are relative to `directory`.
Loaded<LoadedEndpoint> endpointOf(const QJsonObject &file, const QString &directory, mikey::NtpTime now);
/// The object of an endpoint file, to be changed and written. Secret.
Loaded<QJsonObject> readEndpointFile(const QString &path);

} // namespace account
