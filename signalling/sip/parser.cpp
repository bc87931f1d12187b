// SPDX-License-Identifier: Apache-2.0
#include "sip/parser.h"

#include "sip/method.h"
#include "sip/text.h"

#include <algorithm>

namespace sip {

namespace {

/// Keeps the first fault: it is the one to tell.
void fail(Parsed &parsed, int status, std::string sentence)
{
    if (!parsed.fault)
        parsed.fault = Fault{status, std::move(sentence)};
}

/// Text for a sentence: short and printable, since it goes into responses and logs.
std::string excerpt(std::string_view text)
{
    std::string result(text.substr(0, 60));
    std::ranges::replace_if(
        result, [](char c) { return static_cast<unsigned char>(c) < ' ' || c >= '\x7f' || c < 0; }, '?');
    return result;
}

bool isSip2(std::string_view version)
{
    return text::equalsIgnoringCase(version, "SIP/2.0");
}

void parseStatusLine(std::string_view line, Parsed &parsed)
{
    const auto space = line.find(' ');
    const auto rest = space == line.npos ? std::string_view() : line.substr(space + 1);
    const auto status = text::parseNumber(rest.substr(0, 3), 999);
    if (!isSip2(line.substr(0, space)) || !status || (rest.size() > 3 && rest[3] != ' ')) {
        fail(parsed, 400, "The status line '" + excerpt(line) + "' is malformed.");
        return;
    }
    Response response;
    response.status = int(*status);
    response.reason = rest.substr(std::min<std::size_t>(4, rest.size()));
    if (*status < 100 || *status > 699)
        fail(parsed, 400, "There is no status " + std::to_string(*status) + ".");
    parsed.message = std::move(response);
}

void parseRequestUri(std::string_view text, Request &request, Parsed &parsed)
{
    auto uri = Uri::parse(text);
    if (!uri) {
        fail(parsed, 400, "The Request-URI '" + excerpt(text) + "' is malformed.");
        return;
    }
    request.uri = std::move(*uri);
    if (!request.uri.headers.empty()) // not allowed there, section 19.1.1
        fail(parsed, 400, "The Request-URI holds header fields.");
}

void parseRequestLine(std::string_view line, Parsed &parsed)
{
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    const auto method = line.substr(0, first);
    if (first == line.npos || !text::isToken(method) || text::toLower(line).find("sip") == line.npos) {
        fail(parsed, 400, "'" + excerpt(line) + "' begins no SIP message.");
        return;
    }
    Request request;
    request.method = method;
    const auto version = line.substr(last + 1);
    if (first == last || !text::equalsIgnoringCase(version.substr(0, 4), "SIP/"))
        fail(parsed, 400, "The request line '" + excerpt(line) + "' is malformed.");
    else if (!isSip2(version))
        fail(parsed, 505, "The version '" + excerpt(version) + "' is not SIP/2.0.");
    else
        parseRequestUri(line.substr(first + 1, last - first - 1), request, parsed);
    parsed.message = std::move(request);
}

void parseStartLine(std::string_view line, Parsed &parsed)
{
    if (text::equalsIgnoringCase(line.substr(0, 4), "SIP/"))
        parseStatusLine(line, parsed);
    else
        parseRequestLine(line, parsed);
}

void addValue(std::string_view name, std::string_view value, Headers &headers, Parsed &parsed)
{
    if (headers.size() == ParserLimits::headers)
        fail(parsed, 400, "The message has too many header fields.");
    else
        headers.add(name, value);
}

/// Lists become one entry a value, which section 7.3.1 makes equal.
void addHeader(std::string_view name, std::string_view value, Headers &headers, Parsed &parsed)
{
    const auto *info = findHeader(name);
    const auto fullName = info ? info->name : name;
    if (!info || info->form != HeaderInfo::Form::List || value.empty()) {
        addValue(fullName, value, headers, parsed);
        return;
    }
    const auto values = text::split(value, ',');
    if (!values) {
        fail(parsed, 400, "A quoted string in the header field " + std::string(fullName) + " does not end.");
        return;
    }
    for (const auto part : *values) {
        if (part.empty())
            fail(parsed, 400, "The header field " + std::string(fullName) + " has an empty value in its list.");
        addValue(fullName, part, headers, parsed);
    }
}

void parseHeaderLine(std::string_view line, Headers &headers, Parsed &parsed)
{
    const auto colon = line.find(':');
    const auto name = text::trim(line.substr(0, colon));
    if (colon == line.npos || !text::isToken(name) || line.find('\r') != line.npos) {
        fail(parsed, 400, "'" + excerpt(line) + "' is no header field.");
        return;
    }
    addHeader(name, text::trim(line.substr(colon + 1)), headers, parsed);
}

/// The next line without its end, CRLF or (liberally) LF.
std::string_view takeLine(std::string_view &text)
{
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

bool isFolded(std::string_view following)
{
    return following.starts_with(' ') || following.starts_with('\t');
}

void parseHeaders(std::string_view text, Headers &headers, Parsed &parsed)
{
    while (!text.empty()) {
        const auto line = takeLine(text);
        if (!isFolded(text)) {
            parseHeaderLine(line, headers, parsed);
            continue;
        }
        std::string unfolded(line);
        while (isFolded(text)) {
            unfolded += ' ';
            unfolded += text::trim(takeLine(text));
        }
        parseHeaderLine(unfolded, headers, parsed);
    }
}

template <typename Field>
bool parses(std::string_view value)
{
    return Field::parse(value).has_value();
}

bool isCallId(std::string_view value)
{
    return !value.empty() && std::ranges::none_of(value, [](char c) { return c == ' ' || c == '\t'; });
}

bool isContact(std::string_view value)
{
    return value == "*" || parses<NameAddress>(value);
}

bool isLength(std::string_view value)
{
    return text::parseNumber(value, 0xffffffff).has_value();
}

struct FieldSyntax
{
    std::string_view name;
    bool (*isValid)(std::string_view value);
};

/// Header fields that we rely on, so that a malformed one must not get further.
constexpr FieldSyntax checkedFields[] = {
    {"Via", parses<Via>},           {"From", parses<NameAddress>},
    {"To", parses<NameAddress>},    {"Call-ID", isCallId},
    {"CSeq", parses<CSeq>},         {"Contact", isContact},
    {"Route", parses<NameAddress>}, {"Record-Route", parses<NameAddress>},
    {"Content-Length", isLength},
};

void checkFields(const Headers &headers, Parsed &parsed)
{
    for (const auto &info : knownHeaders()) {
        const auto values = headers.all(info.name);
        if (info.mandatory && values.empty())
            fail(parsed, 400, "The header field " + std::string(info.name) + " is missing.");
        if (info.form == HeaderInfo::Form::Single && values.size() > 1)
            fail(parsed, 400, "The header field " + std::string(info.name) + " is there more than once.");
    }
    for (const auto &field : checkedFields)
        for (const auto value : headers.all(field.name))
            if (!field.isValid(value))
                fail(parsed, 400, "The header field " + std::string(field.name) + " is malformed.");
}

void checkMethod(const Request &request, Parsed &parsed)
{
    // 501 goes before 400: of a method we do not know, CSeq may mean something else (RFC 4475 section 3.1.2.18).
    if (request.cseq().method != request.method)
        fail(parsed, findMethod(request.method) ? 400 : 501, "CSeq names another method than the request line.");
}

/// Start line and header fields, without the empty line that ends them.
Parsed parseHead(std::string_view text)
{
    Parsed parsed;
    parseStartLine(takeLine(text), parsed);
    const auto parseRest = [&](auto &message) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(message)>, std::monostate>) {
            parseHeaders(text, message.headers, parsed);
            checkFields(message.headers, parsed);
        }
    };
    std::visit(parseRest, parsed.message);
    if (const auto *request = parsed.request())
        checkMethod(*request, parsed);
    return parsed;
}

/// Where the empty line after the header fields begins and ends.
struct HeadEnd
{
    std::size_t length = 0;
    std::size_t next = 0;
};

std::optional<HeadEnd> headEnd(std::string_view text, std::size_t from)
{
    for (auto lf = text.find('\n', from); lf != text.npos; lf = text.find('\n', lf + 1)) {
        const auto following = text.substr(lf + 1, 2);
        if (following.starts_with('\n'))
            return HeadEnd{lf + 1, lf + 2};
        if (following == "\r\n")
            return HeadEnd{lf + 1, lf + 3};
    }
    return std::nullopt;
}

Message *messageOf(Parsed &parsed)
{
    if (auto *request = std::get_if<Request>(&parsed.message))
        return request;
    return std::get_if<Response>(&parsed.message);
}

void setContent(Parsed &parsed, std::string_view content, std::size_t octets)
{
    if (auto *message = messageOf(parsed)) {
        message->content = content;
        message->octets = octets;
    }
}

/// What the Content-Length fields say; nothing when they are absent, several or malformed.
std::optional<std::size_t> contentLength(Parsed &parsed)
{
    const auto *message = messageOf(parsed);
    const auto values = message ? message->headers.all("Content-Length") : std::vector<std::string_view>();
    if (values.size() != 1)
        return std::nullopt;
    return text::parseNumber(values.front(), 0xffffffff);
}

/// Empty lines before a message are skipped (section 7.5); as keep-alive they come often (RFC 5626 section 3.5.1).
std::size_t emptyLines(std::string_view text)
{
    return std::min(text.find_first_not_of("\r\n"), text.size());
}

} // namespace

Parsed parseDatagram(std::string_view datagram)
{
    const auto octets = datagram.size();
    datagram.remove_prefix(emptyLines(datagram));
    if (datagram.empty())
        return {};
    const auto end = headEnd(datagram, 0).value_or(HeadEnd{datagram.size(), datagram.size()});
    Parsed parsed;
    if (end.length > ParserLimits::head) {
        fail(parsed, 513, "The header fields are longer than " + std::to_string(ParserLimits::head) + " octets.");
        return parsed;
    }
    parsed = parseHead(datagram.substr(0, end.length));
    const auto rest = datagram.substr(end.next);
    const auto length = contentLength(parsed).value_or(rest.size());
    if (length > rest.size())
        fail(parsed, 400, "The body is shorter than Content-Length says.");
    if (std::min(length, rest.size()) > ParserLimits::content)
        fail(parsed, 513, "The body is longer than " + std::to_string(ParserLimits::content) + " octets.");
    else
        setContent(parsed, rest.substr(0, length), octets);
    return parsed;
}

void StreamParser::append(std::string_view octets)
{
    if (!m_broken)
        m_buffer += octets;
}

std::optional<Parsed> StreamParser::next()
{
    if (m_buffer.size() < m_needed)
        return std::nullopt;
    if (m_scanned == 0)
        skipEmptyLines();
    const auto end = headEnd(m_buffer, m_scanned);
    if (!end || end->length > ParserLimits::head) {
        m_scanned = m_buffer.size() < 2 ? 0 : m_buffer.size() - 2;
        if (m_buffer.size() <= ParserLimits::head)
            return std::nullopt;
        return breakWith({},
                         {513, "The header fields are longer than " + std::to_string(ParserLimits::head) + " octets."});
    }
    auto parsed = parseHead(std::string_view(m_buffer).substr(0, end->length));
    const auto length = contentLength(parsed);
    if (!length)
        return breakWith(std::move(parsed), {400, "A stream needs one sound Content-Length in each message."});
    if (*length > ParserLimits::content)
        return breakWith(std::move(parsed),
                         {513, "The body is longer than " + std::to_string(ParserLimits::content) + " octets."});
    if (m_buffer.size() - end->next < *length) {
        m_scanned = end->length - 1;
        m_needed = end->next + *length;
        return std::nullopt;
    }
    const auto octets = end->next + *length;
    setContent(parsed, std::string_view(m_buffer).substr(end->next, *length), octets);
    m_buffer.erase(0, octets);
    m_scanned = 0;
    m_needed = 0;
    return parsed;
}

void StreamParser::skipEmptyLines()
{
    const auto octets = emptyLines(m_buffer);
    m_pinged = m_pinged || std::string_view(m_buffer).substr(0, octets).find("\r\n\r\n") != std::string_view::npos;
    m_buffer.erase(0, octets);
}

Parsed StreamParser::breakWith(Parsed parsed, Fault fault)
{
    m_broken = true;
    m_buffer.clear();
    m_buffer.shrink_to_fit();
    if (!parsed.fault)
        parsed.fault = std::move(fault);
    return parsed;
}

} // namespace sip
