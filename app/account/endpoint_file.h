// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "methods/exchange.h"

#include <QJsonObject>
#include <QStringList>

namespace account {

/// What an endpoint file says.
struct LoadedEndpoint
{
    mikey::Endpoint endpoint;
    QStringList warnings; ///< sentences that name the file: open to others, members nobody knows
};

/// Reads an endpoint file (docs: "Endpoint file" of mikeytool). Every part but `identity` is optional; parts that
/// belong to methods this program does not have yet are let pass. Errors and warnings never show what stands in the
/// file.
Loaded<LoadedEndpoint> loadEndpointFile(const QString &path);

/// An identity as people write it, canonical; empty if it cannot be one.
std::string identityOf(const QString &text);

/// What an endpoint file has for this endpoint; secret.
QJsonObject endpointJson(const mikey::Endpoint &endpoint);
/// The endpoint of such an object, or what is wrong with it.
Loaded<mikey::Endpoint> endpointOf(const QJsonObject &file);

} // namespace account
