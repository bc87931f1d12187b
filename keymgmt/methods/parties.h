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
    static Party of(const IdWithRole &id);

    std::string canonical() const;
    Id payload() const { return {type, octetsOf(data)}; } ///< views this
};

struct Parties
{
    Party initiator;
    Party responder;
};

/// How we are called in messages of that type: SAKKE may know us by another URI.
const std::string &ownIdentity(const Endpoint &endpoint, DataType dataType);

/// Both sides as our own I_MESSAGE names them, in ID or in IDR payloads (RFC 6043 6.6); none unless it names both.
std::optional<Parties> partiesOfOwn(const Message &message);

/// Whether the message names its sides in IDR payloads, in place of ID.
bool usesRoles(DataType dataType);

/// Who sent an I_MESSAGE, and for whom. The Initiator's ID comes first; of a single one the method or the certificate
/// tells whose it is. CERTi may stand for IDi (RFC 3830 3.2). What is left out is filled in from the bundle that the
/// message updates (`csb`, may be null), else from signalling and our own identity if the endpoint lets messages
/// without identities pass. `certificates` are those of the message.
Outcome<Parties> partiesOf(const Message &message, const Arrival &arrival, const Endpoint &endpoint, const Csb *csb,
                           const CertificateChain &certificates);

/// The Responder's identity and the copy of the Initiator's in an answer of a Diffie-Hellman method: IDr comes first,
/// and of a single ID it is IDi, which has to be there (RFC 3830 3.3, RFC 4650 3).
struct AnswerIds
{
    const Id *responder = nullptr;
    const Id *initiator = nullptr;
};
AnswerIds answerIdsOf(const Message &answer);

} // namespace mikey
