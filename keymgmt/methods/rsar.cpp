// SPDX-License-Identifier: Apache-2.0
#include "methods/rsar.h"

#include "methods/certificates.h"
#include "methods/envelope.h"
#include "methods/initiating.h"
#include "methods/kemac.h"
#include "methods/opening.h"
#include "methods/psk.h"
#include "methods/responding.h"
#include "methods/signing.h"
#include "wire/inspector.h"
#include "wire/text.h"

#include <algorithm>
#include <set>

namespace mikey::rsar {

namespace {

constexpr std::string_view name = "rsa-r";
constexpr std::array<std::uint8_t, 4> firstMki{0, 0, 0, 1};

const GeneralExtension *groupCsbId(const Message &message)
{
    for (const auto *extension : message.all<GeneralExtension>()) {
        if (extension->type == ExtensionType::CsbId)
            return extension;
    }
    return nullptr;
}

std::uint32_t number32(ByteView octets)
{
    std::uint32_t value = 0;
    for (const auto octet : octets)
        value = value << 8 | octet;
    return value;
}

std::array<std::uint8_t, 4> octetsOf32(std::uint32_t value)
{
    return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
            static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

class RsaRResponder final : public Responding
{
public:
    using Responding::Responding;

private:
    /// A message without RAND leaves it to us (RFC 4738 3.6). Bundles are updated by pre-shared key messages under the
    /// cached envelope key, or replaced by a new run.
    bool isUpdate() const override { return false; }

    std::optional<Error> checkForm() override
    {
        m_own = ownCertificate(endpoint().x509, true, false);
        if (!m_own)
            return Error::of(ErrorNumber::InvalidDataType,
                             "RSA in reverse mode needs a certificate, and there is none here");
        if (arrival().group && message().find<SecurityPolicy>()) // RFC 4738 3.2
            return Error::of(ErrorNumber::InvalidSpParameters, "the policy of a group is not the member's to offer");
        return std::nullopt;
    }

    std::optional<Error> prepare() override
    {
        const auto identity = m_parties.initiator.canonical();
        auto signer = trustedCertificate(endpoint().x509, identity, m_certificates, CertificateUse::Sign, m_now);
        if (!signer)
            return std::move(signer.error());
        m_signer = std::move(*signer);
        return findRecipient(identity);
    }

    /// Whom the envelope is for: the certificate that signed, or one beside it that is for encryption.
    std::optional<Error> findRecipient(const std::string &identity)
    {
        auto forEncryption = certificatesIn(message(), CertificateUse::Encrypt, endpoint().x509, arrival().fetched);
        if (!forEncryption)
            return std::move(forEncryption.error());
        const auto chain = forEncryption->empty() ? CertificateChain{m_signer->certificate} : *forEncryption;
        if (chain.front() == m_signer->certificate && m_signer->certificate.mayEncrypt()) { // the rest is checked
            m_recipient = m_signer;
            return std::nullopt;
        }
        auto recipient = trustedCertificate(endpoint().x509, identity, chain, CertificateUse::Encrypt, m_now);
        if (!recipient)
            return std::move(recipient.error());
        m_recipient = std::move(*recipient);
        return std::nullopt;
    }

    std::optional<Error> authenticate() override
    {
        m_hash = signatureHash(message(), m_signer->certificate.key());
        return m_hash ? std::nullopt : std::optional(notSignedBy(m_parties.initiator));
    }

    std::optional<Error> process(Step &step) override
    {
        if (auto error = arrival().group ? takeGroup() : takeUnicast())
            return error;
        const std::vector<const SrtpSuite *> suites(m_map.size(), m_suite);
        auto agreement = agreementOf({name, message(), m_parties, false, nullptr, m_label, m_map, suites, m_keys});
        if (!agreement)
            return std::move(agreement.error());
        noteSigner(*agreement, *m_signer, m_certificates, *m_hash);
        const auto envelopeKey = m_context.random.secret(envelopeKeyOctets);
        if (!arrival().group) // one member's key must not update the group
            agreement->csb->envelopeKey = envelopeKey.clone();
        if (auto error = answer(*agreement, envelopeKey.view(), step))
            return error;
        step.agreement = std::move(*agreement);
        return std::nullopt;
    }

    /// The first policy of the offer that we take, a TGK of our own, and the RAND that the offer has or leaves to us.
    std::optional<Error> takeUnicast()
    {
        const auto offers = message().all<SecurityPolicy>();
        if (auto error = choosePolicy(offers))
            return error;
        m_map = message().header.map;
        if (m_map.empty()) // RFC 4738 3.6: the map is ours to fill in
            m_map.resize(2 * static_cast<std::size_t>(arrival().streams));
        fillSsrcs(m_map, m_context.random);
        for (auto &stream : m_map)
            stream.policyNo = m_policyNo;
        m_keyData = psk::drawKeyData(m_context.random, firstMki);
        const auto *rand = message().find<Rand>();
        if (!rand)
            m_context.random.fill(m_rand.emplace());
        m_label = {message().header.csbId, rand ? rand->rand : ByteView(*m_rand)};
        return takeKeys();
    }

    std::optional<Error> choosePolicy(const std::vector<const SecurityPolicy *> &offers)
    {
        if (message().header.mapType == CsIdMapType::Empty && !offers.empty()) // RFC 4563 5
            return Error::of(ErrorNumber::Unspecified, "a message with an Empty map must not carry security policies");
        m_suite = offers.empty() && endpoint().takes(defaultSrtpSuite()) ? &defaultSrtpSuite() : nullptr;
        std::set<std::uint8_t> numbers;
        for (const auto *offer : offers) {
            if (!numbers.insert(offer->policyNo).second)
                return Error::of(ErrorNumber::InvalidSpParameters,
                                 "two security policies have the number " + std::to_string(offer->policyNo));
            if (!m_suite && (m_suite = acceptableSuite(*offer, endpoint()))) {
                m_policyNo = offer->policyNo;
                m_policy = chosenFrom(*offer, *m_suite);
            }
        }
        return m_suite ? std::nullopt : refusePolicies(offers);
    }

    /// The reason why the first policy cannot be taken is as good as any.
    static std::optional<Error> refusePolicies(const std::vector<const SecurityPolicy *> &offers)
    {
        if (offers.empty())
            return Error::of(ErrorNumber::InvalidSpParameters,
                             std::string(defaultSrtpSuite().name) + ", the default, is not accepted here");
        const auto suite = suiteOf(*offers.front());
        return suite
                   ? Error::of(ErrorNumber::InvalidSpParameters, std::string((*suite)->name) + " is not accepted here")
                   : Error::of(suite.error().error, suite.error().reason);
    }

    std::optional<Error> takeGroup()
    {
        const auto &group = *arrival().group;
        m_suite = group.suite;
        m_map = group.map;
        m_policyNo = m_map.empty() ? std::uint8_t{0} : m_map.front().policyNo;
        m_label = {group.csbId, group.rand};
        KeyData data;
        data.key = group.tgk.view();
        if (!group.mki.empty()) {
            data.validity.type = KeyValidityType::Spi;
            data.validity.spi = group.mki;
        }
        m_keyData = std::move(*encodeSubPayloads(std::vector<Payload>{data}));
        return takeKeys();
    }

    std::optional<Error> takeKeys()
    {
        const auto decoded = decodeSubPayloads(m_keyData.view(), KeyData::name.number);
        auto keys = transportedKeys(*decoded);
        if (!keys)
            return std::move(keys.error());
        m_keys = std::move(*keys);
        return std::nullopt;
    }

    /// R_MESSAGE = HDR, [GenExt(CSB_ID)], T, [RAND], IDr, CERTr, [SP], KEMAC, PKE, SIGNr.
    std::optional<Error> answer(const Agreement &agreement, ByteView envelopeKey, Step &step)
    {
        const auto groupId = octetsOf32(m_label.csbId);
        const SealedEnvelope sealed({message().header.prf, m_label, timestamp()}, envelopeKey, m_parties.responder,
                                    m_keyData.view(), m_recipient->certificate.key(),
                                    arrival().group ? EnvelopeCache::None : EnvelopeCache::Csb, m_context.random);
        if (!sealed.isSealed())
            return Error::of(ErrorNumber::InvalidCert, "nothing can be encrypted with the key of the certificate");
        const SuitePayload policy(*m_suite, m_policyNo);
        std::vector<Payload> payloads;
        if (arrival().group)
            payloads.emplace_back(GeneralExtension{ExtensionType::CsbId, groupId});
        payloads.emplace_back(*message().find<Timestamp>());
        if (arrival().group || m_rand)
            payloads.emplace_back(Rand{m_label.rand});
        payloads.emplace_back(m_parties.responder.payload());
        for (auto &payload : certPayloads(endpoint().x509, *m_own))
            payloads.push_back(std::move(payload));
        if (m_policy || arrival().group) // one option of those offered, in the offer's own words
            payloads.emplace_back(m_policy ? *m_policy : policy.payload());
        payloads.emplace_back(sealed.kemac());
        payloads.emplace_back(sealed.pke());
        step.plain = envelopePlain(m_parties.responder, m_keyData.view());
        step.send = encodeSigned(answerHeader(DataType::RsaRResponse, agreement), std::move(payloads), *m_own,
                                 endpoint().x509.signatureType, rsaRScope(m_parties, timestamp()));
        if (!step.send)
            return Error::local("identities and certificates are too long for a MIKEY message");
        return std::nullopt;
    }

    Closing errorClosing() const override
    {
        if (!m_hash || isStale())
            return nullptr;
        return [this](const Header &header, std::vector<Payload> payloads) {
            for (auto &payload : certPayloads(endpoint().x509, *m_own))
                payloads.push_back(std::move(payload));
            return encodeSigned(header, std::move(payloads), *m_own, endpoint().x509.signatureType);
        };
    }

    const OwnCertificate *m_own = nullptr;
    std::optional<TrustedCertificate> m_signer, m_recipient;
    std::optional<SignatureHash> m_hash;
    const SrtpSuite *m_suite = nullptr;
    std::uint8_t m_policyNo = 0;
    std::optional<SecurityPolicy> m_policy; ///< chosen from an offer
    std::vector<SrtpId> m_map;
    std::optional<std::array<std::uint8_t, 16>> m_rand; ///< drawn by us
    BundleLabel m_label;
    Secret m_keyData;
    std::vector<TransportedKey> m_keys;
};

class RsaRInitiator final : public Initiating
{
public:
    RsaRInitiator(Context context, Bytes message, bool join)
        : Initiating(context, std::move(message), nullptr), m_join(join)
    {
    }

    Outcome<Agreement> provisional() const override { return Error::local("the keys come with the answer"); }
    InspectedMessage inspectMessage() const override { return inspect(message()); }

private:
    DataType answerType() const override { return DataType::RsaRResponse; }

    Outcome<Agreement> accept(const Message &answer) override
    {
        if (auto error = checkForm(answer))
            return std::move(*error);
        if (auto error = checkResponder(answer.find<Id>()))
            return std::move(*error);
        const auto proof = proofOf(answer);
        if (!proof)
            return proof.error();
        return open(answer, *proof);
    }

    /// RFC 4738 3.2, 3.6 and 3.7: what of RAND, CSB_ID and SP has to be there, and what must not.
    std::optional<Error> checkForm(const Message &answer) const
    {
        const auto *csbId = groupCsbId(answer);
        if (!answer.find<Kemac>() || !answer.find<Pke>())
            return Error::of(ErrorNumber::Unspecified, "the answer brings no keys");
        if (answer.find<Pke>()->cache > static_cast<std::uint8_t>(EnvelopeCache::Csb))
            return Error::of(ErrorNumber::Unspecified, "the cache type of the envelope key is not known");
        if (csbId && csbId->data.size() != sizeof(std::uint32_t))
            return Error::discarded("the CSB ID of the group is none");
        if (m_join && (!csbId || !answer.find<Rand>() || !answer.find<SecurityPolicy>()))
            return Error::discarded("the answer lacks CSB ID, RAND or policy of the group");
        if (m_join)
            return checkEnvelopeForm(*answer.find<Kemac>(), endpoint().accept);
        if (csbId)
            return Error::discarded("the answer is for a group, and none was asked for");
        if (!answer.find<Rand>() == !own().find<Rand>())
            return Error::discarded("either both sides sent a RAND, or none");
        if (own().find<SecurityPolicy>() && answer.all<SecurityPolicy>().size() != 1)
            return Error::discarded("the answer does not tell one policy of those offered");
        return checkEnvelopeForm(*answer.find<Kemac>(), endpoint().accept);
    }

    struct Proof
    {
        TrustedCertificate signer;
        CertificateChain chain;
        SignatureHash hash{};
    };

    Outcome<Proof> proofOf(const Message &answer) const
    {
        auto chain = certificatesIn(answer, CertificateUse::Sign, endpoint().x509, m_fetched);
        if (!chain)
            return std::move(chain.error());
        auto signer =
            trustedCertificate(endpoint().x509, m_parties.responder.canonical(), *chain, CertificateUse::Sign, m_now);
        if (!signer)
            return std::move(signer.error());
        const auto hash = hashOfSignature(answer, signer->certificate.key());
        if (!hash)
            return notSignedBy(m_parties.responder);
        return Proof{std::move(*signer), std::move(*chain), *hash};
    }

    /// RFC 4738 3.6 excludes the SIGN payload, RFC 3830 5.2 only the signature in it; both are met. An error message is
    /// signed as RFC 3830 says.
    std::optional<SignatureHash> hashOfSignature(const Message &answer, const PublicKey &key) const
    {
        if (answer.header.dataType == DataType::Error)
            return signatureHash(answer, key);
        const auto *id = answer.find<Id>();
        const Parties told{m_parties.initiator, id ? Party::of(*id) : m_parties.responder};
        auto scope = rsaRScope(told, timestamp());
        if (const auto hash = signatureHash(answer, key, scope))
            return hash;
        scope.signHeader = true;
        return signatureHash(answer, key, scope);
    }

    bool isAuthenticError(const Message &answer) const override { return static_cast<bool>(proofOf(answer)); }
    void saveSecrets(Packer &to) const override { to.number(m_join); }

    Outcome<Agreement> open(const Message &answer, const Proof &proof)
    {
        const auto *rand = answer.find<Rand>() ? answer.find<Rand>() : own().find<Rand>();
        const auto *csbId = groupCsbId(answer);
        const BundleLabel label{csbId ? number32(csbId->data) : answer.header.csbId, rand->rand};
        const auto *certificate = ownCertificate(endpoint().x509, true, true);
        if (!certificate)
            return Error::local("there is no certificate of ours that the answer could be for");
        const auto &pke = *answer.find<Pke>();
        const auto envelopeKey = rsaDecryptEnvelopeKey(certificate->key, pke.data, m_context.random);
        auto opened =
            openEnvelope(answer, {answer.header.prf, label, timestamp()}, envelopeKey.view(), endpoint().accept);
        if (!opened)
            return std::move(opened.error());
        const auto *id = answer.find<Id>();
        if (opened->sender.canonical() != (id ? Party::of(*id) : m_parties.responder).canonical())
            return Error::of(ErrorNumber::AuthFailure,
                             "the envelope was made by someone else than who signed the answer");
        auto agreement = agree(answer, label, opened->keys);
        if (!agreement)
            return agreement;
        noteSigner(*agreement, proof.signer, proof.chain, proof.hash);
        noteKeyEncryption(*agreement, *answer.find<Kemac>());
        if (!m_join) // one member's key must not update the group
            keepEnvelopeKey(*agreement, m_context.state, static_cast<EnvelopeCache>(pke.cache), envelopeKey.view(),
                            m_now);
        return agreement;
    }

    Outcome<Agreement> agree(const Message &answer, const BundleLabel &label,
                             std::span<const TransportedKey> keys) const
    {
        if (keys.empty())
            return Error::of(ErrorNumber::Unspecified, "the answer carries no key");
        if (auto error = checkMap(answer))
            return std::move(*error);
        if (auto error = checkPolicy(answer))
            return std::move(*error);
        const auto suites = suitesOfMap(answer, answer.header.map, endpoint());
        if (!suites)
            return suites.error();
        return agreementOf({name, own(), m_parties, true, nullptr, label, answer.header.map, *suites, keys});
    }

    /// The streams that we told stay; the responder adds SSRCs, or the whole map if we left it out.
    std::optional<Error> checkMap(const Message &answer) const
    {
        const auto &asked = own().header.map;
        const auto &told = answer.header.map;
        if (told.empty())
            return Error::of(ErrorNumber::Unspecified, "the answer tells no streams");
        if (asked.empty() || m_join)
            return std::nullopt;
        if (fillsIn(asked, told))
            return std::nullopt;
        return Error::of(ErrorNumber::Unspecified, "the answer changes the streams that were offered");
    }

    /// RFC 4738 3.7: a policy that was not offered discards the answer.
    std::optional<Error> checkPolicy(const Message &answer) const
    {
        const auto offers = own().all<SecurityPolicy>();
        const auto chosen = answer.all<SecurityPolicy>();
        if (m_join || offers.empty())
            return std::nullopt;
        const auto suite = suiteOf(*chosen.front());
        const bool offered = suite && std::any_of(offers.begin(), offers.end(), [&](const SecurityPolicy *offer) {
                                 return chosenFrom(*offer, **suite).has_value();
                             });
        if (offered)
            return std::nullopt;
        return Error::discarded("the answer chooses a policy that was not offered");
    }

    bool m_join;
};

Error noCertificate()
{
    return Error::local("there is no certificate of ours to sign with and to be answered for");
}

} // namespace

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &)
{
    if (!ownCertificate(endpoint.x509, true, true))
        return noCertificate().reason;
    return std::nullopt;
}

/// I_MESSAGE = HDR, T, RAND, IDi, CERTi, IDr, {SP}, SIGNi.
Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    const auto &own = *ownCertificate(context.endpoint.x509, true, true);
    auto choices = offer;
    if (choices.suites.empty()) // the responder chooses, so all of ours are offered
        choices.suites = context.endpoint.preferredSuites();
    const Opening opening(context, choices, DataType::RsaRInit, now, &own);
    auto header = opening.header();
    header.v = true; // RFC 4738 3.4
    auto octets = encodeSigned(header, opening.payloads(), own, context.endpoint.x509.signatureType);
    if (!octets)
        return Error::local("identities and certificates are too long for a MIKEY message");
    return std::unique_ptr<Initiator>(std::make_unique<RsaRInitiator>(context, std::move(*octets), offer.join));
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    if (!csb.envelopeKey.empty())
        return psk::update(context, csb, renewal, now);
    return Error::local("the envelope key of the bundle is not cached, so a new exchange has to take its place");
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    Unpacker from(saved);
    const bool join = from.number() == 1;
    auto loaded = loadInitiating(from, DataType::RsaRInit);
    if (!loaded)
        return damagedExchange();
    return std::unique_ptr<Initiator>(std::make_unique<RsaRInitiator>(context, std::move(loaded->message), join));
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<RsaRResponder>(context);
}

} // namespace mikey::rsar
