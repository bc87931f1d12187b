// SPDX-License-Identifier: Apache-2.0
#include "methods/parties.h"

#include "methods/csb.h"
#include "methods/identity.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey {

namespace {

struct Named
{
    std::optional<Party> initiator;
    std::optional<Party> responder;
};

std::optional<Party> partyIn(const Message &message, IdRole role)
{
    const auto *id = message.find<IdWithRole>(role);
    return id ? std::optional(Party::of(*id)) : std::nullopt;
}

Named namedIn(const Message &message, const CertificateChain &certificates)
{
    if (usesRoles(message.header.dataType))
        return {partyIn(message, IdRole::Initiator), partyIn(message, IdRole::Responder)};
    const auto ids = message.all<Id>();
    if (ids.empty())
        return {};
    if (ids.size() > 1)
        return {Party::of(*ids[0]), Party::of(*ids[1])};
    const bool behindCertificate =
        !certificates.empty() && !isFor(certificates.front(), Party::of(*ids[0]).canonical());
    if (message.header.dataType == DataType::DhHmacInit || behindCertificate) // RFC 4650 3: IDr is always there
        return {std::nullopt, Party::of(*ids[0])};
    return {Party::of(*ids[0]), std::nullopt};
}

/// The identity a certificate speaks for: the one signalling tells if it has that, else its first.
std::optional<Party> initiatorOf(const Certificate &certificate, const std::string &told)
{
    if (!told.empty() && isFor(certificate, canonicalIdentity(told)))
        return Party::of(bareIdentity(told));
    const auto identities = certificate.identities();
    if (identities.empty())
        return std::nullopt;
    return Party::of(identities.front());
}

Error leftOut(std::string_view who)
{
    return Error::of(ErrorNumber::InvalidId, "the message leaves out the identity of the " + std::string(who));
}

/// With SAKKE the signature proves the one and the decryption the other, whoever signalling says they are (RFC 6509
/// 2.2.1: all IDR payloads are optional).
bool mayLeaveOut(const Message &message, const Endpoint &endpoint)
{
    return endpoint.accept.missingIdentities || message.header.dataType == DataType::SakkeInit;
}

Outcome<Party> initiatorLeftOut(const Message &message, const Arrival &arrival, const Endpoint &endpoint,
                                const Csb *csb, const CertificateChain &certificates)
{
    if (csb)
        return csb->peer();
    if (!certificates.empty()) {
        if (const auto party = initiatorOf(certificates.front(), arrival.peer))
            return *party;
    }
    if (mayLeaveOut(message, endpoint) && !arrival.peer.empty())
        return Party::of(bareIdentity(arrival.peer));
    return leftOut("caller");
}

/// RFC 4738 3.4 wants an IDr only where no other responder will do; the other RFCs say that it SHOULD be there.
Outcome<Party> responderLeftOut(const Message &message, const Endpoint &endpoint, const Csb *csb)
{
    if (csb)
        return csb->self();
    if (mayLeaveOut(message, endpoint) || message.header.dataType == DataType::RsaRInit)
        return Party::of(ownIdentity(endpoint, message.header.dataType));
    return leftOut("one called");
}

} // namespace

Party Party::of(std::string_view identity)
{
    return {identityType(identity), std::string(identity)};
}

Party Party::of(const Id &id)
{
    return {id.type, std::string(textOf(id.data))};
}

Party Party::of(const IdWithRole &id)
{
    return {id.type, std::string(textOf(id.data))};
}

const std::string &ownIdentity(const Endpoint &endpoint, DataType dataType)
{
    const bool other = dataType == DataType::SakkeInit && !endpoint.sakke.uri.empty();
    return other ? endpoint.sakke.uri : endpoint.identity;
}

bool usesRoles(DataType dataType)
{
    return dataType > DataType::RsaRResponse;
}

std::optional<Parties> partiesOfOwn(const Message &message)
{
    const auto ids = namedIn(message, {});
    if (!ids.initiator || !ids.responder)
        return std::nullopt;
    return Parties{*ids.initiator, *ids.responder};
}

std::string Party::canonical() const
{
    return canonicalIdentity(data);
}

Outcome<Parties> partiesOf(const Message &message, const Arrival &arrival, const Endpoint &endpoint, const Csb *csb,
                           const CertificateChain &certificates)
{
    auto named = namedIn(message, certificates);
    // RFC 6043 5.2: in updates the roles are those of the exchange that made the bundle, whoever sends them.
    if (csb && csb->weInitiated && message.header.dataType == DataType::TransferInit)
        std::swap(named.initiator, named.responder);
    for (const auto *party : {&named.initiator, &named.responder}) {
        if (*party && (*party)->type != IdType::Nai && (*party)->type != IdType::Uri)
            return Error::of(ErrorNumber::InvalidId,
                             "identities of the type " +
                                 registry::idType.nameOf(static_cast<std::uint8_t>((*party)->type)) +
                                 " are not supported");
    }
    auto initiator = named.initiator ? Outcome<Party>(*named.initiator)
                                     : initiatorLeftOut(message, arrival, endpoint, csb, certificates);
    if (!initiator)
        return std::move(initiator.error());
    auto responder = named.responder ? Outcome<Party>(*named.responder) : responderLeftOut(message, endpoint, csb);
    if (!responder)
        return std::move(responder.error());
    if (csb && initiator->canonical() != csb->peer().canonical())
        return Error::of(ErrorNumber::InvalidId, "the bundle stands with " +
                                                     printableStart(octetsOf(csb->peer().data)) + ", not with " +
                                                     printableStart(octetsOf(initiator->data)));
    return Parties{std::move(*initiator), std::move(*responder)};
}

AnswerIds answerIdsOf(const Message &answer)
{
    const auto ids = answer.all<Id>();
    if (ids.empty())
        return {};
    return ids.size() == 1 ? AnswerIds{nullptr, ids[0]} : AnswerIds{ids[0], ids[1]};
}

} // namespace mikey
