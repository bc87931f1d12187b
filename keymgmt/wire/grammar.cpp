// SPDX-License-Identifier: Apache-2.0
#include "wire/grammar.h"

#include <algorithm>

namespace mikey {

namespace {

constexpr std::size_t any = maxPayloads;

struct Allowed
{
    PayloadName payload;
    std::size_t atMost; ///< of TR, IDR and RANDR: with the same role
};

struct Rule
{
    DataType dataType;
    std::span<const Allowed> allowed;
    std::span<const PayloadName> last; ///< what may end the message
    bool othersIgnored = false;        ///< RFC 6043 4.2: payloads that are not expected are ignored
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

// RFC 6043 4.2; the session descriptions' General Ext of RFC 4567 7.
constexpr Allowed ticketRequest[] = {{Timestamp::name, 1}, {RandWithRole::name, 1}, {IdWithRole::name, 1},
                                     {Cert::name, any},    {TicketPolicy::name, 1}, {Ticket::name, 1},
                                     {Chash::name, 1},     {Pke::name, 1},          {Verification::name, 1},
                                     {Sign::name, 1}};
constexpr Allowed ticketAnswer[] = {{Timestamp::name, 1}, {RandWithRole::name, 1}, {IdWithRole::name, 1},
                                    {Ticket::name, 1},    {Kemac::name, 1},        {Verification::name, 1}};
constexpr Allowed transfer[] = {{Timestamp::name, 1},          {RandWithRole::name, 1}, {IdWithRole::name, 1},
                                {SecurityPolicy::name, any},   {Ticket::name, 1},       {Kemac::name, 1},
                                {GeneralExtension::name, any}, {Verification::name, 1}};

// RFC 6267 4.1, where several private keys may be asked for, and 4.2. No SP: nothing would protect it.
constexpr Allowed keyRequest[] = {{Timestamp::name, 1}, {Rand::name, 1},         {IdWithRole::name, any},
                                  {Cert::name, any},    {Kemac::name, 1},        {Chash::name, 1},
                                  {Pke::name, 1},       {Verification::name, 1}, {Sign::name, 1}};
constexpr Allowed ibakeInit[] = {{Timestamp::name, 1},          {Rand::name, 1},  {IdWithRole::name, 1},
                                 {GeneralExtension::name, any}, {Ibake::name, 1}, {EncryptedSecretKey::name, 1}};
constexpr Allowed ibakeResponse[] = {{Timestamp::name, 1},
                                     {IdWithRole::name, 1},
                                     {GeneralExtension::name, any},
                                     {Ibake::name, 1},
                                     {Verification::name, 1}};

// RFC 6509 2.2.1.
constexpr Allowed sakkeInit[] = {{Timestamp::name, 1},        {Rand::name, 1},  {IdWithRole::name, 1},
                                 {Cert::name, any},           {Sakke::name, 1}, {GeneralExtension::name, any},
                                 {SecurityPolicy::name, any}, {Sign::name, 1}};

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
    {DataType::RequestInitPsk, ticketRequest, verificationLast, true},
    {DataType::RequestInitPk, ticketRequest, signLast, true},
    {DataType::RequestResponse, ticketAnswer, verificationLast, true},
    {DataType::TransferInit, transfer, verificationLast, true},
    {DataType::TransferResponse, transfer, verificationLast, true},
    {DataType::ResolveInitPsk, ticketRequest, verificationLast, true},
    {DataType::ResolveInitPk, ticketRequest, signLast, true},
    {DataType::ResolveResponse, ticketAnswer, verificationLast, true},
    {DataType::RequestKeyPsk, keyRequest, verificationLast, true},
    {DataType::RequestKeyPk, keyRequest, signLast, true},
    {DataType::RequestKeyResponse, keyRequest, verificationLast, true},
    {DataType::IbakeInit1, ibakeInit, {}},
    {DataType::IbakeResponse1, ibakeResponse, {}},
    {DataType::IbakeInit2, ibakeInit, {}},
    {DataType::IbakeResponse2, ibakeResponse, verificationLast},
    {DataType::SakkeInit, sakkeInit, signLast},
};

/// Payloads of one kind are counted together.
struct Kind
{
    std::uint8_t number;
    std::uint8_t role; ///< 0 where the payload has none
    bool operator==(const Kind &) const = default;
};

Kind kindOf(const Payload &payload)
{
    return std::visit(
        [](const auto &p) {
            if constexpr (requires { p.role; })
                return Kind{p.name.number, static_cast<std::uint8_t>(p.role)};
            else
                return Kind{p.name.number, 0};
        },
        payload);
}

/// RFC 3830 6.13, RFC 6043 A.1, RFC 6267 6.1.4 and 6.1.5: these only ever stand inside another payload.
bool isSubPayloadOnly(const Payload &payload)
{
    return std::holds_alternative<KeyData>(payload) || std::holds_alternative<TicketHeader>(payload) ||
           std::holds_alternative<SecretKey>(payload) || std::holds_alternative<EcPoint>(payload);
}

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
        if (isSubPayloadOnly(placed.payload))
            return notAllowed(placed, message, "has no place");
    }
    if (rule == std::end(rules))
        return std::nullopt;
    for (auto placed = message.payloads.begin(); placed != message.payloads.end(); ++placed) {
        const auto kind = kindOf(placed->payload);
        const auto allowed = std::find_if(rule->allowed.begin(), rule->allowed.end(),
                                          [&](const Allowed &a) { return a.payload.number == kind.number; });
        if (allowed == rule->allowed.end() && !rule->othersIgnored)
            return notAllowed(*placed, message, "has no place");
        const auto before = std::count_if(message.payloads.begin(), placed,
                                          [&](const PlacedPayload &p) { return kindOf(p.payload) == kind; });
        if (allowed != rule->allowed.end() && static_cast<std::size_t>(before) >= allowed->atMost)
            return notAllowed(*placed, message, "stands too often");
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
