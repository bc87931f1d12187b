// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/csb.h"
#include "methods/reply.h"

namespace mikey {

/// What the responders of all methods have in common: the order of checks of RFC 3830 5.3, and the error message where
/// something fails. A method says what its messages must look like, how they are authenticated, and what they bring.
class Responding : public Responder
{
public:
    explicit Responding(Context context) : m_context(context) {}

    Step receive(const Message &message, const Arrival &arrival, NtpTime now) final;

protected:
    virtual bool takes(Prf prf) const { return prf == Prf::Mikey1; }
    /// That the message has what it must have, with algorithms that are taken here.
    virtual std::optional<Error> checkForm() = 0;
    /// What is needed to authenticate the message: keys, certificates. The parties are known.
    virtual std::optional<Error> prepare() = 0;
    virtual std::optional<Error> authenticate() = 0;
    /// prepare() has to ask a key management service first; its error is not to be told, and the message comes again.
    virtual bool isAsking() const { return false; }
    /// Acts on the authenticated message.
    virtual std::optional<Error> process(Step &step) = 0;
    /// What proves that an error message is ours; null while the peer is not authenticated.
    virtual Closing errorClosing() const { return nullptr; }
    /// Whether the Responder that the message names is us.
    virtual bool isForUs() const;
    /// A message without RAND updates a bundle.
    virtual bool isUpdate() const { return !m_message->find<Rand>(); }

    /// The message may be authentic, but is of a time that is not taken: anybody can send it again, so no signature is
    /// to be spent on its error message.
    bool isStale() const { return m_stale; }
    const Message &message() const { return *m_message; }
    const Arrival &arrival() const { return *m_arrival; }
    const Endpoint &endpoint() const { return m_context.endpoint; }
    ByteView timestamp() const { return m_message->find<Timestamp>()->value; }
    BundleLabel label() const { return m_csb ? m_csb->label() : labelOf(*m_message); }
    /// The agreement on the streams and policies of the message and the keys brought, or on those of the bundle where
    /// an update brings none. SSRCs are filled in if an answer will tell them.
    Outcome<Agreement> agreeOn(std::string_view method, bool answered, std::vector<TransportedKey> brought) const;
    /// The header of an answer of that type, with the map agreed on.
    Header answerHeader(DataType dataType, const Agreement &agreement) const;

    Context m_context;
    NtpTime m_now;
    CertificateChain m_certificates; ///< of the message, to verify its signature; empty where it has none
    Parties m_parties;
    const Csb *m_csb = nullptr; ///< the bundle that the message updates

private:
    std::optional<Error> accept(Step &step);
    std::optional<Error> findUpdated();
    std::optional<Error> checkAllowed() const;
    std::optional<Error> checkAddressee() const;

    const Message *m_message = nullptr;
    const Arrival *m_arrival = nullptr;
    bool m_stale = false;
};

} // namespace mikey
