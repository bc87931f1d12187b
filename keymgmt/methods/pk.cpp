// SPDX-License-Identifier: Apache-2.0
#include "methods/pk.h"

#include "methods/certificates.h"
#include "methods/envelope.h"
#include "methods/initiating.h"
#include "methods/kemac.h"
#include "methods/opening.h"
#include "methods/psk.h"
#include "methods/responding.h"
#include "methods/signing.h"
#include "methods/verified.h"
#include "wire/inspector.h"
#include "wire/text.h"

namespace mikey::pk {

namespace {

class PkResponder final : public Responding
{
public:
    using Responding::Responding;

private:
    std::optional<Error> checkForm() override
    {
        if (endpoint().x509.own.empty())
            return Error::of(ErrorNumber::InvalidDataType,
                             "public-key encryption needs a certificate, and there is none here");
        const auto *kemac = message().find<Kemac>();
        if (!message().find<Pke>())
            return Error::of(ErrorNumber::Unspecified, "the message has no PKE payload");
        if (!kemac && !isUpdate())
            return Error::of(ErrorNumber::Unspecified, "the message has no KEMAC payload");
        if (message().find<Pke>()->cache > static_cast<std::uint8_t>(EnvelopeCache::Csb))
            return Error::of(ErrorNumber::Unspecified, "the cache type of the envelope key is not known");
        return kemac ? checkEnvelopeForm(*kemac, endpoint().accept) : std::nullopt;
    }

    std::optional<Error> prepare() override
    {
        if (m_csb && m_csb->method != "pk")
            return Error::of(ErrorNumber::InvalidDataType, "the bundle was not made by the public key method");
        if (m_csb && !m_csb->envelopeKey.empty()) // RFC 3830 4.5
            return Error::of(ErrorNumber::Unspecified,
                             "the envelope key is cached, so the update has to be a pre-shared key message");
        const auto own = ownCertificateFor(message(), endpoint().x509);
        if (!own)
            return own.error();
        m_own = *own;
        auto signer = peerCertificate(endpoint().x509, m_parties.initiator.canonical(), m_certificates, m_csb,
                                      CertificateUse::Sign, m_now);
        if (!signer)
            return std::move(signer.error());
        m_signer = std::move(*signer);
        return std::nullopt;
    }

    std::optional<Error> authenticate() override
    {
        m_hash = signatureHash(message(), m_signer->certificate.key());
        return m_hash ? std::nullopt : std::optional(notSignedBy(m_parties.initiator));
    }

    std::optional<Error> process(Step &step) override
    {
        const auto &pke = *message().find<Pke>();
        m_envelopeKey = rsaDecryptEnvelopeKey(m_own->key, pke.data, m_context.random);
        OpenedEnvelope opened;
        if (message().find<Kemac>()) {
            auto envelope = openEnvelope(message(), {message().header.prf, label(), timestamp()}, m_envelopeKey.view(),
                                         endpoint().accept);
            if (!envelope)
                return std::move(envelope.error());
            opened = std::move(*envelope);
            // RFC 3830 3.2: else a message could be signed anew by someone who never knew its keys.
            if (opened.sender.canonical() != m_parties.initiator.canonical())
                return Error::of(ErrorNumber::AuthFailure, "the envelope was made by " +
                                                               printableStart(octetsOf(opened.sender.data)) +
                                                               ", the message was signed by " +
                                                               printableStart(octetsOf(m_parties.initiator.data)));
            m_envelopeOpened = true;
        }
        return agree(std::move(opened), static_cast<EnvelopeCache>(pke.cache), step);
    }

    std::optional<Error> agree(OpenedEnvelope opened, EnvelopeCache cacheType, Step &step)
    {
        auto agreement = agreeOn("pk", message().header.v, std::move(opened.keys));
        if (!agreement)
            return std::move(agreement.error());
        noteSigner(*agreement, *m_signer, m_certificates, *m_hash);
        keepEnvelopeKey(*agreement, m_context.state, cacheType, m_envelopeKey.view(), m_now);
        if (message().find<Kemac>())
            noteKeyEncryption(*agreement, *message().find<Kemac>());
        m_envelopeOpened = true;
        if (message().header.v)
            step.send = answer(*agreement);
        step.agreement = std::move(*agreement);
        step.plain = std::move(opened.plain);
        return std::nullopt;
    }

    /// R_MESSAGE = HDR, T, IDr, V.
    std::optional<Bytes> answer(const Agreement &agreement) const
    {
        const auto &sent = *message().find<Timestamp>();
        return verified(answerHeader(DataType::PkResponse, agreement), {sent, m_parties.responder.payload()});
    }

    std::optional<Bytes> verified(const Header &header, std::vector<Payload> payloads) const
    {
        const auto authKey = authKeyFrom(m_envelopeKey.view(), message().header.prf, label());
        return encodeVerified(header, std::move(payloads), timestamp(), verificationKey(authKey, m_parties));
    }

    /// With the envelope key once it proved right. Before, nothing that depends on it may be told.
    Closing errorClosing() const override
    {
        if (!m_envelopeOpened)
            return nullptr;
        return [this](const Header &header, std::vector<Payload> payloads) {
            return verified(header, std::move(payloads));
        };
    }

    const OwnCertificate *m_own = nullptr;
    std::optional<TrustedCertificate> m_signer;
    std::optional<SignatureHash> m_hash;
    Secret m_envelopeKey;
    bool m_envelopeOpened = false;
};

class PkInitiator final : public Initiating
{
public:
    PkInitiator(Context context, Bytes message, ByteView envelopeKey, const TrustedCertificate &peer,
                std::shared_ptr<const Csb> updated)
        : Initiating(context, std::move(message), std::move(updated)), m_envelopeKey(envelopeKey), m_peer(peer)
    {
    }

    bool answerDue() const override { return own().header.v; }
    Outcome<Agreement> provisional() const override { return agree(nullptr); }

    InspectedMessage inspectMessage() const override
    {
        const auto opened = open();
        return inspect(message(), opened ? opened->plain.view() : ByteView{});
    }

private:
    DataType answerType() const override { return DataType::PkResponse; }

    Outcome<Agreement> accept(const Message &answer) override
    {
        const auto *v = answer.find<Verification>();
        if (v && v->algorithm != MacAlgorithm::HmacSha1_160)
            return Error::of(ErrorNumber::InvalidMac, "the answer is not authenticated by HMAC-SHA-1");
        if (!isAuthentic(answer))
            return Error::of(ErrorNumber::AuthFailure, "the answer was not made with the key that only " +
                                                           m_parties.responder.data + " can have read");
        if (auto error = checkResponder(answer.find<Id>()))
            return std::move(*error);
        auto agreement = agree(&answer);
        if (agreement) {
            const auto what = static_cast<EnvelopeCache>(own().find<Pke>()->cache);
            keepEnvelopeKey(*agreement, m_context.state, what, m_envelopeKey.view(), m_now);
        }
        return agreement;
    }

    bool isAuthenticError(const Message &answer) const override { return isAuthentic(answer); }

    bool isAuthentic(const Message &answer) const
    {
        return isVerified(answer, timestamp(), authKeyFrom(m_envelopeKey.view(), own().header.prf, label()), m_parties);
    }

    void saveSecrets(Packer &to) const override
    {
        to.add(m_envelopeKey.view()).add(m_peer.certificate.der()).number(static_cast<std::uint64_t>(m_peer.by));
    }

    Outcome<OpenedEnvelope> open() const
    {
        if (!own().find<Kemac>())
            return OpenedEnvelope();
        return openEnvelope(own(), {own().header.prf, label(), timestamp()}, m_envelopeKey.view(), Accept{});
    }

    Outcome<Agreement> agree(const Message *answer) const
    {
        auto opened = open();
        if (!opened)
            return std::move(opened.error());
        auto agreement = agreeOn("pk", answer, std::move(opened->keys));
        if (!agreement)
            return agreement;
        agreement->provenBy = m_peer.by;
        agreement->authenticated = agreement->provenBy != ProvenBy::FirstUse;
        agreement->peerCertificate = m_peer.certificate;
        agreement->csb->peerCertificates = {m_peer.certificate};
        if (own().find<Pke>()->cache != static_cast<std::uint8_t>(EnvelopeCache::None))
            agreement->csb->envelopeKey = m_envelopeKey.clone();
        return agreement;
    }

    Secret m_envelopeKey;
    TrustedCertificate m_peer; ///< as it was when the message was made
};

/// What the message is made for.
struct Recipient
{
    TrustedCertificate peer;
    EnvelopeCache cache;
};

/// I_MESSAGE = HDR, T, [RAND], IDi, CERTi, IDr, {SP}, KEMAC, CHASH, PKE, SIGNi.
Outcome<std::unique_ptr<Initiator>> build(Context context, const Opening &opening, const OwnCertificate &own,
                                          const Recipient &recipient, bool withTgk, std::shared_ptr<const Csb> updated)
{
    const auto envelopeKey = context.random.secret(envelopeKeyOctets);
    const auto keys = withTgk ? psk::drawKeyData(context.random, opening.mki()) : Secret();
    const SealedEnvelope sealed({opening.header().prf, opening.label(), opening.timestamp()}, envelopeKey.view(),
                                Party::of(context.endpoint.identity), keys.view(), recipient.peer.certificate.key(),
                                recipient.cache, context.random);
    const auto hash = certificateHash(recipient.peer.certificate);
    auto payloads = opening.payloads();
    payloads.emplace_back(sealed.kemac());
    payloads.emplace_back(Chash{static_cast<std::uint8_t>(0), hash});
    payloads.emplace_back(sealed.pke());
    auto octets = encodeSigned(opening.header(), std::move(payloads), own, context.endpoint.x509.signatureType);
    if (!sealed.isSealed() || !octets)
        return Error::local(octets ? "nothing can be encrypted with the key of the peer's certificate"
                                   : "identities and certificates are too long for a MIKEY message");
    return std::unique_ptr<Initiator>(std::make_unique<PkInitiator>(context, std::move(*octets), envelopeKey.view(),
                                                                    recipient.peer, std::move(updated)));
}

Error noSigningCertificate()
{
    return Error::local("there is no certificate of ours to sign with");
}

} // namespace

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer)
{
    if (!ownCertificate(endpoint.x509, true, false))
        return noSigningCertificate().reason;
    const auto known = endpoint.x509.peers.find(peer);
    if (known == endpoint.x509.peers.end() || known->second.empty())
        return "the certificate of " + peer + " is not known here";
    return std::nullopt;
}

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    const auto recipient = trustedCertificate(context.endpoint.x509, offer.peer, {}, CertificateUse::Encrypt, now);
    if (!recipient)
        return Error::local(recipient.error().reason);
    const auto &own = *ownCertificate(context.endpoint.x509, true, false);
    const Opening opening(context, offer, DataType::PkInit, now, &own);
    return build(context, opening, own, {*recipient, offer.cache}, true, nullptr);
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    if (auto error = checkRenewal(csb, renewal))
        return std::move(*error);
    const auto peer = csb.peer().canonical();
    const auto *own = ownCertificate(context.endpoint.x509, true, false);
    if (!own)
        return noSigningCertificate();
    const auto recipient = peerCertificate(context.endpoint.x509, peer, {}, &csb, CertificateUse::Encrypt, now);
    if (!recipient)
        return Error::local(recipient.error().reason);
    const Opening opening(context, csb, renewal, DataType::PkInit, now, own);
    return build(context, opening, *own, {*recipient, EnvelopeCache::None}, renewal.keys == Renewal::Keys::NewTgk,
                 std::make_shared<Csb>(csb.clone()));
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    Unpacker from(saved);
    const auto envelopeKey = from.field();
    const auto peer = Certificate::fromDer(from.field());
    const auto by = from.number();
    auto loaded = loadInitiating(from, DataType::PkInit);
    const auto message = loaded ? decode(loaded->message) : Result<Message, DecodeFault>(DecodeFault());
    if (!message || !message->find<Pke>() || !peer || by > static_cast<std::uint64_t>(ProvenBy::FirstUse))
        return damagedExchange();
    return std::unique_ptr<Initiator>(std::make_unique<PkInitiator>(
        context, std::move(loaded->message), envelopeKey, TrustedCertificate{*peer, static_cast<ProvenBy>(by)},
        std::move(loaded->updated)));
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<PkResponder>(context);
}

} // namespace mikey::pk
