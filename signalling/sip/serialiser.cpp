// SPDX-License-Identifier: Apache-2.0
#include "sip/serialiser.h"

#include <algorithm>

namespace sip {

namespace {

/// On one line whatever it holds, so that text from elsewhere (a name, a warning) cannot add header fields.
std::string oneLine(std::string text)
{
    std::ranges::replace_if(
        text, [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return text;
}

std::string withRest(std::string text, const Message &message)
{
    text.reserve(text.size() + 1024 + message.content.size());
    text += "\r\n";
    for (const auto &header : message.headers)
        if (header.name != "Content-Length")
            text += header.name + ": " + oneLine(header.value) + "\r\n";
    text += "Content-Length: " + std::to_string(message.content.size()) + "\r\n\r\n";
    return text + message.content;
}

} // namespace

std::string serialise(const Request &request)
{
    return withRest(request.method + ' ' + request.uri.toString() + " SIP/2.0", request);
}

std::string serialise(const Response &response)
{
    return withRest("SIP/2.0 " + oneLine(response.summary()), response);
}

} // namespace sip
