// SPDX-License-Identifier: Apache-2.0
#include "methods/sakke.h"

#include "methods/certificates.h"
#include "methods/generic_map.h"
#include "methods/identity.h"
#include "methods/initiating.h"
#include "methods/opening.h"
#include "methods/responding.h"
#include "methods/signing.h"
#include "wire/inspector.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::sakke {

namespace {

constexpr std::uint8_t eccsiSignature = 2; ///< S type (RFC 6509 4.3)

Error unsupported(std::string reason)
{
    return Error::of(ErrorNumber::UnsupportedMessage, std::move(reason));
}

/// `mki`: empty where the map names none.
std::vector<TransportedKey> tgkOf(ByteView ssv, ByteView mki = {})
{
    std::vector<TransportedKey> keys(1);
    keys.front().key = Secret(ssv);
    keys.front().mki.assign(mki.begin(), mki.end());
    return keys;
}

/// The streams of a message whose map names none: two for each media line of the signalling that brought it. One
/// security policy may stand beside an Empty map, though RFC 4563 5 has it otherwise: so do those of public safety.
Outcome<std::vector<SrtpId>> unnamedStreams(const Message &message, unsigned mediaLines)
{
    const auto policies = message.all<SecurityPolicy>();
    if (policies.size() > 1)
        return unsupported("no map says which of the security policies is that of the streams");
    const auto policyNo = policies.empty() ? std::uint8_t{0} : policies.front()->policyNo;
    const auto count = std::max<std::size_t>(message.header.csCount, std::size_t{2} * mediaLines);
    return std::vector<SrtpId>(std::min<std::size_t>(count, UINT8_MAX), SrtpId{policyNo, 0, 0});
}

Outcome<MapStreams> offeredGeneric(const Message &message, const Endpoint &endpoint)
{
    auto streams = offeredStreams(message, endpoint, LeftOpen::Default, nullptr);
    const auto &entries = message.header.genericMap;
    if (streams && !std::all_of(entries.begin(), entries.end(),
                                [&](const GenericId &entry) { return sameOctets(entry.spi, streams->spi); }))
        return unsupported("the Crypto Sessions name different keys, and the message brings one");
    return streams;
}

/// The streams and policies of a message. Its header is that of RFC 6043 (RFC 6509 2.2.1), with maps of three kinds.
Outcome<MapStreams> streamsOf(const Message &message, const Endpoint &endpoint, unsigned mediaLines)
{
    if (message.header.mapType == CsIdMapType::GenericId && message.header.csCount > 0)
        return offeredGeneric(message, endpoint);
    MapStreams streams;
    streams.map = message.header.map;
    if (streams.map.empty()) {
        auto unnamed = unnamedStreams(message, mediaLines);
        if (!unnamed)
            return std::move(unnamed.error());
        streams.map = std::move(*unnamed);
    }
    auto suites = suitesOfMap(message, streams.map, endpoint);
    if (!suites)
        return std::move(suites.error());
    streams.suites = std::move(*suites);
    return streams;
}

/// What a signature covers: all but itself (RFC 3830 5.2).
ByteView covered(ByteView message)
{
    return message.first(message.size() - eccsi::signatureOctets);
}

class SakkeResponder final : public Responding
{
public:
    using Responding::Responding;

private:
    const SakkeKeys &keys() const { return endpoint().sakke; }
    bool isUpdate() const override { return false; }
    /// The header is that of RFC 6043 (RFC 6509 2.2.1), which adds the second one.
    bool takes(Prf prf) const override { return prf == Prf::Mikey1 || prf == Prf::HmacSha256; }

    std::optional<Error> checkForm() override
    {
        if (keys().domains.empty())
            return unsupported("SAKKE needs keys of a key management service, and there are none here");
        const auto *sakke = message().find<Sakke>();
        const auto *sign = message().find<Sign>();
        if (!sakke || !sign || !message().find<Rand>())
            return unsupported("the message lacks its SAKKE, RAND or SIGN payload");
        if (sakke->parameters != SakkeParameters::Set1 || sakke->data.size() != dataOctets)
            return unsupported("SAKKE parameters other than set 1 are not supported");
        if (sakke->idScheme != keys().domains.front().scheme)
            return unsupported("Identifiers by the scheme “" +
                               registry::sakkeIdScheme.nameOf(static_cast<std::uint8_t>(sakke->idScheme)) +
                               "” are not those that our key management service issues keys for");
        m_byCertificate = sign->type < eccsiSignature;
        if (m_byCertificate)
            return std::nullopt;
        if (sign->type != eccsiSignature || sign->signature.size() != eccsi::signatureOctets)
            return unsupported("the signature is of a type that is not supported");
        if (message().find<Cert>()) // RFC 6509 2.2.1
            return unsupported("a certificate has no place in a message with an ECCSI signature");
        return std::nullopt;
    }

    /// Whose keys are needed, and whether they may be used now: that costs nothing but what the message says.
    std::optional<Error> prepare() override
    {
        const auto *ours = message().find<IdWithRole>(IdRole::ResponderKms);
        if (ours && !isServiceName(ours->data, keys().domains.front().kms))
            return Error::of(ErrorNumber::InvalidId, "the message is encrypted with the key of " +
                                                         printableStart(ours->data) +
                                                         ", which is not our key management service");
        auto error = m_byCertificate ? findCertificate() : findDomain();
        return error ? std::move(error) : checkPeriod();
    }

    /// RFC 6509 2.2.1: signatures may be RSA too, with a certificate that comes along or is known beforehand.
    std::optional<Error> findCertificate()
    {
        auto signer = peerCertificate(endpoint().x509, m_parties.initiator.canonical(), m_certificates, nullptr,
                                      CertificateUse::Sign, m_now);
        if (!signer)
            return std::move(signer.error());
        m_signer = std::move(*signer);
        return std::nullopt;
    }

    /// Whose users' signatures it has to be one of.
    std::optional<Error> findDomain()
    {
        const auto *theirs = message().find<IdWithRole>(IdRole::InitiatorKms);
        m_domain = &keys().domainOf(m_parties.initiator.canonical());
        const auto *stated = theirs ? keys().domain(theirs->data) : m_domain;
        if (stated && stated != m_domain) // else a partner's service could speak for our users
            return Error::of(ErrorNumber::InvalidId, stated->kms + " is not the key management service of " +
                                                         printableStart(octetsOf(m_parties.initiator.data)));
        if (!stated)
            return Error::of(ErrorNumber::InvalidId, "the keys of the key management service " +
                                                         printableStart(theirs->data) + " are not known here");
        return std::nullopt;
    }

    /// The key period is that of T (RFC 6509 3.2), and one that is taken now (RFC 6509 3.3).
    std::optional<Error> checkPeriod()
    {
        const auto &own = keys().domains.front();
        m_sent = *NtpTime::fromOctets(timestamp());
        m_period = own.periodAt(m_sent);
        const bool overlaps = m_period >= own.periodAt(m_now.plusSeconds(-overlapSeconds)) &&
                              m_period <= own.periodAt(m_now.plusSeconds(overlapSeconds));
        if (!overlaps)
            return Error::of(ErrorNumber::InvalidTimestamp,
                             "the message is of a key period that is not taken any more, "
                             "or not yet");
        m_keys = keys().of(m_period);
        if (!m_keys)
            return Error::of(ErrorNumber::AuthFailure, "our keys of the period in which the message was sent are not "
                                                       "here: they have to be fetched from the key management service");
        return std::nullopt;
    }

    /// Before anything is decrypted (RFC 6509 2.1).
    std::optional<Error> authenticate() override
    {
        if (m_byCertificate) {
            m_hash = signatureHash(message(), m_signer->certificate.key());
            return m_hash ? std::nullopt : std::optional(notSignedBy(m_parties.initiator));
        }
        const auto uri = m_parties.initiator.canonical();
        const auto period = m_domain->periodAt(m_sent);
        const auto identifier = m_domain->identifier(uri, period);
        const bool signedByHim =
            !m_domain->obstacleTo(uri) && eccsi::verify(m_domain->at(period).kpak, identifier,
                                                        covered(message().octets), message().find<Sign>()->signature);
        return signedByHim ? std::nullopt : std::optional(notSignedBy(m_parties.initiator));
    }

    std::optional<Error> process(Step &step) override
    {
        const auto ssv = m_keys->receiver->decapsulate(message().find<Sakke>()->data);
        if (!ssv)
            return Error::of(ErrorNumber::AuthFailure,
                             "the key in the message was not encrypted for " + keys().uri + " in this key period");
        auto streams = streamsOf(message(), endpoint(), arrival().streams);
        if (!streams)
            return std::move(streams.error());
        chooseOurSsrcs(streams->map);
        const auto keys = tgkOf(ssv->view(), streams->spi);
        auto agreement =
            agreementOf({"sakke", message(), m_parties, false, nullptr, label(), streams->map, streams->suites, keys});
        if (!agreement)
            return std::move(agreement.error());
        if (m_byCertificate)
            noteSigner(*agreement, *m_signer, m_certificates, *m_hash);
        step.agreement = std::move(*agreement);
        return std::nullopt;
    }

    /// Whoever can read CSB ID and RAND can sign them anew in his own name, with the same SAKKE payload: then we come
    /// to the same keys again. Only an SSRC that he does not choose keeps us from using their key stream twice (RFC
    /// 6509 6.3; the sender of a stream chooses it, RFC 3830 6.1.1).
    static void chooseOurSsrcs(std::vector<SrtpId> &map)
    {
        for (std::size_t ours = 1; ours < map.size(); ours += 2)
            map[ours].ssrc = map[ours].roc = 0;
    }

    bool m_byCertificate = false;
    std::optional<TrustedCertificate> m_signer; ///< with an RSA signature
    std::optional<SignatureHash> m_hash;
    const SakkeDomain *m_domain = nullptr; ///< the initiator's, with one of ECCSI
    NtpTime m_sent;
    std::uint64_t m_period = 0;
    const SakkePeriodKeys *m_keys = nullptr;
};

class SakkeInitiator final : public Initiating
{
public:
    SakkeInitiator(Context context, Bytes message, ByteView ssv)
        : Initiating(context, std::move(message), nullptr), m_ssv(ssv)
    {
    }

    bool answerDue() const override { return false; }
    Outcome<Agreement> provisional() const override { return agreeOn("sakke", nullptr, tgkOf(m_ssv.view())); }
    InspectedMessage inspectMessage() const override { return inspect(message()); }

private:
    DataType answerType() const override { return DataType::Error; } // there is no other

    Outcome<Agreement> accept(const Message &) override
    {
        return Error::of(ErrorNumber::InvalidDataType, "no message answers a SAKKE I_MESSAGE");
    }

    bool isAuthenticError(const Message &) const override { return false; }
    void saveSecrets(Packer &to) const override { to.add(m_ssv.view()); }

    Secret m_ssv;
};

/// The payloads of the opening with IDRkmsi and IDRkmsr behind the identities.
std::vector<Payload> withServices(const Opening &opening, const SakkeDomain &own, const SakkeDomain &peers)
{
    auto payloads = opening.payloads();
    const auto last = std::find_if(payloads.rbegin(), payloads.rend(),
                                   [](const Payload &payload) { return std::holds_alternative<IdWithRole>(payload); });
    const auto place = payloads.insert(last.base(), IdWithRole{IdRole::InitiatorKms, IdType::Uri, octetsOf(own.kms)});
    payloads.insert(place + 1, IdWithRole{IdRole::ResponderKms, IdType::Uri, octetsOf(peers.kms)});
    return payloads;
}

std::optional<Bytes> encodeSigned(const Header &header, std::vector<Payload> payloads, const eccsi::Signer &signer,
                                  Random &random)
{
    const Bytes room(eccsi::signatureOctets);
    payloads.emplace_back(Sign{eccsiSignature, room});
    auto octets = encode(header, payloads);
    if (!octets || octets->size() > maxMessageOctets)
        return std::nullopt;
    const auto signature = signer.sign(covered(*octets), random);
    std::copy(signature.begin(), signature.end(), octets->end() - static_cast<std::ptrdiff_t>(signature.size()));
    return octets;
}

/// I_MESSAGE = HDR, T, RAND, IDRi, IDRr, IDRkmsi, IDRkmsr, {SP}, SAKKE, SIGN.
Outcome<std::unique_ptr<Initiator>> build(Context context, const Offer &offer, NtpTime now)
{
    const auto &keys = context.endpoint.sakke;
    const auto &own = keys.domains.front(), &peers = keys.domainOf(offer.peer);
    const Opening opening(context, offer, DataType::SakkeInit, now);
    const auto sent = *NtpTime::fromOctets(opening.timestamp());
    const auto *period = keys.of(own.periodAt(sent));
    if (!period)
        return Error::local("our keys of this key period are not here: they have to be fetched from " + own.kms);
    const auto ssv = context.random.secret(ssvOctets);
    const auto theirPeriod = peers.periodAt(sent);
    const auto data = peers.at(theirPeriod).key->encapsulate(peers.identifier(offer.peer, theirPeriod), ssv.view());
    if (!data)
        return Error::local("nothing can be encrypted to " + offer.peer);
    auto header = opening.header();
    header.v = false; // RFC 6509 2.2.1
    auto payloads = withServices(opening, own, peers);
    payloads.emplace_back(Sakke{SakkeParameters::Set1, peers.scheme, *data});
    auto octets = encodeSigned(header, std::move(payloads), *period->signer, context.random);
    if (!octets)
        return Error::local("the identities are too long for a MIKEY message");
    return std::unique_ptr<Initiator>(std::make_unique<SakkeInitiator>(context, std::move(*octets), ssv.view()));
}

} // namespace

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer)
{
    const auto &keys = endpoint.sakke;
    if (keys.domains.empty() || keys.periods.empty())
        return "there are no keys of a key management service";
    return keys.domainOf(peer).obstacleTo(peer);
}

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    return build(context, offer, now);
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    if (renewal.keys != Renewal::Keys::NewTgk || renewal.addedStreams > 0)
        return Error::local("SAKKE has no updates; a new exchange can bring a new key for the streams there are");
    return initiate(context, offerLike(csb, renewal), now);
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    Unpacker from(saved);
    const auto ssv = from.field();
    auto loaded = loadInitiating(from, DataType::SakkeInit);
    if (!loaded || ssv.size() != ssvOctets)
        return damagedExchange();
    return std::unique_ptr<Initiator>(std::make_unique<SakkeInitiator>(context, std::move(loaded->message), ssv));
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<SakkeResponder>(context);
}

} // namespace mikey::sakke
