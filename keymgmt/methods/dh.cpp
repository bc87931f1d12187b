// SPDX-License-Identifier: Apache-2.0
#include "methods/dh.h"

#include "methods/certificates.h"
#include "methods/half_key_exchange.h"
#include "methods/signing.h"
#include "wire/text.h"

namespace mikey::dh {

namespace {

constexpr std::string_view name = "dh";

Error noCertificate()
{
    return Error::local("there is no certificate of ours to sign with");
}

/// What a message proves: the signer's certificate, and the hash it signed with.
struct Proof
{
    TrustedCertificate signer;
    CertificateChain chain;
    SignatureHash hash{};
};

void noteProof(Agreement &agreement, const Proof &proof)
{
    noteSigner(agreement, proof.signer, proof.chain, proof.hash);
}

class DhResponder final : public HalfKeyResponding
{
public:
    using HalfKeyResponding::HalfKeyResponding;

private:
    std::string_view method() const override { return name; }
    DataType answerType() const override { return DataType::DhResponse; }

    /// The signature that the message needs is there by its grammar. We need a certificate, too.
    std::optional<Error> checkProof() override
    {
        m_own = ownCertificate(endpoint().x509, true, false);
        if (!m_own)
            return Error::of(ErrorNumber::InvalidDataType, "signed Diffie-Hellman needs a certificate, and there is "
                                                           "none here");
        return std::nullopt;
    }

    std::optional<Error> prepare() override
    {
        auto signer = peerCertificate(endpoint().x509, m_parties.initiator.canonical(), m_certificates, m_csb,
                                      CertificateUse::Sign, m_now);
        if (!signer)
            return std::move(signer.error());
        m_proof = Proof{std::move(*signer), m_certificates};
        return std::nullopt;
    }

    std::optional<Error> authenticate() override
    {
        const auto hash = signatureHash(message(), m_proof->signer.certificate.key());
        if (!hash)
            return notSignedBy(m_parties.initiator);
        m_proof->hash = *hash;
        m_authenticated = true;
        return std::nullopt;
    }

    Closing closing() const override
    {
        return [this](const Header &header, std::vector<Payload> payloads) {
            return encodeSigned(header, std::move(payloads), *m_own, endpoint().x509.signatureType);
        };
    }

    /// Signed only for who is authenticated: anyone could have us sign errors else (RFC 3830 5.1.2).
    Closing errorClosing() const override
    {
        if (!m_authenticated || isStale())
            return nullptr;
        return [this](const Header &header, std::vector<Payload> payloads) {
            for (auto &payload : ownCertificates())
                payloads.push_back(std::move(payload));
            return closing()(header, std::move(payloads));
        };
    }

    std::vector<Payload> ownCertificates() const override { return certPayloads(endpoint().x509, *m_own); }
    void note(Agreement &agreement) const override { noteProof(agreement, *m_proof); }

    const OwnCertificate *m_own = nullptr;
    std::optional<Proof> m_proof;
    bool m_authenticated = false;
};

class DhInitiator final : public HalfKeyInitiating
{
public:
    using HalfKeyInitiating::HalfKeyInitiating;

private:
    std::string_view method() const override { return name; }
    DataType answerType() const override { return DataType::DhResponse; }

    std::optional<Error> authenticate(const Message &answer) override
    {
        auto proof = proofOf(answer);
        if (!proof)
            return std::move(proof.error());
        m_proof = std::move(*proof);
        return std::nullopt;
    }

    Outcome<Proof> proofOf(const Message &answer) const
    {
        auto chain = certificatesIn(answer, CertificateUse::Sign, endpoint().x509, m_fetched);
        if (!chain)
            return std::move(chain.error());
        auto signer = peerCertificate(endpoint().x509, m_parties.responder.canonical(), *chain, m_csb.get(),
                                      CertificateUse::Sign, m_now);
        if (!signer)
            return std::move(signer.error());
        const auto hash = signatureHash(answer, signer->certificate.key());
        if (!hash)
            return notSignedBy(m_parties.responder);
        return Proof{std::move(*signer), std::move(*chain), *hash};
    }

    bool isAuthenticError(const Message &answer) const override { return static_cast<bool>(proofOf(answer)); }
    void note(Agreement &agreement) const override { noteProof(agreement, *m_proof); }
    void saveProof(Packer &) const override {}

    std::optional<Proof> m_proof;
};

Outcome<std::unique_ptr<Initiator>> build(Context context, const Opening &opening, std::optional<DhKey> key,
                                          std::shared_ptr<const Csb> updated)
{
    const auto &own = *ownCertificate(context.endpoint.x509, true, false);
    const auto mki = opening.mki();
    auto octets = encodeSigned(halfKeyHeader(opening), halfKeyPayloads(opening, key ? &*key : nullptr, mki), own,
                               context.endpoint.x509.signatureType);
    if (!octets)
        return Error::local("identities and certificates are too long for a MIKEY message");
    return std::unique_ptr<Initiator>(
        std::make_unique<DhInitiator>(context, std::move(*octets), std::move(key), std::move(updated)));
}

} // namespace

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &)
{
    if (!ownCertificate(endpoint.x509, true, false))
        return noCertificate().reason;
    return std::nullopt;
}

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    if (auto error = checkOwnGroup(offer.group, context.endpoint.accept))
        return std::move(*error);
    const Opening opening(context, offer, DataType::DhInit, now, ownCertificate(context.endpoint.x509, true, false));
    return build(context, opening, DhKey::generate(offer.group, context.random), nullptr);
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    if (auto error = checkRenewal(csb, renewal))
        return std::move(*error);
    const auto *own = ownCertificate(context.endpoint.x509, true, false);
    if (!own)
        return noCertificate();
    const Opening opening(context, csb, renewal, DataType::DhInit, now, own);
    return build(context, opening, renewedHalfKey(renewal, DhGroup::Oakley5, context.random),
                 std::make_shared<Csb>(csb.clone()));
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    Unpacker from(saved);
    auto key = unpackHalfKey(from);
    auto loaded = loadInitiating(from, DataType::DhInit);
    if (!loaded || !isKeyOf(key, loaded->message))
        return damagedExchange();
    return std::unique_ptr<Initiator>(
        std::make_unique<DhInitiator>(context, std::move(loaded->message), std::move(key), std::move(loaded->updated)));
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<DhResponder>(context);
}

} // namespace mikey::dh
