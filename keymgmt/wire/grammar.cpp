// SPDX-License-Identifier: Apache-2.0
#include "wire/grammar.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t any = maxPayloads;

struct Allowed
{
    PayloadName payload;
    std::size_t atMost;
};

struct Rule
{
    DataType dataType;
    std::span<const Allowed> allowed;
    std::span<const PayloadName> last; ///< what may end the message
};

// RFC 3830 3.1 to 3.3, 5.1.2 and 6.15; RFC 4650 3 and 4.1; RFC 4738 3.1 and 3.2.
constexpr Allowed pskInit[] = {
    {Timestamp::name, 1},          {Rand::name, 1}, {Id::name, 2}, {SecurityPolicy::name, any},
    {GeneralExtension::name, any}, {Kemac::name, 1}};
constexpr Allowed verification[] = {
    {Timestamp::name, 1}, {Id::name, 1}, {GeneralExtension::name, any}, {Verification::name, 1}};
constexpr Allowed pkInit[] = {
    {Timestamp::name, 1},          {Rand::name, 1},  {Id::name, 2},    {Cert::name, any}, {SecurityPolicy::name, any},
    {GeneralExtension::name, any}, {Kemac::name, 1}, {Chash::name, 1}, {Pke::name, 1},    {Sign::name, 1}};
constexpr Allowed dhInit[] = {
    {Timestamp::name, 1},          {Rand::name, 1}, {Id::name, 2},  {Cert::name, any}, {SecurityPolicy::name, any},
    {GeneralExtension::name, any}, {Dh::name, 1},   {Sign::name, 1}};
constexpr Allowed dhResponse[] = {{Timestamp::name, 1},          {Id::name, 2}, {Cert::name, any},
                                  {GeneralExtension::name, any}, {Dh::name, 2}, {Sign::name, 1}};
constexpr Allowed error[] = {{Timestamp::name, 1},
                             {ErrorPayload::name, any},
                             {Id::name, 2},
                             {SecurityPolicy::name, any},
                             {GeneralExtension::name, any},
                             {Verification::name, 1},
                             {Sign::name, 1},
                             {Cert::name, any},
                             {Kemac::name, 1}};
constexpr Allowed dhHmacInit[] = {
    {Timestamp::name, 1},          {Rand::name, 1}, {Id::name, 2},   {SecurityPolicy::name, any},
    {GeneralExtension::name, any}, {Dh::name, 1},   {Kemac::name, 1}};
constexpr Allowed dhHmacResponse[] = {
    {Timestamp::name, 1}, {Id::name, 2}, {GeneralExtension::name, any}, {Dh::name, 2}, {Kemac::name, 1}};
constexpr Allowed rsaRInit[] = {
    {Timestamp::name, 1},          {Rand::name, 1}, {Id::name, 2}, {Cert::name, any}, {SecurityPolicy::name, any},
    {GeneralExtension::name, any}, {Sign::name, 1}};
constexpr Allowed rsaRResponse[] = {
    {GeneralExtension::name, any}, {Timestamp::name, 1}, {Rand::name, 1}, {Id::name, 2},  {Cert::name, any},
    {SecurityPolicy::name, any},   {Kemac::name, 1},     {Pke::name, 1},  {Sign::name, 1}};

constexpr PayloadName kemacLast[] = {Kemac::name};
constexpr PayloadName verificationLast[] = {Verification::name};
constexpr PayloadName signLast[] = {Sign::name};

constexpr Rule rules[] = {
    {DataType::PskInit, pskInit, kemacLast},
    {DataType::PskResponse, verification, verificationLast},
    {DataType::PkInit, pkInit, signLast},
    {DataType::PkResponse, verification, verificationLast},
    {DataType::DhInit, dhInit, signLast},
    {DataType::DhResponse, dhResponse, signLast},
    {DataType::Error, error, {}},
    {DataType::DhHmacInit, dhHmacInit, kemacLast},
    {DataType::DhHmacResponse, dhHmacResponse, kemacLast},
    {DataType::RsaRInit, rsaRInit, signLast},
    {DataType::RsaRResponse, rsaRResponse, signLast},
};

DecodeFault notAllowed(const PlacedPayload &placed, const Message &message, const std::string &why)
{
    return {placed.offset, "the " + std::string(nameOf(placed.payload).name) + " payload " + why +
                               " in a message of the type " +
                               messageName(static_cast<std::uint8_t>(message.header.dataType))};
}

} // namespace

std::optional<DecodeFault> checkGrammar(const Message &message)
{
    const auto rule = std::find_if(std::begin(rules), std::end(rules),
                                   [&](const Rule &r) { return r.dataType == message.header.dataType; });
    for (const auto &placed : message.payloads) {
        if (std::holds_alternative<KeyData>(placed.payload)) // RFC 3830 6.13: only ever inside a KEMAC
            return notAllowed(placed, message, "has no place");
    }
    if (rule == std::end(rules))
        return std::nullopt;
    std::array<std::size_t, 256> seen{};
    for (const auto &placed : message.payloads) {
        const auto number = nameOf(placed.payload).number;
        const auto allowed = std::find_if(rule->allowed.begin(), rule->allowed.end(),
                                          [number](const Allowed &a) { return a.payload.number == number; });
        if (allowed == rule->allowed.end())
            return notAllowed(placed, message, "has no place");
        if (++seen[number] > allowed->atMost)
            return notAllowed(placed, message, "stands too often");
    }
    if (rule->last.empty() || message.payloads.empty())
        return std::nullopt;
    const auto &last = message.payloads.back();
    const auto number = nameOf(last.payload).number;
    if (std::none_of(rule->last.begin(), rule->last.end(), [number](const auto &n) { return n.number == number; }))
        return notAllowed(last, message, "cannot be the last");
    return std::nullopt;
}

} // namespace mikey
