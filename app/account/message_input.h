// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/bytes.h"

#include <QByteArray>
#include <QString>

#include <string>
#include <vector>

/// MIKEY messages out of whatever people have at hand: raw octets, hex, base64, SDP, or SIP with SDP in it.
namespace account {

struct FoundMessage
{
    mikey::Bytes octets;
    std::vector<std::string> sdpProtocols; ///< key management protocols at its level of the SDP; empty: not in SDP
    QString trouble;                       ///< why its attribute or text could not be read; empty if it could
};

/// Recognises the form. What is no text of a known form is taken for raw octets, so there is one message at least,
/// unless it is SDP or SIP without a=key-mgmt:mikey. Of an SDP the first 256 attributes a=key-mgmt count.
std::vector<FoundMessage> findMessages(const QByteArray &input);

} // namespace account
