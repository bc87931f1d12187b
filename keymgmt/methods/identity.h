// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "wire/payloads.h"

#include <span>
#include <string>
#include <string_view>

namespace mikey {

/// An identity in canonical form: scheme and host in lower case, without display name, angle brackets, parameters and
/// headers. `<sip:Bob@Example.ORG:5070;transport=tcp>` is `sip:Bob@example.org:5070`; the NAI `Bob@Example.ORG` is
/// `Bob@example.org`.
std::string canonicalIdentity(std::string_view identity);

/// An identity as it was given, without what is signalling's own: display name, angle brackets, parameters, headers.
/// `<sip:Bob@Example.ORG:5070;transport=tcp>` is `sip:Bob@Example.ORG:5070`. It views its argument.
std::string_view bareIdentity(std::string_view identity);

/// URI for what has a scheme, else NAI (RFC 3830 6.7).
IdType identityType(std::string_view identity);

/// The host of an identity, without port; empty if it has none.
std::string_view hostOf(std::string_view identity);

/// How it is known that a key management service is that of a user, weakest first.
enum class ServedBy {
    Nobody,
    Neighbour, ///< its name has one label more than his host: "kms.example.org" for "example.org"
    Name,      ///< his host is its name, or one of those it is said to serve; or his number begins as one of them
};
/// All canonical. `hosts` are names of hosts and, with a plus sign, starts of telephone numbers: "+4477".
ServedBy servedBy(std::string_view user, std::string_view kms, std::span<const std::string> hosts);

/// Of a telephone number: how long the longest start of it among the hosts is, "+4477"; 0: there is none.
std::size_t servedStart(std::string_view user, std::span<const std::string> hosts);

/// Whether an ID payload names the key management service; names of hosts are compared without case.
bool isServiceName(ByteView id, std::string_view kms);

/// An ID payload of that identity; it views the text.
Id idPayload(std::string_view identity);

} // namespace mikey
