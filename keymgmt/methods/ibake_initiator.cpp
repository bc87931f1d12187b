// SPDX-License-Identifier: Apache-2.0
#include "methods/ibake.h"
#include "methods/ibake_message.h"
#include "methods/identity.h"
#include "methods/opening.h"
#include "methods/reply.h"
#include "wire/inspector.h"
#include "wire/pack.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::ibake {

namespace {

constexpr std::size_t skSpiOctets = 4;

/// Who answered, with what he sent: what R_MESSAGE_2 is checked with.
struct Answerer
{
    std::string identity; ///< as spelled
    EcPointValue point;
    std::vector<SrtpId> map; ///< with his SSRCs
    bool knewUs = true;      ///< he sent ECCPTi back, so he could decrypt our first message
    Bytes deposit;           ///< SK of the ESK for the one called first; empty: none
    Bytes depositSpi;
};

Error notOurs(std::string reason)
{
    return Error::discarded(std::move(reason)); // RFC 6267 4.2.2: silently
}

class IbakeInitiator final : public Initiator
{
public:
    IbakeInitiator(Context context, Bytes first, EcdhKey key) : m_context(context), m_key(std::move(key))
    {
        take(std::move(first));
    }

    const Bytes &message() const override { return m_second.empty() ? m_first : m_second; }

    Outcome<Agreement> provisional() const override { return Error::local("the keys are not known before the answer"); }

    Step receive(ByteView octets, NtpTime now, const std::map<std::string, Bytes> &) override
    {
        Step step;
        const auto answer = decode(octets);
        if (!answer) {
            step.error = notOurs("the answer is damaged: " + answer.error().reason);
            return step;
        }
        if (auto error = checkHeader(*answer))
            step.error = std::move(error);
        else if (answer->header.dataType == DataType::Error)
            step.error = errorOf(*answer, false);
        else if (answer->header.dataType == DataType::IbakeResponse1)
            step = receiveFirst(*answer, now);
        else
            step = receiveSecond(*answer);
        return step;
    }

    Secret save() const override
    {
        Packer packer;
        packer.add(ByteView(m_first)).add(m_key.scalar().view()).number(m_key.curve().number);
        packer.add(ByteView(m_second));
        if (m_answerer) {
            packer.add(m_answerer->identity).number(m_answerer->point.curve);
            packer.add(ByteView(m_answerer->point.x)).add(ByteView(m_answerer->point.y)).number(m_answerer->knewUs);
            packer.add(ByteView(m_answerer->deposit)).add(ByteView(m_answerer->depositSpi));
        }
        return packer.take();
    }

    static Outcome<std::unique_ptr<Initiator>> load(Context context, ByteView saved)
    {
        const auto damaged = Error::local("the saved exchange is damaged");
        Unpacker from(saved);
        const auto first = from.field(), scalar = from.field();
        const auto *curve = ecCurve(static_cast<std::uint8_t>(from.number()));
        const auto second = from.field();
        auto key = curve ? EcdhKey::of(*curve, Secret(scalar)) : std::nullopt;
        const auto message = decode(first);
        if (!from.sound() || !key || !message || message->header.dataType != DataType::IbakeInit1 ||
            !message->find<Rand>() || !message->find<Timestamp>() || !partiesOfOwn(*message))
            return damaged;
        auto loaded = std::make_unique<IbakeInitiator>(context, Bytes(first.begin(), first.end()), std::move(*key));
        if (!second.empty()) {
            Answerer answerer;
            answerer.identity = from.text();
            answerer.point.curve = static_cast<std::uint8_t>(from.number());
            for (auto *to : {&answerer.point.x, &answerer.point.y}) {
                const auto field = from.field();
                to->assign(field.begin(), field.end());
            }
            answerer.knewUs = from.number() == 1;
            for (auto *to : {&answerer.deposit, &answerer.depositSpi}) {
                const auto field = from.field();
                to->assign(field.begin(), field.end());
            }
            const auto later = decode(second);
            if (!from.complete() || !later || later->header.dataType != DataType::IbakeInit2)
                return damaged;
            answerer.map = later->header.map;
            loaded->m_second.assign(second.begin(), second.end());
            loaded->m_answerer = std::move(answerer);
        }
        if (!from.complete())
            return damaged;
        return std::unique_ptr<Initiator>(std::move(loaded));
    }

    InspectedMessage inspectMessage() const override { return inspect(message()); }

private:
    void take(Bytes first)
    {
        m_first = std::move(first);
        m_message = std::move(*decode(m_first));
        m_parties = *partiesOfOwn(m_message);
    }

    ByteView rand() const { return m_message.find<Rand>()->rand; }
    Prf prf() const { return m_message.header.prf; }
    const Endpoint &endpoint() const { return m_context.endpoint; }

    std::optional<Error> checkHeader(const Message &answer) const
    {
        const auto &header = answer.header;
        const auto type = header.dataType;
        if (header.csbId != m_message.header.csbId)
            return notOurs("the answer belongs to another exchange");
        if (type == DataType::Error)
            return std::nullopt;
        if (type != DataType::IbakeResponse1 && (type != DataType::IbakeResponse2 || m_second.empty()))
            return Error::of(ErrorNumber::InvalidDataType,
                             messageName(static_cast<std::uint8_t>(type)) + " does not answer our message");
        if (header.prf != prf())
            return notOurs("the answer is made with another PRF than our message");
        const auto second = decode(m_second);
        const auto &asked = type == DataType::IbakeResponse1 ? m_message : *second;
        const auto *timestamp = answer.find<Timestamp>();
        if (!timestamp || !sameOctets(timestamp->value, asked.find<Timestamp>()->value)) // RFC 6267 4.2.2.3
            return notOurs("the answer belongs to another exchange");
        return std::nullopt;
    }

    /// R_MESSAGE_1 (RFC 6267 4.2.2.4). Several may come, of those to whom the call was forked: each has its own answer.
    Step receiveFirst(const Message &answer, NtpTime now)
    {
        Step step;
        const auto *ibake = answer.find<Ibake>();
        const auto *initiator = answer.find<IdWithRole>(IdRole::Initiator);
        const auto *responder = answer.find<IdWithRole>(IdRole::Responder);
        const auto sent = *NtpTime::fromOctets(m_message.find<Timestamp>()->value);
        const auto contents = ibake ? openIbake(endpoint(), sent, ibake->encrData) : std::nullopt;
        if (!contents || !initiator || !responder || !contents->responder || !contents->responderPoint) {
            step.error = notOurs("the answer cannot be decrypted with our key, or is not complete");
            return step;
        }
        const bool sameIds = contents->initiator == m_parties.initiator.data &&
                             contents->initiator == textOf(initiator->data) &&
                             *contents->responder == textOf(responder->data);
        const auto own = EcPointValue::of(m_key);
        if (!sameIds || (contents->initiatorPoint && *contents->initiatorPoint != own)) {
            step.error = Error::of(ErrorNumber::AuthFailure, "the answer does not come from who read our message");
            return step;
        }
        if (!fillsIn(m_message.header.map, answer.header.map)) { // decision D-06
            step.error = notOurs("the answer changes the streams that were offered");
            return step;
        }
        const auto party = Party::of(*responder).canonical();
        const bool knewUs = contents->initiatorPoint.has_value();
        if (knewUs && party != m_parties.responder.canonical()) {
            step.error = Error::of(ErrorNumber::AuthFailure, "the answer names " + printableStart(responder->data) +
                                                                 ", who cannot have read our message");
            return step;
        }
        if (!ibakeSecrets(prf(), m_key, *contents->responderPoint, rand())) {
            step.error = notOurs("the half key in the answer is no point of our curve");
            return step;
        }
        Answerer answerer;
        answerer.identity = *contents->responder;
        answerer.point = *contents->responderPoint;
        answerer.map = answer.header.map;
        answerer.knewUs = knewUs;
        return goOn(std::move(answerer), now);
    }

    /// I_MESSAGE_2 = HDR, T, RAND, IDRi, IDRr, IBAKE, [ESK] (RFC 6267 4.2.2.5).
    Step goOn(Answerer answerer, NtpTime now)
    {
        const auto time = m_context.state.uniqueTime(now);
        const auto sent = time.octets();
        Header header = m_message.header;
        header.dataType = DataType::IbakeInit2;
        header.map = answerer.map;
        header.csCount = static_cast<std::uint8_t>(header.map.size());
        IbakeContents contents;
        contents.initiator = m_parties.initiator.data;
        contents.responder = answerer.identity;
        contents.responderPoint = answerer.point;
        if (!answerer.knewUs)
            contents.initiatorPoint = EcPointValue::of(m_key);
        const auto sealed = sealIbake(m_context, canonicalIdentity(answerer.identity), time, contents);
        std::vector<Payload> payloads{Timestamp{TimestampType::NtpUtc, sent}, Rand{rand()},
                                      ibakeIdentity(IdRole::Initiator, m_parties.initiator.data),
                                      ibakeIdentity(IdRole::Responder, answerer.identity), Ibake{sealed}};
        Bytes esk;
        if (!answerer.knewUs) { // for who was called first, whoever has answered
            esk = makeDeposit(answerer, time);
            payloads.emplace_back(EncryptedSecretKey{esk});
        }
        Step step;
        auto octets = encode(header, payloads);
        if (!octets || octets->size() > maxMessageOctets) {
            step.error = Error::local("the identities are too long for a MIKEY message");
            return step;
        }
        m_second = std::move(*octets);
        m_answerer = std::move(answerer);
        step.send = m_second;
        return step;
    }

    Bytes makeDeposit(Answerer &answerer, NtpTime time) const
    {
        const auto sk = m_context.random.secret(ibakeKeyOctets(prf()));
        answerer.deposit.assign(sk.view().begin(), sk.view().end());
        answerer.depositSpi.resize(skSpiOctets);
        m_context.random.fill(answerer.depositSpi);
        SecretKey payload;
        payload.key = sk.view();
        payload.validity.type = KeyValidityType::Spi;
        payload.validity.spi = answerer.depositSpi;
        const auto plain = encodeSubPayloads(std::vector<Payload>{idPayload(m_parties.initiator.data), payload});
        return encryptTo(m_context, m_parties.responder.canonical(), time, plain->view());
    }

    /// R_MESSAGE_2 (RFC 6267 4.2.2.8).
    Step receiveSecond(const Message &answer)
    {
        Step step;
        const auto secrets = ibakeSecrets(prf(), m_key, m_answerer->point, rand());
        const auto *v = answer.payloads.empty() ? nullptr : std::get_if<Verification>(&answer.payloads.back().payload);
        const auto covered = v ? answer.octets.first(answer.octets.size() - v->data.size()) : ByteView{};
        if (!v || v->algorithm != ibakeMacAlgorithm(prf()) ||
            !equalSecrets(v->data, ibakeMac(prf(), secrets->mpk.view(), labelOf(m_message), covered,
                                            m_parties.initiator.data, m_answerer->identity))) {
            step.error = Error::of(ErrorNumber::AuthFailure, "the answer was not made with the keys agreed: it was "
                                                             "changed on the way, or someone else sent it");
            return step;
        }
        if (auto error = checkSecond(answer)) {
            step.error = std::move(error);
            return step;
        }
        auto parties = m_parties;
        parties.responder.data = m_answerer->identity;
        const auto second = *decode(m_second);
        auto agreement =
            ibakeAgreement(second, parties, true, secrets->tgk.view(), m_answerer->map, ibakeSuite(endpoint()));
        if (agreement && !m_answerer->deposit.empty()) {
            auto deposit = ibakeAgreement(second, m_parties, true, m_answerer->deposit, m_answerer->map,
                                          ibakeSuite(endpoint()), m_answerer->depositSpi);
            if (deposit)
                agreement->deposit = std::make_shared<Agreement>(std::move(*deposit));
        }
        if (agreement)
            step.agreement = std::move(*agreement);
        else
            step.error = std::move(agreement.error());
        return step;
    }

    std::optional<Error> checkSecond(const Message &answer) const
    {
        const auto sent = *NtpTime::fromOctets(answer.find<Timestamp>()->value);
        const auto *ibake = answer.find<Ibake>();
        if (!m_answerer->knewUs) {
            const auto contents = ibake ? openIbake(endpoint(), sent, ibake->encrData) : std::nullopt;
            if (!contents || !contents->initiatorPoint || *contents->initiatorPoint != EcPointValue::of(m_key) ||
                contents->initiator != m_parties.initiator.data)
                return Error::of(ErrorNumber::AuthFailure, "the answer does not come from who read our message");
        } else if (ibake) {
            return notOurs("the answer has a part that nothing asked for");
        }
        if (!answer.header.map.empty() && answer.header.map != m_answerer->map) // decision D-06
            return notOurs("the answer changes the streams that were agreed on");
        return std::nullopt;
    }

    Context m_context;
    EcdhKey m_key;
    Bytes m_first;
    Message m_message; ///< views m_first
    Parties m_parties;
    Bytes m_second; ///< I_MESSAGE_2; empty: nobody has answered
    std::optional<Answerer> m_answerer;
};

} // namespace

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &)
{
    if (!endpoint.ibake.parameters || endpoint.ibake.keys.empty())
        return "there are no keys of a key management service";
    return std::nullopt;
}

/// I_MESSAGE_1 = HDR, T, RAND, IDRi, IDRr, IBAKE (RFC 6267 4.2.2.1).
Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    if (!offer.suites.empty() && offer.suites.front() != &ibakeSuite(context.endpoint)) // decision D-05
        return Error::local("IBAKE has no way to tell a suite: both sides have to set it in their own settings");
    if (!context.endpoint.takes(ibakeSuite(context.endpoint)))
        return Error::local("the suite of IBAKE is not allowed here");
    const Opening opening(context, offer, DataType::IbakeInit1, now);
    const auto time = *NtpTime::fromOctets(opening.timestamp());
    if (!context.endpoint.ibake.at(time)) // the answer is encrypted to us
        return Error::local("our key of this key period is not here: it has to be fetched from " +
                            context.endpoint.ibake.kms);
    auto key = EcdhKey::make(*ecCurve(p256Curve), context.random);
    auto header = opening.header();
    header.v = true;
    header.prf = ibakeSuite(context.endpoint).masterKeyOctets() > 16 ? Prf::HmacSha256 : Prf::Mikey1;
    IbakeContents contents;
    contents.initiator = context.endpoint.identity;
    contents.initiatorPoint = EcPointValue::of(key);
    contents.responder = offer.peer;
    const auto sealed = sealIbake(context, offer.peer, time, contents);
    std::vector<Payload> payloads;
    for (const auto &payload : opening.payloads()) {
        if (!std::holds_alternative<SecurityPolicy>(payload)) // decision D-05
            payloads.push_back(payload);
    }
    payloads.emplace_back(Ibake{sealed});
    auto octets = encode(header, payloads);
    if (!octets || octets->size() > maxMessageOctets)
        return Error::local("the identities are too long for a MIKEY message");
    return std::unique_ptr<Initiator>(std::make_unique<IbakeInitiator>(context, std::move(*octets), std::move(key)));
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    if (renewal.keys != Renewal::Keys::NewTgk || renewal.addedStreams > 0)
        return Error::local("IBAKE is not updated; a new exchange can bring a new key for the streams there are");
    return initiate(context, offerLike(csb, renewal), now);
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    return IbakeInitiator::load(context, saved);
}

} // namespace mikey::ibake
