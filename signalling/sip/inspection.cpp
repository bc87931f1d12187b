// SPDX-License-Identifier: Apache-2.0
// UserAgentCore's part that judges requests (RFC 3261 section 8.2) and answers those that need no transaction.
#include "sip/user_agent_core.h"

#include "sip/method.h"
#include "sip/serialiser.h"
#include "sip/source.h"
#include "sip/text.h"

#include <algorithm>

namespace sip {

namespace {

constexpr std::string_view acceptedType = "application/sdp";

/// "type/subtype" of a media type with parameters.
std::string_view bareType(std::string_view type)
{
    return text::trim(type.substr(0, type.find(';')));
}

/// Section 20.1: do the ranges of Accept, if there is one, admit what we answer with?
bool acceptsSdp(const Request &request)
{
    const auto ranges = request.headers.all("Accept");
    return ranges.empty() || std::ranges::any_of(ranges, [](std::string_view range) {
               const auto type = bareType(range);
               return type == "*/*" || text::equalsIgnoringCase(type, "application/*") ||
                      text::equalsIgnoringCase(type, acceptedType);
           });
}

bool isOptional(const Request &request)
{
    const auto *disposition = request.headers.find("Content-Disposition");
    return disposition && text::toLower(*disposition).find("handling=optional") != std::string::npos;
}

bool hasForeignBody(const Request &request)
{
    if (request.content.empty())
        return false;
    const auto *type = request.headers.find("Content-Type");
    const auto *encoding = request.headers.find("Content-Encoding");
    const bool encoded = encoding && !text::equalsIgnoringCase(*encoding, "identity");
    return encoded || !type || !text::equalsIgnoringCase(bareType(*type), acceptedType);
}

} // namespace

/// A body that we do not understand and need not (section 20.11) is none. Nor is one of a PRACK, which gets a 2xx
/// whatever it brings (RFC 3262 3).
void UserAgentCore::dropOptionalBody(Request &request)
{
    if ((isOptional(request) || request.method == "PRACK") && hasForeignBody(request))
        request.content.clear();
}

std::optional<Response> UserAgentCore::findFault(const Request &request) const
{
    const auto *method = findMethod(request.method);
    if (!method || !method->supported) { // section 8.2.1
        auto response = makeResponse(request, method ? 405 : 501, {});
        response.headers.add("Allow", allowedMethods());
        return response;
    }
    if (request.uri.scheme != "sip") // section 8.2.2.1; sips is for TLS only
        return makeResponse(request, 416, {});
    if (m_transactions.isMerged(request)) // section 8.2.2.2
        return makeResponse(request, 482, {});
    auto required = request.headers.all("Require");
    std::erase_if(required, [](auto tag) { return text::equalsIgnoringCase(tag, reliableResponses); });
    if (!required.empty()) { // section 8.2.2.3
        auto response = makeResponse(request, 420, {});
        for (const auto extension : required)
            response.headers.add("Unsupported", extension);
        return response;
    }
    const bool mayOffer = request.method == "INVITE" || request.method == "UPDATE";
    if (mayOffer && hasForeignBody(request)) { // section 8.2.3
        auto response = makeResponse(request, 415, {});
        response.headers.add("Accept", acceptedType);
        response.headers.add("Accept-Encoding", "identity");
        return response;
    }
    return std::nullopt;
}

std::optional<Response> UserAgentCore::findInviteFault(const Request &request) const
{
    if (m_shutDown)
        return makeResponse(request, 480, {});
    if (!acceptsSdp(request))
        return faultResponse(request, {406, "The answer can only be application/sdp."});
    if (!Dialog::ofServer(request, {}).nextHop().isReachable())
        return faultResponse(request, {488, "The caller can be reached over neither UDP nor TCP."});
    return std::nullopt;
}

Response UserAgentCore::faultResponse(const Request &request, const Fault &fault) const
{
    auto response = makeResponse(request, fault.status, {});
    // A pseudonym in place of our address (section 20.43), which has to be a token.
    text::Scanner product(m_config.product);
    response.headers.add("Warning", Warning{399, std::string(product.token()), fault.sentence}.toString());
    return response;
}

Response UserAgentCore::optionsResponse(const Request &request) const
{
    auto response = makeResponse(request, isFull() ? 486 : 200, {}); // as an INVITE would get, section 11.2
    response.headers.add("Allow", allowedMethods());
    response.headers.add("Accept", acceptedType);
    response.headers.add("Accept-Encoding", "identity");
    response.headers.add("Accept-Language", "en");
    response.headers.add("Supported", reliableResponses);
    return response;
}

void UserAgentCore::answerTraced(SessionId id, const Request &request, const Flow &source, Response response, Time now)
{
    auto sent = answer(request, source, std::move(response));
    sent.at = now;
    m_transactions.trace(id, std::move(sent));
}

TraceEntry UserAgentCore::answer(const Request &request, const Flow &source, Response response)
{
    const auto *written = response.headers.find("To");
    if (auto to = written ? NameAddress::parse(*written) : std::nullopt; to && to->tag().empty()) {
        to->parameters.push_back({"tag", statelessTag(request)});
        response.headers.set("To", to->toString());
    }
    response.headers.add("Server", m_config.product);
    auto octets = serialise(response);
    TraceEntry sent{.sent = true, .summary = response.summary(), .octets = octets.size()};
    m_transactions.send(replyFlow(request, source), std::move(octets));
    return sent;
}

void UserAgentCore::answerOf(SessionId id, const Request &request, const Flow &source, const Response &response,
                             Time now)
{
    if (const auto transaction = m_transactions.open(request, source, id, now))
        m_transactions.respond(*transaction, response, now);
    else
        answerTraced(id, request, source, response, now);
}

std::string UserAgentCore::statelessTag(const Request &request) const
{
    // Section 8.2.7: the same tag for the same request. The secret keeps others from predicting it.
    const auto via = request.topVia();
    const auto key = std::to_string(m_tagSecret) + std::string(via.branch()) + request.callId() +
                     std::string(request.from().tag()) + std::to_string(request.cseq().number);
    return std::to_string(std::hash<std::string>()(key));
}

} // namespace sip
