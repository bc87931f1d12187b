// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "account/private_file.h"
#include "methods/exchange.h"

#include <QStringList>

#include <vector>

/// Credentials made here, for demonstrations and tests: shared keys that every two of a few identities have in common.
namespace account {

/// Endpoints in memory. `identities` are canonical and differ.
std::vector<mikey::Endpoint> makeDemoEndpoints(const std::vector<std::string> &identities, mikey::Random &random);

/// Writes an endpoint file for each endpoint, named after the user part of its identity, into a directory that is made
/// if it is not there. A file that is there is not overwritten. The paths, or what is wrong.
Loaded<QStringList> writeEndpointFiles(const QString &directory, const std::vector<mikey::Endpoint> &endpoints);

} // namespace account
