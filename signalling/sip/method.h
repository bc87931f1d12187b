// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sip {

/// A registered method, and whether this user agent takes it.
struct MethodInfo
{
    std::string_view name;
    bool supported = false;
    bool onlyInDialog = false; ///< outside of one there is nothing it could be about
};

std::span<const MethodInfo> knownMethods();

/// Exact match: methods are case-sensitive (RFC 3261 section 7.1). Null when unknown.
const MethodInfo *findMethod(std::string_view name);

/// The option tag of reliable provisional responses (RFC 3262), the one extension of SIP that we take.
inline constexpr std::string_view reliableResponses = "100rel";

/// Value of Allow: the supported methods.
std::string allowedMethods();

} // namespace sip
