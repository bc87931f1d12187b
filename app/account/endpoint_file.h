// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "methods/exchange.h"

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

/// The endpoint file of an identity and its shared keys; secret.
QByteArray endpointFileContents(const mikey::Endpoint &endpoint);

} // namespace account
