// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vector_play.h"

#include <QJsonObject>

/// Test vectors of the methods whose users ask a key management service by MIKEY: the messages with it are part of
/// them.
namespace tool {

/// One row of their table.
struct ServiceVectorKind
{
    const char *name;   ///< of its file too
    const char *method; ///< name of the method table
    const char *about;  ///< for people
    int mode = 1;       ///< TICKET: of RFC 6043 4.1.1
    const char *suite = "AES_CM_128_HMAC_SHA1_80";
};

std::span<const ServiceVectorKind> serviceVectorKinds();

/// Plays the exchange and tells all of it. `ends` are who plays, and hold nothing for the method yet: their keys and
/// those of the service are drawn like everything else from the seed and the name of the vector.
QJsonObject serviceVectorJson(const ServiceVectorKind &kind, VectorEnds ends, const std::string &seed);

} // namespace tool
