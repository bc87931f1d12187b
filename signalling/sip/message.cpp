// SPDX-License-Identifier: Apache-2.0
#include "sip/message.h"

#include <algorithm>

namespace sip {

namespace {

template <typename Field>
Field readField(const Headers &headers, std::string_view name)
{
    const auto *value = headers.find(name);
    return value ? Field::parse(*value).value_or(Field()) : Field();
}

struct Phrase
{
    int status;
    std::string_view text;
};

// RFC 3261 section 21, RFC 4320 and others of the IANA registry that a user agent meets.
constexpr Phrase phrases[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {200, "OK"},
    {202, "Accepted"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {423, "Interval Too Brief"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
};

} // namespace

Via Message::topVia() const
{
    return readField<Via>(headers, "Via");
}

NameAddress Message::from() const
{
    return readField<NameAddress>(headers, "From");
}

NameAddress Message::to() const
{
    return readField<NameAddress>(headers, "To");
}

CSeq Message::cseq() const
{
    return readField<CSeq>(headers, "CSeq");
}

std::string Message::callId() const
{
    const auto *value = headers.find("Call-ID");
    return value ? *value : std::string();
}

Body Message::body() const
{
    const auto *type = headers.find("Content-Type");
    return content.empty() ? Body() : Body{type ? *type : std::string(), content};
}

void Message::setBody(const Body &body)
{
    content = body.content;
    if (!body.empty())
        headers.set("Content-Type", body.type);
}

std::string_view reasonPhrase(int status)
{
    const auto *it = std::ranges::find(phrases, status, &Phrase::status);
    if (it != std::end(phrases))
        return it->text;
    // An unknown status is treated as x00 of its class (section 8.1.3.2).
    return status % 100 == 0 ? "Unknown" : reasonPhrase(status / 100 * 100);
}

Response makeResponse(const Request &request, int status, std::string_view toTag)
{
    Response response;
    response.status = status;
    response.reason = reasonPhrase(status);
    for (const auto &header : request.headers) {
        // Record-Route belongs to responses that make a dialog (section 12.1.1), Timestamp to the 100
        // (section 8.2.6.1).
        const bool copied = header.name == "Via" || header.name == "From" || header.name == "To" ||
                            header.name == "Call-ID" || header.name == "CSeq" ||
                            (header.name == "Record-Route" && status > 100 && status < 300) ||
                            (header.name == "Timestamp" && status == 100);
        if (copied)
            response.headers.add(header.name, header.value);
    }
    if (auto to = NameAddress::parse(response.headers.find("To") ? *response.headers.find("To") : std::string());
        to && to->tag().empty() && !toTag.empty()) {
        to->parameters.push_back({"tag", std::string(toTag)});
        response.headers.set("To", to->toString());
    }
    return response;
}

} // namespace sip
