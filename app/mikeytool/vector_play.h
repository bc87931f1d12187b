// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

#include <optional>

/// The exchanges that test vectors are made of.
namespace tool {

/// One row of the table of vectors.
struct VectorKind
{
    const char *name;   ///< of its file too
    const char *method; ///< name of the method table
    const char *about;  ///< for people
    const char *suite = "AES_CM_128_HMAC_SHA1_80";
    bool v = true;
    mikey::EnvelopeCache cache = mikey::EnvelopeCache::Csb;
    bool group = false;
    std::optional<mikey::Renewal::Keys> update{}; ///< a second exchange renews the bundle so
};

std::span<const VectorKind> vectorKinds();

/// A message, and what its maker drew for it.
struct PlayedMessage
{
    mikey::Bytes octets;
    std::vector<mikey::Bytes> draws;
};

struct PlayedExchange
{
    mikey::NtpTime time;
    PlayedMessage request;
    std::optional<PlayedMessage> answer; ///< none where none is due
    mikey::Agreement agreement;          ///< the Responder's; the Initiator's has the same keys
    std::shared_ptr<mikey::Csb> updated; ///< the Initiator's bundle before an update; else null
};

struct PlayedVector
{
    std::optional<mikey::GroupKeys> group;
    std::vector<PlayedExchange> exchanges; ///< the first, and the update if there is one
};

/// Who plays. They hold what the method needs.
struct VectorEnds
{
    mikey::Endpoint initiator;
    mikey::Endpoint responder;
};

/// Everything is drawn from the seed and the name of the vector.
PlayedVector play(const VectorKind &kind, const VectorEnds &ends, const std::string &seed);

} // namespace tool
