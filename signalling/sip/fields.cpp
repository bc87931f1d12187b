// SPDX-License-Identifier: Apache-2.0
#include "sip/fields.h"

#include "sip/text.h"

#include <algorithm>

namespace sip {

namespace {

/// generic-param = token [ EQUAL ( token / host / quoted-string ) ], all of them up to the end.
std::optional<Parameters> parseParameters(text::Scanner &scanner)
{
    constexpr std::size_t most = 64;
    Parameters result;
    while (scanner.accept(';')) {
        const auto name = scanner.token();
        if (name.empty() || result.size() == most)
            return std::nullopt;
        Parameter parameter{std::string(name), std::nullopt};
        if (scanner.accept('=')) {
            parameter.quoted = scanner.peek() == '"';
            if (parameter.quoted) {
                parameter.value = scanner.quotedString();
            } else if (const auto value = scanner.until(";, \t<>\""); !value.empty()) {
                parameter.value = value;
            }
            if (!parameter.value)
                return std::nullopt;
        }
        result.push_back(std::move(parameter));
    }
    if (!scanner.atEnd())
        return std::nullopt;
    return result;
}

std::string parametersText(const Parameters &parameters)
{
    std::string result;
    for (const auto &parameter : parameters) {
        result += ';' + parameter.name;
        if (parameter.value)
            result += '=' + (parameter.quoted ? text::quote(*parameter.value) : *parameter.value);
    }
    return result;
}

bool parseSentBy(text::Scanner &scanner, Via &via)
{
    const bool bracketed = scanner.accept('[');
    const auto host = scanner.until(bracketed ? "]" : ":; \t");
    if (!text::isHost(host) || bracketed != (host.find(':') != host.npos) || (bracketed && !scanner.accept(']')))
        return false;
    via.host = text::toLower(host);
    if (!scanner.accept(':'))
        return true;
    const auto port = text::parseNumber(scanner.token(), 65535);
    via.port = std::uint16_t(port.value_or(0));
    return port.has_value();
}

/// The display name before "<": a quoted string or tokens. Fails when there is no "<" behind it.
std::optional<std::string> parseDisplayName(text::Scanner &scanner)
{
    if (scanner.peek() == '"') {
        auto name = scanner.quotedString();
        if (!name || scanner.peek() != '<')
            return std::nullopt;
        return name;
    }
    const auto words = scanner.until("<");
    const bool valid = std::ranges::all_of(words, [](char c) { return text::isTokenChar(c) || c == ' ' || c == '\t'; });
    if (!valid || scanner.peek() != '<')
        return std::nullopt;
    return std::string(words);
}

} // namespace

std::optional<Via> Via::parse(std::string_view text)
{
    text::Scanner scanner(text);
    Via via;
    const bool isSip2 = text::equalsIgnoringCase(scanner.token(), "SIP") && scanner.accept('/') &&
                        scanner.token() == "2.0" && scanner.accept('/');
    via.transport = scanner.token();
    if (!isSip2 || via.transport.empty() || !parseSentBy(scanner, via))
        return std::nullopt;
    auto parameters = parseParameters(scanner);
    if (!parameters)
        return std::nullopt;
    via.parameters = std::move(*parameters);
    return via;
}

std::string Via::toString() const
{
    return "SIP/2.0/" + transport + ' ' + hostPort(host, port) + parametersText(parameters);
}

std::string_view Via::parameter(std::string_view name) const
{
    const auto *found = findParameter(parameters, name);
    return found && found->value ? std::string_view(*found->value) : std::string_view();
}

void Via::setParameter(std::string_view name, std::string value)
{
    const auto it = std::ranges::find_if(
        parameters, [&](const Parameter &parameter) { return text::equalsIgnoringCase(parameter.name, name); });
    if (it == parameters.end())
        parameters.push_back({std::string(name), std::move(value)});
    else
        it->value = std::move(value);
}

std::optional<NameAddress> NameAddress::parse(std::string_view text)
{
    text::Scanner scanner(text);
    NameAddress result;
    const auto mark = text.find_first_of("<;");
    const bool bracketed = scanner.peek() == '"' || (mark != text.npos && text[mark] == '<');
    if (bracketed) {
        auto name = parseDisplayName(scanner);
        if (!name)
            return std::nullopt;
        result.displayName = std::move(*name);
        scanner.accept('<');
    }
    // Without <> what follows ; belongs to the header field, and ? and , must not occur (section 20).
    const auto uriText = bracketed ? scanner.rest().substr(0, scanner.rest().find('>')) : scanner.until(";");
    if (bracketed)
        scanner.until(">");
    if (bracketed ? !scanner.accept('>') : uriText.find_first_of("?,") != uriText.npos)
        return std::nullopt;
    auto uri = Uri::parse(uriText);
    auto parameters = parseParameters(scanner);
    if (!uri || !parameters)
        return std::nullopt;
    result.uri = std::move(*uri);
    result.parameters = std::move(*parameters);
    return result;
}

std::string NameAddress::toString() const
{
    const auto name = displayName.empty() ? std::string() : text::quote(displayName) + ' ';
    return name + '<' + uri.toString() + '>' + parametersText(parameters);
}

std::string_view NameAddress::tag() const
{
    const auto *found = findParameter(parameters, "tag");
    return found && found->value ? std::string_view(*found->value) : std::string_view();
}

std::optional<CSeq> CSeq::parse(std::string_view text)
{
    text::Scanner scanner(text);
    const auto number = text::parseNumber(scanner.token(), 0x7fffffff); // section 8.1.1.5
    const auto method = scanner.token();
    if (!number || method.empty() || !scanner.atEnd())
        return std::nullopt;
    return CSeq{std::uint32_t(*number), std::string(method)};
}

std::string CSeq::toString() const
{
    return std::to_string(number) + ' ' + method;
}

std::optional<std::uint32_t> parseRSeq(std::string_view text)
{
    const auto number = text::parseNumber(text, 0xffffffff);
    return number && *number > 0 ? std::optional(std::uint32_t(*number)) : std::nullopt;
}

std::optional<RAck> RAck::parse(std::string_view text)
{
    text::Scanner scanner(text);
    const auto rseq = parseRSeq(scanner.token());
    const auto cseq = CSeq::parse(text::trim(scanner.rest()));
    return rseq && cseq ? std::optional(RAck{*rseq, *cseq}) : std::nullopt;
}

std::string RAck::toString() const
{
    return std::to_string(rseq) + ' ' + cseq.toString();
}

std::optional<Reason> Reason::parse(std::string_view text)
{
    text::Scanner scanner(text);
    Reason reason;
    reason.protocol = scanner.token();
    const auto parameters = parseParameters(scanner);
    if (reason.protocol.empty() || !parameters)
        return std::nullopt;
    if (const auto *cause = findParameter(*parameters, "cause"); cause && cause->value)
        reason.cause = int(text::parseNumber(*cause->value, 999).value_or(0));
    if (const auto *words = findParameter(*parameters, "text"); words && words->value)
        reason.text = *words->value;
    return reason;
}

std::string Reason::toString() const
{
    const auto words = text.empty() ? std::string() : ";text=" + text::quote(text);
    return protocol + ";cause=" + std::to_string(cause) + words;
}

std::optional<Warning> Warning::parse(std::string_view text)
{
    text::Scanner scanner(text);
    const auto code = text::parseNumber(scanner.token(), 999);
    const auto agent = scanner.until(" \t");
    auto words = scanner.quotedString();
    if (!code || agent.empty() || !words || !scanner.atEnd())
        return std::nullopt;
    return Warning{int(*code), std::string(agent), std::move(*words)};
}

std::string Warning::toString() const
{
    return std::to_string(code) + ' ' + agent + ' ' + text::quote(text);
}

} // namespace sip
