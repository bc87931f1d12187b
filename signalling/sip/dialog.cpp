// SPDX-License-Identifier: Apache-2.0
#include "sip/dialog.h"

#include <algorithm>

namespace sip {

namespace {

std::vector<NameAddress> recordRoutes(const Message &message)
{
    std::vector<NameAddress> routes;
    for (const auto value : message.headers.all("Record-Route"))
        if (auto route = NameAddress::parse(value))
            routes.push_back(std::move(*route));
    return routes;
}

std::optional<Uri> contactOf(const Message &message)
{
    const auto *value = message.headers.find("Contact");
    const auto contact = value ? NameAddress::parse(*value) : std::nullopt;
    return contact && contact->uri.isSip() ? std::optional(contact->uri) : std::nullopt;
}

std::string headerText(const Message &message, std::string_view name)
{
    const auto *value = message.headers.find(name);
    return value ? *value : std::string();
}

std::string withTag(NameAddress party, const std::string &tag)
{
    if (party.tag().empty() && !tag.empty())
        party.parameters.push_back({"tag", tag});
    return party.toString();
}

bool isLooseRouter(const NameAddress &route)
{
    return findParameter(route.uri.parameters, "lr") != nullptr;
}

} // namespace

Dialog Dialog::ofClient(const Request &request, const Response &response)
{
    Dialog dialog;
    dialog.m_callId = request.callId();
    dialog.m_localTag = request.from().tag();
    dialog.m_remoteTag = response.to().tag();
    dialog.m_localParty = headerText(request, "From");
    dialog.m_remoteParty = headerText(response, "To");
    dialog.m_remoteTarget = contactOf(response).value_or(request.uri);
    dialog.m_routes = recordRoutes(response);
    std::ranges::reverse(dialog.m_routes);
    dialog.m_localCSeq = request.cseq().number;
    return dialog;
}

Dialog Dialog::ofServer(const Request &request, const std::string &localTag)
{
    Dialog dialog;
    dialog.m_callId = request.callId();
    dialog.m_localTag = localTag;
    dialog.m_remoteTag = request.from().tag();
    dialog.m_localParty = withTag(request.to(), localTag);
    dialog.m_remoteParty = headerText(request, "From");
    // RFC 2543 knew INVITEs without Contact; the caller is then where its From says.
    dialog.m_remoteTarget = contactOf(request).value_or(request.from().uri);
    dialog.m_routes = recordRoutes(request);
    dialog.m_remoteCSeq = request.cseq().number;
    return dialog;
}

bool Dialog::matchesRequest(const Request &request) const
{
    return request.callId() == m_callId && request.to().tag() == m_localTag && request.from().tag() == m_remoteTag;
}

bool Dialog::matchesResponse(const Response &response) const
{
    return response.callId() == m_callId && response.from().tag() == m_localTag && response.to().tag() == m_remoteTag;
}

Request Dialog::makeRequest(const std::string &method)
{
    return makeRequest(method, ++m_localCSeq);
}

Request Dialog::makeAck(std::uint32_t inviteCSeq) const
{
    return makeRequest("ACK", inviteCSeq);
}

Request Dialog::makeRequest(const std::string &method, std::uint32_t cseq) const
{
    Request request;
    request.method = method;
    request.uri = m_remoteTarget;
    auto routes = m_routes;
    if (!routes.empty() && !isLooseRouter(routes.front())) { // a strict router, section 12.2.1.1
        request.uri = routes.front().uri;
        request.uri.headers.clear();
        routes.erase(routes.begin());
        routes.push_back({{}, m_remoteTarget, {}});
    }
    for (const auto &route : routes)
        request.headers.add("Route", route.toString());
    request.headers.add("Max-Forwards", "70");
    request.headers.add("From", m_localParty);
    request.headers.add("To", m_remoteParty);
    request.headers.add("Call-ID", m_callId);
    request.headers.add("CSeq", CSeq{cseq, method}.toString());
    request.uri.headers.clear();
    return request;
}

void Dialog::continueFrom(const Dialog &early)
{
    m_localCSeq = std::max(m_localCSeq, early.m_localCSeq);
    m_remoteCSeq = early.m_remoteCSeq;
}

Uri Dialog::nextHop() const
{
    return m_routes.empty() ? m_remoteTarget : m_routes.front().uri;
}

bool Dialog::acceptCSeq(std::uint32_t number)
{
    if (m_remoteCSeq && number <= *m_remoteCSeq)
        return false;
    m_remoteCSeq = number;
    return true;
}

void Dialog::refreshTarget(const Message &message)
{
    auto contact = contactOf(message);
    if (contact && (!m_routes.empty() || contact->isReachable()))
        m_remoteTarget = std::move(*contact);
}

} // namespace sip
