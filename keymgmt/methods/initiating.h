// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/csb.h"
#include "wire/pack.h"

namespace mikey {

/// What the initiators of all methods have in common: their own message, which tells all that was offered, and the
/// checks of an answer that come before those of the method.
class Initiating : public Initiator
{
public:
    const Bytes &message() const final { return m_octets; }
    Step receive(ByteView answer, NtpTime now, const std::map<std::string, Bytes> &fetched) final;
    Secret save() const final;

protected:
    /// `message` is our own I_MESSAGE. `updated`: the bundle that it updates, or null.
    Initiating(Context context, Bytes message, std::shared_ptr<const Csb> updated);

    /// The data type that answers.
    virtual DataType answerType() const = 0;
    /// Acts on an answer to our message of the right type. What it returns as an agreement is final.
    virtual Outcome<Agreement> accept(const Message &answer) = 0;
    /// Whether an error message is the peer's beyond doubt.
    virtual bool isAuthenticError(const Message &answer) const = 0;
    /// What a method needs besides its message to go on.
    virtual void saveSecrets(Packer &to) const = 0;

    const Message &own() const { return m_message; }
    const Endpoint &endpoint() const { return m_context.endpoint; }
    ByteView timestamp() const { return m_message.find<Timestamp>()->value; }
    BundleLabel label() const { return m_csb ? m_csb->label() : labelOf(m_message); }
    /// The streams we told, or that stand; SSRCs that the answer fills in are in it if `answer` is not null.
    Outcome<std::vector<SrtpId>> mapOf(const Message *answer) const;
    /// The agreement on our own policies and the keys brought, or on those of the bundle where none are. `answer` is
    /// null where none has come.
    Outcome<Agreement> agreeOn(std::string_view method, const Message *answer,
                               std::vector<TransportedKey> brought) const;
    bool isPeer(const Id &id) const { return Party::of(id).canonical() == m_parties.responder.canonical(); }
    /// That the answer names, if anyone, the peer that we asked for.
    std::optional<Error> checkResponder(const Id *id) const;

    Context m_context;
    NtpTime m_now;
    std::map<std::string, Bytes> m_fetched;
    Bytes m_octets;
    Message m_message; ///< views m_octets
    Parties m_parties;
    std::shared_ptr<const Csb> m_csb; ///< the bundle that is updated
};

/// What Initiating::save() packed: the method's own part comes first.
struct SavedInitiator
{
    Bytes message;
    std::shared_ptr<const Csb> updated;
};

/// Reads the part of the skeleton; none if it is damaged or no message of that type, with both identities, of ours.
std::optional<SavedInitiator> loadInitiating(Unpacker &from, DataType dataType);

/// The error of a saved exchange that cannot be read.
Error damagedExchange();

} // namespace mikey
