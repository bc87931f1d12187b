// SPDX-License-Identifier: Apache-2.0
#include "methods/psk.h"

#include "crypto/digest.h"
#include "methods/bundle.h"
#include "methods/identity.h"
#include "methods/kemac.h"
#include "methods/reply.h"
#include "methods/sdp_protocols.h"
#include "wire/inspector.h"
#include "wire/text.h"

#include <algorithm>
#include <list>

namespace mikey::psk {

namespace {

constexpr std::size_t tgkOctets = 16;
constexpr std::size_t randOctets = 16;    ///< RFC 3830 6.11: at least
constexpr std::size_t authKeyOctets = 20; ///< RFC 3830 4.2.4: the size of the hash

/// The identities of an exchange as the MACs cover them and as people read them.
struct Parties
{
    std::string initiator; ///< data of the ID payload; canonical where no ID came
    std::string responder;
};

VerificationKey verificationKey(const Secret &authKey, const Parties &parties)
{
    return {authKey.view(), octetsOf(parties.initiator), octetsOf(parties.responder)};
}

Secret authKeyOf(const Message &message, ByteView key)
{
    return messageKey(message.header.prf, key, KeyUse::MessageAuth, labelOf(message), authKeyOctets);
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
    Agreement agreement;
    agreement.method = "psk";
    agreement.csbId = message.header.csbId;
    agreement.initiator = canonicalIdentity(parties.initiator);
    agreement.responder = canonicalIdentity(parties.responder);
    agreement.timestamp = *NtpTime::fromOctets(message.find<Timestamp>()->value);
    agreement.v = message.header.v;
    agreement.prf = message.header.prf;
    auto sessions = deriveSessions(map, opened.suites, opened.keys, labelOf(message), message.header.prf);
    if (!sessions)
        return std::move(sessions.error());
    agreement.sessions = std::move(*sessions);
    for (const auto &key : opened.keys) {
        if (!key.isTek())
            agreement.tgks.push_back(key.key.clone());
    }
    const auto &kemac = *message.find<Kemac>();
    if (kemac.encryption == Encryption::Null)
        agreement.weaknesses.emplace_back("the keys were sent unencrypted (NULL encryption)");
    if (kemac.macAlgorithm == MacAlgorithm::Null)
        agreement.weaknesses.emplace_back("the message was not authenticated (NULL MAC)");
    if (std::any_of(opened.suites.begin(), opened.suites.end(), [](const auto *s) { return s->weak; }))
        agreement.weaknesses.emplace_back("speech is authenticated but not encrypted (NULL cipher)");
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
    /// The order of RFC 3830 5.3: time and replay, identity and algorithms, MAC, then all else.
    std::optional<Error> accept(const Message &message, const Arrival &arrival, NtpTime now, Step &step)
    {
        if (auto error = checkForm(message))
            return error;
        if (auto error = identify(message, arrival))
            return error;
        const ReplayCache::Entry entry{*NtpTime::fromOctets(message.find<Timestamp>()->value), sha256(message.octets),
                                       m_parties.initiator + '\n' + hexOf32(message.header.csbId)};
        const auto skew = m_context.endpoint.accept.clockSkewSeconds;
        const auto verdict = m_context.state.replays.check(entry, now, skew);
        if (verdict == ReplayCache::Verdict::Replayed)
            return Error::discarded("this message, or a newer one of the same bundle, was received before");
        if (auto error = authenticate(message)) {
            if (verdict == ReplayCache::Verdict::Fresh)
                return error;
            return Error::discarded("the message is out of the clock window and not authentic");
        }
        if (verdict == ReplayCache::Verdict::OutsideWindow)
            return Error::of(ErrorNumber::InvalidTimestamp, outsideWindow(entry.timestamp, now));
        m_context.state.replays.add(entry, now, skew);
        return process(message, arrival, step);
    }

    std::optional<Error> checkForm(const Message &message) const
    {
        const auto *timestamp = message.find<Timestamp>();
        if (!timestamp)
            return Error::of(ErrorNumber::Unspecified, "the message has no timestamp");
        if (timestamp->type != TimestampType::NtpUtc && timestamp->type != TimestampType::Ntp)
            return Error::of(ErrorNumber::InvalidTimestamp, "timestamps other than NTP times are not supported");
        if (message.header.prf != Prf::Mikey1)
            return Error::of(ErrorNumber::InvalidPrf,
                             registry::prfFunction.nameOf(static_cast<std::uint8_t>(message.header.prf)) +
                                 " is not supported with a pre-shared key");
        const auto *kemac = message.find<Kemac>();
        if (!kemac)
            return Error::of(ErrorNumber::Unspecified, "the message has no KEMAC payload");
        const bool nullMac = kemac->macAlgorithm == MacAlgorithm::Null && m_context.endpoint.accept.nullAuthentication;
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

    /// Who sent it, for whom, and the key shared with the sender. A single ID is the initiator's (RFC 3830 3.1).
    std::optional<Error> identify(const Message &message, const Arrival &arrival)
    {
        const auto ids = message.all<Id>();
        if (ids.size() < 2 && !m_context.endpoint.accept.missingIdentities)
            return Error::of(ErrorNumber::InvalidId, "the message leaves out an identity of the two parties");
        m_parties.initiator = ids.empty() ? canonicalIdentity(arrival.peer) : std::string(textOf(ids[0]->data));
        m_parties.responder = ids.size() < 2 ? m_context.endpoint.identity : std::string(textOf(ids[1]->data));
        const auto shared = m_context.endpoint.psk.find(canonicalIdentity(m_parties.initiator));
        if (shared == m_context.endpoint.psk.end())
            return Error::of(ErrorNumber::InvalidId,
                             "there is no key shared with " + printable(octetsOf(m_parties.initiator)));
        m_key = shared->second.view();
        return std::nullopt;
    }

    std::optional<Error> authenticate(const Message &message)
    {
        const auto &kemac = *message.find<Kemac>();
        m_authKey = authKeyOf(message, m_key);
        if (kemac.macAlgorithm == MacAlgorithm::Null) // checkForm() saw that the user allows it
            return std::nullopt;
        const auto covered = message.octets.first(message.octets.size() - kemac.mac.size());
        if (!equalSecrets(kemacMac(m_authKey.view(), covered), kemac.mac))
            return Error::of(ErrorNumber::AuthFailure,
                             "the message does not match the key shared with " +
                                 printable(octetsOf(m_parties.initiator)) +
                                 ": it was changed on the way, or the two sides hold different keys");
        m_authenticated = true;
        return std::nullopt;
    }

    std::optional<Error> process(const Message &message, const Arrival &arrival, Step &step)
    {
        if (canonicalIdentity(m_parties.responder) != m_context.endpoint.identity)
            return Error::of(ErrorNumber::InvalidId, "the message is for " + printable(octetsOf(m_parties.responder)) +
                                                         ", not for " + m_context.endpoint.identity);
        if (auto error = checkSdpProtocols(message, arrival.sdpProtocols))
            return error;
        auto opened = open(message, m_key, m_context.endpoint);
        if (!opened)
            return std::move(opened.error());
        auto map = message.header.map;
        if (message.header.v)
            fillSsrcs(map);
        auto agreement = agree(message, *opened, map, m_parties);
        if (!agreement)
            return std::move(agreement.error());
        if (message.header.v)
            step.send = answer(message, map);
        step.agreement = std::move(*agreement);
        step.kemacPlain = std::move(opened->plain);
        return std::nullopt;
    }

    void fillSsrcs(std::vector<SrtpId> &map) const
    {
        for (auto &stream : map) {
            const auto taken = [&](std::uint32_t ssrc) {
                return std::any_of(map.begin(), map.end(), [ssrc](const SrtpId &s) { return s.ssrc == ssrc; });
            };
            while (stream.ssrc == 0) {
                const auto drawn = m_context.random.number32();
                if (!taken(drawn))
                    stream.ssrc = drawn;
            }
        }
    }

    /// R_MESSAGE = HDR, T, IDr, V.
    std::optional<Bytes> answer(const Message &request, const std::vector<SrtpId> &map) const
    {
        Header header = request.header;
        header.dataType = DataType::PskResponse;
        header.v = false;
        header.map = map;
        const auto &timestamp = *request.find<Timestamp>();
        return encodeVerified(header, {timestamp, idPayload(m_parties.responder)}, timestamp.value,
                              verificationKey(m_authKey, m_parties));
    }

    static std::string outsideWindow(NtpTime sent, NtpTime now)
    {
        const auto seconds = sent.minus(now) / (std::int64_t{1} << 32);
        return "the caller's clock is " + std::to_string(seconds < 0 ? -seconds : seconds) + " s " +
               (seconds < 0 ? "behind" : "ahead of") + " ours, or the message is old";
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
        m_parties = {std::string(textOf(ids[0]->data)), std::string(textOf(ids[1]->data))};
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
        const auto authKey = authKeyOf(m_message, m_key.view());
        const auto *v = answer.find<Verification>();
        const bool authentic = v && verifies(answer, *v, timestamp->value, verificationKey(authKey, m_parties));
        if (answer.header.dataType == DataType::Error)
            return errorOf(answer, authentic);
        if (answer.header.dataType != DataType::PskResponse)
            return Error::of(ErrorNumber::InvalidDataType,
                             "a " + messageName(static_cast<std::uint8_t>(answer.header.dataType)) +
                                 " does not answer a PSK I_MESSAGE");
        if (v && v->algorithm != MacAlgorithm::HmacSha1_160)
            return Error::of(ErrorNumber::InvalidMac, "the answer is not authenticated by HMAC-SHA-1");
        if (!authentic)
            return Error::of(ErrorNumber::AuthFailure, "the answer does not match the key shared with " +
                                                           m_parties.responder +
                                                           ": it was changed on the way, or someone else answered");
        return checkContent(answer);
    }

    std::optional<Error> checkContent(const Message &answer) const
    {
        if (const auto *id = answer.find<Id>();
            id && canonicalIdentity(textOf(id->data)) != canonicalIdentity(m_parties.responder))
            return Error::of(ErrorNumber::InvalidId,
                             "the answer names " + printable(id->data) + ", not " + m_parties.responder);
        const auto &asked = m_message.header.map;
        const auto &told = answer.header.map;
        if (told.empty()) // an answer may leave the map out where nothing was to be filled in
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

/// The map of what is offered: for each media line our stream and the peer's, whose SSRC the responder fills in.
std::vector<SrtpId> offeredMap(const Offer &offer, Random &random)
{
    std::vector<SrtpId> map;
    for (unsigned line = 0; line < offer.streams; ++line) {
        std::uint32_t ssrc = line < offer.ssrcs.size() ? offer.ssrcs[line] : 0;
        while (ssrc == 0)
            ssrc = random.number32();
        map.push_back({0, ssrc, 0});
        map.push_back({0, 0, 0});
    }
    return map;
}

/// One TGK for all streams. Two streams share it, so it gets an MKI (RFC 3830 4.5, 6.14).
Secret drawKeyData(Random &random)
{
    const auto tgk = random.secret(tgkOctets);
    constexpr std::array<std::uint8_t, 4> mki{0, 0, 0, 1};
    KeyData data;
    data.key = tgk.view();
    data.validity.type = KeyValidityType::Spi;
    data.validity.spi = mki;
    auto octets = *encodeSubPayloads(std::vector<Payload>{data});
    Secret plain{ByteView(octets)};
    wipe(octets);
    return plain;
}

std::uint32_t drawCsbId(const Offer &offer, Random &random)
{
    for (;;) {
        const auto id = random.number32();
        if (!offer.csbInUse || !offer.csbInUse(id))
            return id;
    }
}

/// I_MESSAGE = HDR, T, RAND, IDi, IDr, {SP}, KEMAC.
std::optional<Bytes> buildInit(Context context, const Offer &offer, ByteView key, NtpTime now)
{
    Header header;
    header.dataType = DataType::PskInit;
    header.v = offer.v;
    header.csbId = drawCsbId(offer, context.random);
    header.map = offeredMap(offer, context.random);
    header.csCount = static_cast<std::uint8_t>(header.map.size());

    const auto timestamp = context.state.uniqueTime(now).octets();
    const auto rand = context.random.secret(randOctets);
    const auto protocols = sdpProtocolList(offer.sdpProtocols);
    std::vector<Payload> payloads{Timestamp{TimestampType::NtpUtc, timestamp}, Rand{rand.view()},
                                  idPayload(context.endpoint.identity), idPayload(offer.peer)};
    std::list<SuitePayload> policies; // keeps what the SP payloads view
    for (const auto *suite : offer.suites.empty() ? context.endpoint.preferredSuites() : offer.suites)
        payloads.emplace_back(policies.emplace_back(*suite, static_cast<std::uint8_t>(policies.size())).payload());
    if (!protocols.empty())
        payloads.emplace_back(GeneralExtension{ExtensionType::SdpIds, octetsOf(protocols)});

    const BundleLabel label{header.csbId, rand.view()};
    const auto plain = drawKeyData(context.random);
    const auto encrypted = KeyTransport(header.prf, key, label, timestamp).counterMode(plain.view());
    payloads.emplace_back(Kemac{Encryption::AesCm128, encrypted.view(), MacAlgorithm::HmacSha1_160, {}});
    auto octets = encode(header, payloads);
    if (octets) {
        const auto authKey = messageKey(header.prf, key, KeyUse::MessageAuth, label, authKeyOctets);
        append(*octets, kemacMac(authKey.view(), *octets));
    }
    return octets;
}

} // namespace

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer)
{
    if (endpoint.psk.contains(peer))
        return std::nullopt;
    return "there is no key shared with " + peer;
}

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    constexpr unsigned mostStreams = 127; // #CS is one octet
    if (offer.streams > mostStreams)
        return Error::local("a bundle holds at most 127 media lines");
    const auto key = context.endpoint.psk.at(offer.peer).view();
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
    if (!message || message->header.dataType != DataType::PskInit || message->all<Id>().size() != 2)
        return damaged;
    return std::unique_ptr<Initiator>(
        std::make_unique<PskInitiator>(context, Bytes(octets.begin(), octets.end()), key));
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<PskResponder>(context);
}

} // namespace mikey::psk
