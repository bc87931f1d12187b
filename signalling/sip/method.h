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
};

std::span<const MethodInfo> knownMethods();

/// Exact match: methods are case-sensitive (RFC 3261 section 7.1). Null when unknown.
const MethodInfo *findMethod(std::string_view name);

/// Value of Allow: the supported methods.
std::string allowedMethods();

} // namespace sip
