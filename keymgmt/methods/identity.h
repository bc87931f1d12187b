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

/// Whether a key management service is that of a user: its own name is in the domain of his host, or his host is one of
/// those it serves. All canonical.
bool isServedBy(std::string_view user, std::string_view kms, std::span<const std::string> hosts);

/// An ID payload of that identity; it views the text.
Id idPayload(std::string_view identity);

} // namespace mikey
