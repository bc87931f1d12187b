// SPDX-License-Identifier: Apache-2.0
#include "methods/parties.h"

#include "methods/identity.h"

namespace mikey {

Party Party::of(std::string_view identity)
{
    return {identityType(identity), std::string(identity)};
}

Party Party::of(const Id &id)
{
    return {id.type, std::string(textOf(id.data))};
}

std::string Party::canonical() const
{
    return canonicalIdentity(data);
}

Outcome<Parties> partiesOf(const Message &message, const Arrival &arrival, const Endpoint &endpoint)
{
    const auto ids = message.all<Id>();
    for (const auto *id : ids) {
        if (id->type != IdType::Nai && id->type != IdType::Uri)
            return Error::of(ErrorNumber::InvalidId, "identities of the type " +
                                                         registry::idType.nameOf(static_cast<std::uint8_t>(id->type)) +
                                                         " are not supported");
    }
    if (ids.size() < 2 && !endpoint.accept.missingIdentities)
        return Error::of(ErrorNumber::InvalidId, "the message leaves out an identity of the two parties");
    return Parties{ids.empty() ? Party::of(bareIdentity(arrival.peer)) : Party::of(*ids[0]),
                   ids.size() < 2 ? Party::of(endpoint.identity) : Party::of(*ids[1])};
}

} // namespace mikey
