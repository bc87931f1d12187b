// SPDX-License-Identifier: Apache-2.0
#include "methods/psk.h"

#include "methods/initiating.h"
#include "methods/kemac.h"
#include "methods/opening.h"
#include "methods/responding.h"
#include "methods/verified.h"
#include "wire/inspector.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::psk {

namespace {

constexpr std::size_t tgkOctets = 16;

bool macMatches(const Message &message, const Secret &authKey)
{
    const auto &mac = message.find<Kemac>()->mac;
    return equalSecrets(kemacMac(authKey.view(), message.octets.first(message.octets.size() - mac.size())), mac);
}

/// What an authenticated I_MESSAGE carries. The initiator reads its own message with it too.
struct Opened
{
    Secret plain;
    std::vector<TransportedKey> keys; ///< none in an update that brings none
};

Outcome<Opened> open(const Message &message, ByteView key, const BundleLabel &label, const Accept &accept)
{
    if (message.find<Kemac>()->encrData.empty())
        return Opened();
    auto plain = decryptKemac(message, key, label, KeyData::name.number, accept);
    if (!plain)
        return std::move(plain.error());
    const auto subPayloads = decodeSubPayloads(plain->view(), KeyData::name.number);
    if (!subPayloads)
        return Error::of(ErrorNumber::Unspecified, "the encrypted keys are damaged: " + subPayloads.error().reason);
    auto keys = transportedKeys(*subPayloads);
    if (!keys)
        return std::move(keys.error());
    return Opened{std::move(*plain), std::move(*keys)};
}

/// What the algorithms of the KEMAC mean for the agreement.
void noteAlgorithms(Agreement &agreement, const Kemac &kemac)
{
    noteKeyEncryption(agreement, kemac);
    if (kemac.macAlgorithm != MacAlgorithm::Null)
        return;
    agreement.authenticated = false;
    agreement.weaknesses.emplace_back("the message was not authenticated (NULL MAC)");
}

/// A key that may have closed the message, and what proved the peer that holds it.
struct Candidate
{
    ByteView key;
    const CachedEnvelope *envelope = nullptr; ///< null: the key is shared beforehand, or of the bundle
};

/// Who holds an envelope key is who was proven when it was made, and no better.
void noteProof(Agreement &agreement, const Certificate &certificate, const X509 &x509, NtpTime now)
{
    const auto use = certificate.maySign() ? CertificateUse::Sign : CertificateUse::Encrypt;
    const auto trusted = trustedCertificate(x509, agreement.csb->peer().canonical(), {certificate}, use, now);
    agreement.provenBy = trusted ? trusted->by : ProvenBy::FirstUse;
    agreement.authenticated = agreement.authenticated && agreement.provenBy != ProvenBy::FirstUse;
    agreement.peerCertificate = certificate;
}

/// Of an update under the envelope key of its bundle.
void noteBundle(Agreement &agreement, const Csb &updated, const X509 &x509, NtpTime now)
{
    if (!updated.envelopeKey.empty() && !updated.peerCertificates.empty())
        noteProof(agreement, updated.peerCertificates.front(), x509, now);
}

/// Of a new bundle made under a cached envelope key, with which its updates go on.
void noteEnvelope(Agreement &agreement, ByteView key, const Certificate &owner, const X509 &x509, NtpTime now)
{
    noteProof(agreement, owner, x509, now);
    agreement.csb->peerCertificates = {owner};
    agreement.csb->envelopeKey = Secret(key);
}

class PskResponder final : public Responding
{
public:
    using Responding::Responding;

private:
    std::optional<Error> checkForm() override
    {
        const auto *kemac = message().find<Kemac>();
        if (!kemac)
            return Error::of(ErrorNumber::Unspecified, "the message has no KEMAC payload");
        const bool nullMac = kemac->macAlgorithm == MacAlgorithm::Null && endpoint().accept.nullAuthentication;
        if (kemac->macAlgorithm != MacAlgorithm::HmacSha1_160 && !nullMac)
            return Error::of(ErrorNumber::InvalidMac,
                             "message authentication with " +
                                 registry::mac.nameOf(static_cast<std::uint8_t>(kemac->macAlgorithm)) +
                                 " is not accepted here");
        return std::nullopt;
    }

    std::optional<Error> prepare() override
    {
        m_candidates = candidates();
        if (m_candidates.empty())
            return Error::of(ErrorNumber::InvalidId,
                             "there is no key shared with " + printableStart(octetsOf(m_parties.initiator.data)));
        return std::nullopt;
    }

    /// An update is made with the key of its bundle, a new bundle with the shared key or an envelope key that may serve
    /// as one.
    std::vector<Candidate> candidates() const
    {
        if (m_csb && !m_csb->envelopeKey.empty())
            return {{m_csb->envelopeKey.view()}};
        const auto peer = m_parties.initiator.canonical();
        const auto shared = sharedKey(endpoint(), peer);
        if (m_csb && m_csb->method != "psk") // the method of the bundle is not to be bid down
            return {};
        std::vector<Candidate> candidates;
        if (shared)
            candidates.push_back({*shared});
        for (const auto *envelope : m_context.state.envelopesOf(peer, endpoint(), m_now))
            candidates.push_back({envelope->key.view(), envelope});
        return candidates;
    }

    std::optional<Error> authenticate() override
    {
        const bool nullMac = message().find<Kemac>()->macAlgorithm == MacAlgorithm::Null; // which the user allows
        for (const auto &candidate : m_candidates) {
            m_key = candidate;
            m_authKey = authKeyFrom(candidate.key, message().header.prf, label());
            m_authenticated = !nullMac && macMatches(message(), m_authKey);
            if (m_authenticated || nullMac)
                return std::nullopt;
        }
        return Error::of(ErrorNumber::AuthFailure,
                         "the message does not match the key shared with " +
                             printableStart(octetsOf(m_parties.initiator.data)) +
                             ": it was changed on the way, or the two sides hold different keys");
    }

    std::optional<Error> process(Step &step) override
    {
        auto opened = open(message(), m_key.key, label(), endpoint().accept);
        if (!opened)
            return std::move(opened.error());
        auto agreement = agreeOn("psk", message().header.v, std::move(opened->keys));
        if (!agreement)
            return std::move(agreement.error());
        noteAlgorithms(*agreement, *message().find<Kemac>());
        if (m_csb)
            noteBundle(*agreement, *m_csb, endpoint().x509, m_now);
        else if (m_key.envelope)
            noteEnvelope(*agreement, m_key.key, m_key.envelope->certificate, endpoint().x509, m_now);
        if (message().header.v)
            step.send = answer(*agreement);
        step.agreement = std::move(*agreement);
        step.plain = std::move(opened->plain);
        return std::nullopt;
    }

    /// R_MESSAGE = HDR, T, IDr, V. The V payload of a cached envelope key's message is the same.
    std::optional<Bytes> answer(const Agreement &agreement) const
    {
        const auto &sent = *message().find<Timestamp>();
        return encodeVerified(answerHeader(DataType::PskResponse, agreement), {sent, m_parties.responder.payload()},
                              sent.value, verificationKey(m_authKey, m_parties));
    }

    Closing errorClosing() const override
    {
        if (!m_authenticated)
            return nullptr;
        return [this](const Header &header, std::vector<Payload> payloads) {
            return encodeVerified(header, std::move(payloads), timestamp(), verificationKey(m_authKey, m_parties));
        };
    }

    std::vector<Candidate> m_candidates;
    Candidate m_key;
    Secret m_authKey;
    bool m_authenticated = false;
};

/// What protects an exchange of ours.
struct OwnKey
{
    ByteView key;
    std::optional<Certificate> owner; ///< of whom the cached envelope is; none: the key is shared beforehand
};

class PskInitiator final : public Initiating
{
public:
    PskInitiator(Context context, Bytes message, const OwnKey &key, std::shared_ptr<const Csb> updated)
        : Initiating(context, std::move(message), std::move(updated)), m_key(key.key), m_owner(key.owner)
    {
    }

    bool answerDue() const override { return own().header.v; }
    Outcome<Agreement> provisional() const override { return agree(nullptr); }

    InspectedMessage inspectMessage() const override
    {
        const auto opened = open(own(), m_key.view(), label(), Accept{});
        return inspect(message(), opened ? opened->plain.view() : ByteView{});
    }

private:
    DataType answerType() const override { return DataType::PskResponse; }

    Outcome<Agreement> accept(const Message &answer) override
    {
        const auto *v = answer.find<Verification>();
        if (v && v->algorithm != MacAlgorithm::HmacSha1_160)
            return Error::of(ErrorNumber::InvalidMac, "the answer is not authenticated by HMAC-SHA-1");
        if (!isAuthentic(answer))
            return Error::of(ErrorNumber::AuthFailure, "the answer does not match the key shared with " +
                                                           m_parties.responder.data +
                                                           ": it was changed on the way, or someone else answered");
        if (auto error = checkResponder(answer.find<Id>()))
            return std::move(*error);
        return agree(&answer);
    }

    bool isAuthenticError(const Message &answer) const override { return isAuthentic(answer); }

    bool isAuthentic(const Message &answer) const
    {
        return isVerified(answer, timestamp(), authKeyFrom(m_key.view(), own().header.prf, label()), m_parties);
    }

    void saveSecrets(Packer &to) const override { to.add(m_key.view()).add(m_owner ? m_owner->der() : ByteView()); }

    Outcome<Agreement> agree(const Message *answer) const
    {
        auto opened = open(own(), m_key.view(), label(), endpoint().accept);
        if (!opened)
            return std::move(opened.error());
        auto agreement = agreeOn("psk", answer, std::move(opened->keys));
        if (!agreement)
            return agreement;
        noteAlgorithms(*agreement, *own().find<Kemac>());
        if (m_csb)
            noteBundle(*agreement, *m_csb, endpoint().x509, sentAt());
        else if (m_owner)
            noteEnvelope(*agreement, m_key.view(), *m_owner, endpoint().x509, sentAt());
        return agreement;
    }

    NtpTime sentAt() const { return *NtpTime::fromOctets(timestamp()); }

    Secret m_key;
    std::optional<Certificate> m_owner; ///< of whom the envelope is; none: the key is shared beforehand
};

/// I_MESSAGE = HDR, T, [RAND], IDi, IDr, {SP}, KEMAC. None if the identities make it too long.
std::optional<Bytes> build(Random &random, const Opening &opening, ByteView key, bool withTgk)
{
    const auto prf = opening.header().prf;
    const auto plain = withTgk ? drawKeyData(random, opening.mki()) : Secret();
    const auto encrypted = KeyTransport(prf, key, opening.label(), opening.timestamp()).counterMode(plain.view());
    auto payloads = opening.payloads();
    payloads.emplace_back(Kemac{Encryption::AesCm128, encrypted.view(), MacAlgorithm::HmacSha1_160, {}});
    auto octets = encode(opening.header(), payloads);
    if (!octets)
        return std::nullopt;
    append(*octets, kemacMac(authKeyFrom(key, prf, opening.label()).view(), *octets));
    if (octets->size() > maxMessageOctets)
        return std::nullopt;
    return octets;
}

Outcome<std::unique_ptr<Initiator>> made(Context context, std::optional<Bytes> octets, const OwnKey &key,
                                         std::shared_ptr<const Csb> updated)
{
    if (!octets)
        return Error::local("an identity is too long for a MIKEY message");
    return std::unique_ptr<Initiator>(
        std::make_unique<PskInitiator>(context, std::move(*octets), key, std::move(updated)));
}

} // namespace

std::optional<ByteView> sharedKey(const Endpoint &endpoint, const std::string &peer)
{
    const auto shared = endpoint.psk.find(peer);
    if (shared == endpoint.psk.end() || shared->second.empty())
        return std::nullopt;
    return shared->second.view();
}

Secret drawKeyData(Random &random, ByteView mki)
{
    const auto tgk = random.secret(tgkOctets);
    KeyData data;
    data.key = tgk.view();
    if (!mki.empty()) {
        data.validity.type = KeyValidityType::Spi;
        data.validity.spi = mki;
    }
    return std::move(*encodeSubPayloads(std::vector<Payload>{data}));
}

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer)
{
    if (sharedKey(endpoint, peer))
        return std::nullopt;
    return "there is no key shared with " + peer;
}

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    const auto shared = sharedKey(context.endpoint, offer.peer);
    const auto envelopes = context.state.envelopesOf(offer.peer, context.endpoint, now);
    if (!shared && envelopes.empty())
        return Error::local(*obstacle(context.endpoint, offer.peer));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    const auto key =
        shared ? OwnKey{*shared, {}} : OwnKey{envelopes.front()->key.view(), envelopes.front()->certificate};
    const Opening opening(context, offer, DataType::PskInit, now);
    return made(context, build(context.random, opening, key.key, true), key, nullptr);
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    if (auto error = checkRenewal(csb, renewal))
        return std::move(*error);
    const auto shared = sharedKey(context.endpoint, csb.peer().canonical());
    if (csb.envelopeKey.empty() && !shared)
        return Error::local(*obstacle(context.endpoint, csb.peer().canonical()));
    const auto key = csb.envelopeKey.empty() ? *shared : csb.envelopeKey.view();
    const Opening opening(context, csb, renewal, DataType::PskInit, now);
    auto octets = build(context.random, opening, key, renewal.keys == Renewal::Keys::NewTgk);
    return made(context, std::move(octets), {key, {}}, std::make_shared<Csb>(csb.clone()));
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    Unpacker from(saved);
    const auto key = from.field();
    const auto owner = from.field();
    auto certificate = Certificate::fromDer(owner);
    auto loaded = loadInitiating(from, DataType::PskInit);
    if (!loaded || (!owner.empty() && !certificate))
        return damagedExchange();
    const auto message = decode(loaded->message);
    const auto label = loaded->updated ? loaded->updated->label() : labelOf(*message);
    const auto *kemac = message->find<Kemac>();
    if (!kemac || kemac->macAlgorithm != MacAlgorithm::HmacSha1_160 ||
        !macMatches(*message, authKeyFrom(key, message->header.prf, label)))
        return damagedExchange();
    return made(context, std::move(loaded->message), {key, std::move(certificate)}, std::move(loaded->updated));
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<PskResponder>(context);
}

} // namespace mikey::psk
