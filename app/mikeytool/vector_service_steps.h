// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "vector_keys.h"
#include "vector_service_play.h"

/// What the messages of a vector with a service are made of, step by step. As in the other vectors nothing is noted
/// while the methods run: all follows from finished messages and long-term keys.
namespace tool {

/// How one message is protected.
struct Protection
{
    std::optional<MessageKeys> keys;             ///< of its V and KEMAC; none: it has neither
    const mikey::PrivateKey *envelope = nullptr; ///< that opens its PKE
    mikey::Bytes appended;                       ///< what V or SIGN cover behind the message
};

/// The members of a message. A value that it does not have is null.
QJsonObject protectedMessageJson(const ServiceMessage &played, const mikey::Message &message,
                                 const Protection &protection);

/// V: its key, what it covers, and its value; null where the message does not end in one.
QJsonValue verificationJson(const mikey::Message &message, const Protection &protection);

/// The one with that name, and the keys that he shares with nobody but the service.
const mikey::Endpoint &endpointOf(const ServiceEnds &ends, std::string_view name);

/// ID data of the IDR payload with that role; empty: there is none.
mikey::ByteView idData(const mikey::Message &message, mikey::IdRole role);

} // namespace tool
