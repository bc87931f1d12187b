// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/body.h"
#include "sip/fields.h"
#include "sip/header.h"
#include "sip/uri.h"

#include <string>
#include <string_view>

namespace sip {

/// What requests and responses have in common. The typed readers are for messages that the parser found sound or that
/// were made here; of a field that is missing or malformed they give an empty value.
struct Message
{
    Headers headers;
    std::string content;    ///< octets of the body; its length is written by the serialiser
    std::size_t octets = 0; ///< size of the whole message as it was received

    Via topVia() const;
    NameAddress from() const;
    NameAddress to() const;
    CSeq cseq() const;
    std::string callId() const;
    Body body() const;
    void setBody(const Body &body); ///< with its Content-Type
};

struct Request : Message
{
    std::string method;
    Uri uri;
};

struct Response : Message
{
    int status = 0;
    std::string reason;

    std::string summary() const { return std::to_string(status) + ' ' + reason; }
};

/// The usual phrase of a status, e.g. "Busy Here".
std::string_view reasonPhrase(int status);

/// A response with what section 8.2.6 has it copy from the request; `toTag` is added when To has none and it is not
/// empty.
Response makeResponse(const Request &request, int status, std::string_view toTag);

} // namespace sip
