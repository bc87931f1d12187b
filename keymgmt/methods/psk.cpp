// SPDX-License-Identifier: Apache-2.0
#include "methods/psk.h"

#include "methods/admission.h"
#include "methods/bundle.h"
#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/opening.h"
#include "methods/reply.h"
#include "methods/sdp_protocols.h"
#include "wire/inspector.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::psk {

namespace {

constexpr std::size_t tgkOctets = 16;
constexpr std::size_t authKeyOctets = 20; ///< RFC 3830 4.2.4: the size of the hash

VerificationKey verificationKey(const Secret &authKey, const Parties &parties)
{
    return {authKey.view(), octetsOf(parties.initiator.data), octetsOf(parties.responder.data)};
}

Secret authKeyOf(const Message &message, ByteView key)
{
    return messageKey(message.header.prf, key, KeyUse::MessageAuth, labelOf(message), authKeyOctets);
}

/// The key shared with a peer; none if there is none. An empty one counts as none: anybody could derive from it.
std::optional<ByteView> sharedKey(const Endpoint &endpoint, const std::string &peer)
{
    const auto shared = endpoint.psk.find(peer);
    if (shared == endpoint.psk.end() || shared->second.empty())
        return std::nullopt;
    return shared->second.view();
}

/// That an I_MESSAGE has what it must have, with algorithms that are taken here.
std::optional<Error> checkForm(const Message &message, const Accept &accept)
{
    if (auto error = checkTimestamp(message))
        return error;
    if (message.header.prf != Prf::Mikey1)
        return Error::of(ErrorNumber::InvalidPrf,
                         registry::prfFunction.nameOf(static_cast<std::uint8_t>(message.header.prf)) +
                             " is not supported with a pre-shared key");
    const auto *kemac = message.find<Kemac>();
    if (!kemac)
        return Error::of(ErrorNumber::Unspecified, "the message has no KEMAC payload");
    const bool nullMac = kemac->macAlgorithm == MacAlgorithm::Null && accept.nullAuthentication;
    if (kemac->macAlgorithm != MacAlgorithm::HmacSha1_160 && !nullMac)
        return Error::of(ErrorNumber::InvalidMac,
                         "message authentication with " +
                             registry::mac.nameOf(static_cast<std::uint8_t>(kemac->macAlgorithm)) +
                             " is not accepted here");
    if (!message.find<Rand>())
        return Error::of(ErrorNumber::Unspecified,
                         "the message has no RAND, and there is no bundle that it could update");
    return std::nullopt;
}

bool macMatches(const Message &message, const Secret &authKey)
{
    const auto &mac = message.find<Kemac>()->mac;
    return equalSecrets(kemacMac(authKey.view(), message.octets.first(message.octets.size() - mac.size())), mac);
}

/// What an authenticated I_MESSAGE carries. The initiator reads its own message with it too.
struct Opened
{
    Secret plain;
    std::vector<TransportedKey> keys;
    std::vector<const SrtpSuite *> suites;
};

Outcome<Opened> open(const Message &message, ByteView key, const Endpoint &endpoint)
{
    auto plain = decryptKemac(message, key, KeyData::name.number, endpoint.accept);
    if (!plain)
        return std::move(plain.error());
    const auto subPayloads = decodeSubPayloads(plain->view(), KeyData::name.number);
    if (!subPayloads)
        return Error::of(ErrorNumber::Unspecified, "the encrypted keys are damaged: " + subPayloads.error().reason);
    auto keys = transportedKeys(*subPayloads);
    if (!keys)
        return std::move(keys.error());
    if (keys->empty())
        return Error::of(ErrorNumber::Unspecified, "the message carries no key");
    auto suites = suitesOfMap(message, endpoint);
    if (!suites)
        return std::move(suites.error());
    return Opened{std::move(*plain), std::move(*keys), std::move(*suites)};
}

Outcome<Agreement> agree(const Message &message, const Opened &opened, std::span<const SrtpId> map,
                         const Parties &parties)
{
    auto agreement = agreementOf("psk", message, parties, {map, opened.suites, opened.keys});
    if (!agreement)
        return agreement;
    const auto &kemac = *message.find<Kemac>();
    if (kemac.encryption == Encryption::Null)
        agreement->weaknesses.emplace_back("the keys were sent unencrypted (NULL encryption)");
    agreement->authenticated = kemac.macAlgorithm != MacAlgorithm::Null;
    if (!agreement->authenticated)
        agreement->weaknesses.emplace_back("the message was not authenticated (NULL MAC)");
    return agreement;
}

class PskResponder final : public Responder
{
public:
    explicit PskResponder(Context context) : m_context(context) {}

    Step receive(const Message &message, const Arrival &arrival, NtpTime now) override
    {
        Step step;
        if (auto error = accept(message, arrival, now, step)) {
            const auto key = verificationKey(m_authKey, m_parties);
            step.send = errorMessage(message, *error, m_context.endpoint, m_authenticated ? &key : nullptr);
            step.error = std::move(*error);
        }
        return step;
    }

private:
    std::optional<Error> accept(const Message &message, const Arrival &arrival, NtpTime now, Step &step)
    {
        if (auto error = checkForm(message, m_context.endpoint.accept))
            return error;
        if (auto error = identify(message, arrival))
            return error;
        if (auto error = admit(m_context, message, m_parties, now, [&] { return authenticate(message); }))
            return error;
        return process(message, arrival, step);
    }

    std::optional<Error> identify(const Message &message, const Arrival &arrival)
    {
        auto parties = partiesOf(message, arrival, m_context.endpoint);
        if (!parties)
            return std::move(parties.error());
        m_parties = std::move(*parties);
        const auto key = sharedKey(m_context.endpoint, m_parties.initiator.canonical());
        if (!key)
            return Error::of(ErrorNumber::InvalidId,
                             "there is no key shared with " + printableStart(octetsOf(m_parties.initiator.data)));
        m_key = *key;
        return std::nullopt;
    }

    std::optional<Error> authenticate(const Message &message)
    {
        m_authKey = authKeyOf(message, m_key);
        if (message.find<Kemac>()->macAlgorithm == MacAlgorithm::Null) // checkForm() saw that the user allows it
            return std::nullopt;
        m_authenticated = macMatches(message, m_authKey);
        if (m_authenticated)
            return std::nullopt;
        return Error::of(ErrorNumber::AuthFailure,
                         "the message does not match the key shared with " +
                             printableStart(octetsOf(m_parties.initiator.data)) +
                             ": it was changed on the way, or the two sides hold different keys");
    }

    std::optional<Error> process(const Message &message, const Arrival &arrival, Step &step)
    {
        if (m_parties.responder.canonical() != m_context.endpoint.identity)
            return Error::of(ErrorNumber::InvalidId, "the message is for " +
                                                         printableStart(octetsOf(m_parties.responder.data)) +
                                                         ", not for " + m_context.endpoint.identity);
        if (auto error = checkSdpProtocols(message, arrival.sdpProtocols))
            return error;
        auto opened = open(message, m_key, m_context.endpoint);
        if (!opened)
            return std::move(opened.error());
        auto map = message.header.map;
        if (message.header.v)
            fillSsrcs(map, m_context.random);
        auto agreement = agree(message, *opened, map, m_parties);
        if (!agreement)
            return std::move(agreement.error());
        if (message.header.v)
            step.send = answer(message, map);
        step.agreement = std::move(*agreement);
        step.kemacPlain = std::move(opened->plain);
        return std::nullopt;
    }

    /// R_MESSAGE = HDR, T, IDr, V.
    std::optional<Bytes> answer(const Message &request, const std::vector<SrtpId> &map) const
    {
        Header header = request.header;
        header.dataType = DataType::PskResponse;
        header.v = false;
        header.map = map;
        const auto &timestamp = *request.find<Timestamp>();
        return encodeVerified(header, {timestamp, m_parties.responder.payload()}, timestamp.value,
                              verificationKey(m_authKey, m_parties));
    }

    Context m_context;
    Parties m_parties;
    ByteView m_key;
    Secret m_authKey;
    bool m_authenticated = false;
};

class PskInitiator final : public Initiator
{
public:
    /// `message` is our own I_MESSAGE: with the shared key it tells all that was sent.
    PskInitiator(Context context, Bytes message, ByteView key)
        : m_context(context), m_octets(std::move(message)), m_message(std::move(*decode(m_octets))), m_key(key)
    {
        const auto ids = m_message.all<Id>();
        m_parties = {Party::of(*ids[0]), Party::of(*ids[1])};
    }

    const Bytes &message() const override { return m_octets; }

    Outcome<Agreement> provisional() const override { return agreed(m_message.header.map); }

    Step receive(ByteView octets, NtpTime) override
    {
        Step step;
        const auto answer = decode(octets);
        if (!answer)
            step.error = Error::of(answer.error().error, "the answer is damaged at octet " +
                                                             std::to_string(answer.error().offset) + ": " +
                                                             answer.error().reason);
        else if (auto error = check(*answer))
            step.error = std::move(*error);
        else if (auto agreement = agreed(filledMap(*answer)))
            step.agreement = std::move(*agreement);
        else
            step.error = std::move(agreement.error());
        return step;
    }

    /// Our message, behind the shared key and its length.
    Secret save() const override
    {
        Secret saved(2 + m_key.size() + m_octets.size());
        const auto out = saved.writable();
        out[0] = static_cast<std::uint8_t>(m_key.size() >> 8);
        out[1] = static_cast<std::uint8_t>(m_key.size());
        std::copy(m_key.view().begin(), m_key.view().end(), out.begin() + 2);
        std::copy(m_octets.begin(), m_octets.end(), out.begin() + 2 + static_cast<std::ptrdiff_t>(m_key.size()));
        return saved;
    }

    InspectedMessage inspectMessage() const override
    {
        const auto plain = decryptKemac(m_message, m_key.view(), KeyData::name.number, m_context.endpoint.accept);
        return inspect(m_octets, plain ? plain->view() : ByteView{});
    }

private:
    Outcome<Agreement> agreed(std::span<const SrtpId> map) const
    {
        const auto opened = open(m_message, m_key.view(), m_context.endpoint);
        if (!opened)
            return opened.error();
        return agree(m_message, *opened, map, m_parties);
    }

    std::optional<Error> check(const Message &answer) const
    {
        const auto *timestamp = answer.find<Timestamp>();
        if (answer.header.csbId != m_message.header.csbId || !timestamp ||
            !sameOctets(timestamp->value, m_message.find<Timestamp>()->value))
            return Error::discarded("the answer belongs to another exchange");
        const auto *v = answer.find<Verification>();
        const bool authentic = v && isAuthentic(answer, *v);
        if (answer.header.dataType == DataType::Error)
            return errorOf(answer, authentic);
        if (answer.header.dataType != DataType::PskResponse)
            return Error::of(ErrorNumber::InvalidDataType,
                             messageName(static_cast<std::uint8_t>(answer.header.dataType)) +
                                 " does not answer a PSK I_MESSAGE");
        if (v && v->algorithm != MacAlgorithm::HmacSha1_160)
            return Error::of(ErrorNumber::InvalidMac, "the answer is not authenticated by HMAC-SHA-1");
        if (!authentic)
            return Error::of(ErrorNumber::AuthFailure, "the answer does not match the key shared with " +
                                                           m_parties.responder.data +
                                                           ": it was changed on the way, or someone else answered");
        return checkContent(answer);
    }

    /// RFC 3830 5.2: the MAC covers Identity_r. That is the IDr we sent, or the one in the answer if it spells the same
    /// identity in another way.
    bool isAuthentic(const Message &answer, const Verification &v) const
    {
        const auto authKey = authKeyOf(m_message, m_key.view());
        const auto covers = [&](const Party &responder) {
            const Parties parties{m_parties.initiator, responder};
            return verifies(answer, v, m_message.find<Timestamp>()->value, verificationKey(authKey, parties));
        };
        const auto *id = answer.find<Id>();
        return covers(m_parties.responder) || (id && isResponder(*id) && covers(Party::of(*id)));
    }

    bool isResponder(const Id &id) const { return Party::of(id).canonical() == m_parties.responder.canonical(); }

    std::optional<Error> checkContent(const Message &answer) const
    {
        if (const auto *id = answer.find<Id>(); id && !isResponder(*id))
            return Error::of(ErrorNumber::InvalidId,
                             "the answer names " + printableStart(id->data) + ", not " + m_parties.responder.data);
        const auto &asked = m_message.header.map;
        const auto &told = answer.header.map;
        if (told.empty()) // a map left out changes nothing; SSRCs that were asked for stay unknown
            return std::nullopt;
        bool same = told.size() == asked.size();
        for (std::size_t i = 0; same && i < asked.size(); ++i)
            same = told[i].policyNo == asked[i].policyNo && (asked[i].ssrc == 0 || told[i].ssrc == asked[i].ssrc);
        if (!same)
            return Error::of(ErrorNumber::Unspecified, "the answer changes the streams that were offered");
        return std::nullopt;
    }

    std::vector<SrtpId> filledMap(const Message &answer) const
    {
        return answer.header.map.empty() ? m_message.header.map : answer.header.map;
    }

    Context m_context;
    Bytes m_octets;
    Message m_message; ///< views m_octets
    Secret m_key;
    Parties m_parties;
};

/// One TGK for all streams. Two streams share it, so it gets an MKI (RFC 3830 4.5, 6.14).
Secret drawKeyData(Random &random)
{
    const auto tgk = random.secret(tgkOctets);
    constexpr std::array<std::uint8_t, 4> mki{0, 0, 0, 1};
    KeyData data;
    data.key = tgk.view();
    data.validity.type = KeyValidityType::Spi;
    data.validity.spi = mki;
    return std::move(*encodeSubPayloads(std::vector<Payload>{data}));
}

/// I_MESSAGE = HDR, T, RAND, IDi, IDr, {SP}, KEMAC. None if the identities make it too long.
std::optional<Bytes> buildInit(Context context, const Offer &offer, ByteView key, NtpTime now)
{
    const Opening opening(context, offer, DataType::PskInit, now);
    const auto prf = opening.header().prf;
    const auto plain = drawKeyData(context.random);
    const auto encrypted = KeyTransport(prf, key, opening.label(), opening.timestamp()).counterMode(plain.view());
    auto payloads = opening.payloads();
    payloads.emplace_back(Kemac{Encryption::AesCm128, encrypted.view(), MacAlgorithm::HmacSha1_160, {}});
    auto octets = encode(opening.header(), payloads);
    if (!octets)
        return std::nullopt;
    const auto authKey = messageKey(prf, key, KeyUse::MessageAuth, opening.label(), authKeyOctets);
    append(*octets, kemacMac(authKey.view(), *octets));
    if (octets->size() > maxMessageOctets)
        return std::nullopt;
    return octets;
}

/// That this is an I_MESSAGE of ours, unharmed.
bool isOwnInit(const Message &message, ByteView key)
{
    return message.header.dataType == DataType::PskInit && message.all<Id>().size() == 2 &&
           !checkForm(message, Accept{}) && macMatches(message, authKeyOf(message, key));
}

} // namespace

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer)
{
    if (sharedKey(endpoint, peer))
        return std::nullopt;
    return "there is no key shared with " + peer;
}

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    const auto key = *sharedKey(context.endpoint, offer.peer);
    auto octets = buildInit(context, offer, key, now);
    if (!octets)
        return Error::local("an identity is too long for a MIKEY message");
    return std::unique_ptr<Initiator>(std::make_unique<PskInitiator>(context, std::move(*octets), key));
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    const auto damaged = Error::local("the saved exchange is damaged");
    if (saved.size() < 2)
        return damaged;
    const std::size_t keyOctets = std::size_t{saved[0]} << 8 | saved[1];
    if (saved.size() < 2 + keyOctets)
        return damaged;
    const auto key = saved.subspan(2, keyOctets);
    const auto octets = saved.subspan(2 + keyOctets);
    const auto message = decode(octets);
    if (!message || !isOwnInit(*message, key))
        return damaged;
    return std::unique_ptr<Initiator>(
        std::make_unique<PskInitiator>(context, Bytes(octets.begin(), octets.end()), key));
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<PskResponder>(context);
}

} // namespace mikey::psk
