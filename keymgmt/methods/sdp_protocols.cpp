// SPDX-License-Identifier: Apache-2.0
#include "methods/sdp_protocols.h"

#include "wire/text.h"

#include <algorithm>

namespace mikey {

std::string sdpProtocolList(const std::vector<std::string> &protocols)
{
    std::string list;
    for (const auto &protocol : protocols)
        list += (list.empty() ? "" : ";") + protocol;
    return list;
}

std::optional<Error> checkSdpProtocols(const Message &message, const std::vector<std::string> &protocols)
{
    if (protocols.empty())
        return std::nullopt;
    const auto list = sdpProtocolList(protocols);
    const auto extensions = message.all<GeneralExtension>();
    const auto bound = std::find_if(extensions.begin(), extensions.end(),
                                    [](const auto *e) { return e->type == ExtensionType::SdpIds; });
    if (bound == extensions.end()) {
        if (protocols.size() == 1)
            return std::nullopt;
        return Error::of(ErrorNumber::AuthFailure,
                         "the SDP lists several key management protocols, none bound by MIKEY");
    }
    if (textOf((*bound)->data) == list)
        return std::nullopt;
    return Error::of(ErrorNumber::AuthFailure, "the caller offered the key management protocols " +
                                                   printableStart((*bound)->data) + ", but the SDP that came lists " +
                                                   printableStart(octetsOf(list)));
}

} // namespace mikey
