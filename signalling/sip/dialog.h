// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sip/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sip {

/// A dialog (RFC 3261 section 12): what two user agents know of each other between requests.
class Dialog
{
public:
    /// Of the request we sent and the response (101 to 2xx) that makes the dialog; section 12.1.2.
    static Dialog ofClient(const Request &request, const Response &response);
    /// Of the request we received and the tag of our response; section 12.1.1.
    static Dialog ofServer(const Request &request, const std::string &localTag);

    /// Does a request or response that we received belong to this dialog?
    bool matchesRequest(const Request &request) const;
    bool matchesResponse(const Response &response) const;

    /// A request within the dialog without Via, by section 12.2.1.1. ACK and CANCEL take the CSeq of their INVITE.
    Request makeRequest(const std::string &method);
    Request makeAck(std::uint32_t inviteCSeq) const;

    /// Goes on counting where the early dialog stood that this one has grown out of (section 13.2.2.4).
    void continueFrom(const Dialog &early);

    /// Where requests go: the first route, or the remote target.
    Uri nextHop() const;

    /// Takes the CSeq of a request that we received; false when it is out of order (section 12.2.2).
    bool acceptCSeq(std::uint32_t number);
    /// A Contact in a re-INVITE or its 2xx moves the remote target, unless to where we cannot send.
    void refreshTarget(const Message &message);

    const std::string &localTag() const { return m_localTag; }
    const std::string &remoteTag() const { return m_remoteTag; }
    std::uint32_t localCSeq() const { return m_localCSeq; }

private:
    Request makeRequest(const std::string &method, std::uint32_t cseq) const;

    std::string m_callId;
    std::string m_localTag;
    std::string m_remoteTag;   ///< empty with a peer of RFC 2543
    std::string m_localParty;  ///< our From as it is written
    std::string m_remoteParty; ///< our To
    Uri m_remoteTarget;
    std::vector<NameAddress> m_routes;
    std::uint32_t m_localCSeq = 0;
    std::optional<std::uint32_t> m_remoteCSeq;
};

} // namespace sip
