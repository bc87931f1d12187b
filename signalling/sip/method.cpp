// SPDX-License-Identifier: Apache-2.0
#include "sip/method.h"

#include <algorithm>

namespace sip {

namespace {

constexpr MethodInfo table[] = {
    {"INVITE", true},
    {"ACK", true},
    {"CANCEL", true},
    {"BYE", true, true},
    {"OPTIONS", true},     // RFC 3261
    {"REGISTER"},          // RFC 3261
    {"PRACK", true, true}, // RFC 3262
    {"SUBSCRIBE"},
    {"NOTIFY"},             // RFC 6665
    {"PUBLISH"},            // RFC 3903
    {"INFO"},               // RFC 6086
    {"REFER"},              // RFC 3515
    {"MESSAGE"},            // RFC 3428
    {"UPDATE", true, true}, // RFC 3311
};

} // namespace

std::span<const MethodInfo> knownMethods()
{
    return table;
}

const MethodInfo *findMethod(std::string_view name)
{
    const auto *it = std::ranges::find(table, name, &MethodInfo::name);
    return it == std::end(table) ? nullptr : it;
}

std::string allowedMethods()
{
    std::string result;
    for (const auto &method : table)
        if (method.supported)
            result += (result.empty() ? "" : ", ") + std::string(method.name);
    return result;
}

} // namespace sip
