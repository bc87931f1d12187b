// SPDX-License-Identifier: Apache-2.0
#include "sip/source.h"

namespace sip {

void stampSource(Request &request, const Flow &source)
{
    auto via = request.topVia();
    const auto *rport = findParameter(via.parameters, "rport");
    if (rport)
        via.setParameter("rport", std::to_string(source.remotePort));
    if (rport || via.host != source.remoteHost)
        via.setParameter("received", source.remoteHost);
    request.headers.set("Via", via.toString());
}

Flow replyFlow(const Request &request, const Flow &source)
{
    const auto via = request.topVia();
    auto flow = source;
    // To the port the request came from when it asks so (RFC 3581 section 4). On a connection this is where to connect
    // if it is gone by then.
    const bool hasVia = !via.host.empty();
    if (hasVia && (!findParameter(via.parameters, "rport") || source.transport == Transport::Tcp))
        flow.remotePort = via.port != 0 ? via.port : std::uint16_t(5060);
    return flow;
}

} // namespace sip
