// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/exchange.h"

namespace mikey {

/// One side of an exchange, as its ID payload names it. MACs cover these very octets (RFC 3830 5.2); people and
/// policies use the canonical form.
struct Party
{
    IdType type = IdType::Uri;
    std::string data;

    static Party of(std::string_view identity);
    static Party of(const Id &id);

    std::string canonical() const;
    Id payload() const { return {type, octetsOf(data)}; } ///< views this
};

struct Parties
{
    Party initiator;
    Party responder;
};

/// Who sent an I_MESSAGE, and for whom. A single ID is the Initiator's (RFC 3830 3.1); what is left out is filled in
/// from signalling and from our own identity, if the endpoint lets messages without identities pass.
Outcome<Parties> partiesOf(const Message &message, const Arrival &arrival, const Endpoint &endpoint);

} // namespace mikey
