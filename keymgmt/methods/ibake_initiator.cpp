// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"
#include "methods/admission.h"
#include "methods/ibake.h"
#include "methods/ibake_answerer.h"
#include "methods/ibake_deposit.h"
#include "methods/identity.h"
#include "methods/opening.h"
#include "methods/reply.h"
#include "wire/inspector.h"
#include "wire/text.h"

namespace mikey::ibake {

namespace {

Error notOurs(std::string reason)
{
    return Error::discarded(std::move(reason)); // RFC 6267 4.2.2: silently
}

Step failed(Error error)
{
    Step step;
    step.error = std::move(error);
    return step;
}

class IbakeInitiator final : public Initiator
{
public:
    IbakeInitiator(Context context, Bytes first, EcdhKey key)
        : m_context(context), m_key(std::move(key)), m_first(std::move(first)), m_message(std::move(*decode(m_first))),
          m_parties(*partiesOfOwn(m_message))
    {
    }

    const Bytes &message() const override { return m_answerers.last() ? m_answerers.last()->second : m_first; }

    Outcome<Agreement> provisional() const override { return Error::local("the keys are not known before the answer"); }

    Step receive(ByteView octets, NtpTime now, const std::map<std::string, Bytes> &) override
    {
        const auto answer = decode(octets);
        if (!answer)
            return failed(notOurs("the answer is damaged: " + answer.error().reason));
        if (answer->header.csbId != m_message.header.csbId)
            return failed(notOurs("the answer belongs to another exchange"));
        switch (answer->header.dataType) {
        case DataType::Error:
            return failed(errorOf(*answer, false));
        case DataType::IbakeResponse1:
            return receiveFirst(*answer, now);
        case DataType::IbakeResponse2:
            return receiveSecond(*answer);
        default:
            return failed(Error::of(ErrorNumber::InvalidDataType,
                                    messageName(static_cast<std::uint8_t>(answer->header.dataType)) +
                                        " does not answer our message"));
        }
    }

    Secret save() const override
    {
        Packer packer;
        packer.add(ByteView(m_first)).add(m_key.scalar().view()).number(m_key.curve().number);
        m_answerers.save(packer);
        return packer.take();
    }

    static Outcome<std::unique_ptr<Initiator>> load(Context context, ByteView saved)
    {
        Unpacker from(saved);
        const auto first = from.field(), scalar = from.field();
        const auto *curve = ecCurve(static_cast<std::uint8_t>(from.number()));
        auto key = curve ? EcdhKey::of(*curve, Secret(scalar)) : std::nullopt;
        auto answerers = Answerers::load(from);
        const auto message = decode(first);
        if (!from.complete() || !key || !message || message->header.dataType != DataType::IbakeInit1 ||
            !message->find<Rand>() || checkTimestamp(*message) || !partiesOfOwn(*message))
            return Error::local("the saved exchange is damaged");
        auto loaded = std::make_unique<IbakeInitiator>(context, Bytes(first.begin(), first.end()), std::move(*key));
        loaded->m_answerers = std::move(answerers);
        return std::unique_ptr<Initiator>(std::move(loaded));
    }

    InspectedMessage inspectMessage() const override { return inspect(message()); }

private:
    ByteView rand() const { return m_message.find<Rand>()->rand; }
    Prf prf() const { return m_message.header.prf; }
    const Endpoint &endpoint() const { return m_context.endpoint; }
    const EcdhKey &keyFor(const Answerer &answerer) const { return answerer.key ? *answerer.key : m_key; }

    /// R_MESSAGE_1 (RFC 6267 4.2.2.4). Several may come, of those to whom the call was forked: each has his own
    /// I_MESSAGE_2, and the same one if his answer comes again.
    Step receiveFirst(const Message &answer, NtpTime now)
    {
        const auto *timestamp = answer.find<Timestamp>();
        if (!timestamp || !sameOctets(timestamp->value, m_message.find<Timestamp>()->value) ||
            answer.header.prf != prf()) // RFC 6267 4.2.2.3
            return failed(notOurs("the answer belongs to another exchange"));
        const auto digest = sha256(answer.octets);
        if (const auto *before = m_answerers.answeredWith(digest)) {
            Step step;
            step.send = before->second;
            return step;
        }
        const auto *ibake = answer.find<Ibake>();
        const auto sent = *NtpTime::fromOctets(timestamp->value);
        const auto contents = ibake ? openIbake(endpoint(), sent, ibake->encrData) : std::nullopt;
        if (!contents)
            return failed(notOurs("the answer cannot be decrypted with our key"));
        if (auto error = checkFirst(answer, *contents))
            return failed(std::move(*error));
        Answerer answerer;
        answerer.answer.assign(digest.begin(), digest.end());
        answerer.identity = *contents->responder;
        answerer.point = *contents->responderPoint;
        answerer.map = answer.header.map;
        const bool knewUs = contents->initiatorPoint.has_value();
        // Who could not read our message did not see our curve either, and has chosen his own.
        if (const auto *curve = ecCurve(answerer.point.curve); curve && !knewUs)
            answerer.key = EcdhKey::make(*curve, m_context.random);
        if (knewUs == answerer.key.has_value() || !ibakeSecrets(prf(), keyFor(answerer), answerer.point, rand()))
            return failed(notOurs("the half key in the answer is no point of our curve"));
        if (!m_answerers.hasRoom(knewUs))
            return failed(notOurs("too many have answered"));
        return goOn(std::move(answerer), now);
    }

    std::optional<Error> checkFirst(const Message &answer, const IbakeContents &contents) const
    {
        const auto *initiator = answer.find<IdWithRole>(IdRole::Initiator);
        const auto *responder = answer.find<IdWithRole>(IdRole::Responder);
        if (!initiator || !responder || !contents.responder || !contents.responderPoint)
            return notOurs("the answer is not complete");
        if (contents.initiator != m_parties.initiator.data || contents.initiator != textOf(initiator->data) ||
            *contents.responder != textOf(responder->data))
            return Error::of(ErrorNumber::AuthFailure, "the identities in the answer do not agree with each other");
        if (canonicalIdentity(*contents.responder) == endpoint().identity)
            return notOurs("the answer is from ourselves");
        if (const auto &told = contents.initiatorPoint) {
            if (!told->isSame(EcPointValue::of(m_key)))
                return Error::of(ErrorNumber::AuthFailure, "the answer does not come from who read our message");
            if (Party::of(*responder).canonical() != m_parties.responder.canonical())
                return notOurs("the answer names " + printableStart(responder->data) + // another may still answer
                               ", who cannot have read our message");
        }
        if (!fillsIn(m_message.header.map, answer.header.map)) // decision D-06
            return notOurs("the answer changes the streams that were offered");
        return std::nullopt;
    }

    /// I_MESSAGE_2 = HDR, T, RAND, IDRi, IDRr, IBAKE, [ESK] (RFC 6267 4.2.2.5). The ECCPTi that goes to one who could
    /// not read our first message is not the one of that, though the RFC says "again": see Answerer::key. Who could not
    /// read it cannot tell.
    Step goOn(Answerer answerer, NtpTime now)
    {
        const auto tooLong = Error::local("the identities are too long for a MIKEY message");
        const auto time = m_context.state.uniqueTime(now);
        if (!endpoint().ibake.at(time)) // a key period has ended since our first message
            return failed(Error::local("our key of this key period is not here: it has to be fetched from " +
                                       endpoint().ibake.kms));
        IbakeContents contents;
        contents.initiator = m_parties.initiator.data;
        contents.responder = answerer.identity;
        contents.responderPoint = answerer.point;
        if (answerer.key)
            contents.initiatorPoint = EcPointValue::of(*answerer.key);
        const auto sealed = sealIbake(m_context, canonicalIdentity(answerer.identity),
                                      answerer.knewUs() ? Peer::Proven : Peer::Claimed, time, contents);
        if (!sealed)
            return failed(tooLong);
        const auto sent = time.octets();
        std::vector<Payload> payloads{Timestamp{TimestampType::NtpUtc, sent}, Rand{rand()},
                                      ibakeIdentity(IdRole::Initiator, m_parties.initiator.data),
                                      ibakeIdentity(IdRole::Responder, answerer.identity), Ibake{*sealed}};
        std::optional<Deposit> deposit;
        if (!answerer.knewUs()) { // for who was called first, whoever has answered
            deposit = makeDeposit(m_context, prf(), m_parties, time);
            if (!deposit)
                return failed(tooLong);
            payloads.emplace_back(EncryptedSecretKey{deposit->encrData});
            answerer.deposit = deposit->key.clone();
            answerer.depositSpi = deposit->spi;
        }
        Header header = m_message.header;
        header.dataType = DataType::IbakeInit2;
        header.map = answerer.map;
        header.csCount = static_cast<std::uint8_t>(header.map.size());
        auto octets = encode(header, payloads);
        if (!octets || octets->size() > maxMessageOctets)
            return failed(tooLong);
        answerer.second = std::move(*octets);
        Step step;
        step.send = m_answerers.add(std::move(answerer)).second;
        return step;
    }

    /// R_MESSAGE_2 (RFC 6267 4.2.2.8). Its timestamp tells whose it is.
    Step receiveSecond(const Message &answer)
    {
        const auto *timestamp = answer.find<Timestamp>();
        const auto *answerer = timestamp ? m_answerers.sentAt(timestamp->value) : nullptr;
        if (!answerer || answer.header.prf != prf()) // RFC 6267 4.2.2.7
            return failed(notOurs("the answer belongs to another exchange"));
        const auto secrets = ibakeSecrets(prf(), keyFor(*answerer), answerer->point, rand());
        const auto *v = answer.payloads.empty() ? nullptr : std::get_if<Verification>(&answer.payloads.back().payload);
        const auto covered = v ? answer.octets.first(answer.octets.size() - v->data.size()) : ByteView{};
        if (!secrets || !v || !isIbakeMac(v->algorithm) ||
            !equalSecrets(v->data, ibakeMac(prf(), v->algorithm, secrets->mpk.view(), labelOf(m_message), covered,
                                            m_parties.initiator.data, answerer->identity)))
            return failed(Error::of(ErrorNumber::AuthFailure, "the answer was not made with the keys agreed: it was "
                                                              "changed on the way, or someone else sent it"));
        if (auto error = checkSecond(answer, *answerer))
            return failed(std::move(*error));
        Step step;
        auto agreement = agreeWith(*answerer, secrets->tgk.view());
        if (agreement)
            step.agreement = std::move(*agreement);
        else
            step.error = std::move(agreement.error());
        return step;
    }

    std::optional<Error> checkSecond(const Message &answer, const Answerer &answerer) const
    {
        const auto sent = *NtpTime::fromOctets(answer.find<Timestamp>()->value);
        const auto *ibake = answer.find<Ibake>();
        if (answerer.key) {
            const auto contents = ibake ? openIbake(endpoint(), sent, ibake->encrData) : std::nullopt;
            if (!contents || !contents->initiatorPoint ||
                !contents->initiatorPoint->isSame(EcPointValue::of(*answerer.key)) ||
                contents->initiator != m_parties.initiator.data)
                return Error::of(ErrorNumber::AuthFailure, "the answer does not come from who read our message");
        }
        const auto *initiator = answer.find<IdWithRole>(IdRole::Initiator);
        const auto *responder = answer.find<IdWithRole>(IdRole::Responder);
        if ((initiator && textOf(initiator->data) != m_parties.initiator.data) ||
            (responder && textOf(responder->data) != answerer.identity))
            return notOurs("the identities are not those of the exchange");
        if (answer.header.map != answerer.map) // decision D-06
            return notOurs("the answer changes the streams that were agreed on");
        return std::nullopt;
    }

    Outcome<Agreement> agreeWith(const Answerer &answerer, ByteView tgk) const
    {
        auto parties = m_parties;
        parties.responder.data = answerer.identity;
        const auto second = *decode(answerer.second);
        const auto &suite = ibakeSuite(endpoint());
        auto agreement = ibakeAgreement(second, parties, true, tgk, answerer.map, suite);
        if (!agreement || answerer.deposit.empty())
            return agreement;
        auto deposit =
            ibakeAgreement(second, m_parties, true, answerer.deposit.view(), answerer.map, suite, answerer.depositSpi);
        if (!deposit)
            return deposit;
        agreement->deposit = std::make_shared<Agreement>(std::move(*deposit));
        return agreement;
    }

    Context m_context;
    EcdhKey m_key;
    Bytes m_first;
    Message m_message; ///< views m_first
    Parties m_parties;
    Answerers m_answerers;
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
    const auto *curve = ecCurve(offer.curve);
    if (!curve)
        return Error::local("the curve is none that is used here");
    auto key = EcdhKey::make(*curve, context.random);
    auto header = opening.header();
    header.v = true;
    header.prf = ibakeSuite(context.endpoint).masterKeyOctets() > 16 ? Prf::HmacSha256 : Prf::Mikey1;
    IbakeContents contents;
    contents.initiator = context.endpoint.identity;
    contents.initiatorPoint = EcPointValue::of(key);
    contents.responder = offer.peer;
    const auto sealed = sealIbake(context, offer.peer, Peer::Proven, time, contents);
    std::vector<Payload> payloads;
    for (const auto &payload : opening.payloads()) {
        if (!std::holds_alternative<SecurityPolicy>(payload)) // decision D-05
            payloads.push_back(payload);
    }
    if (sealed)
        payloads.emplace_back(Ibake{*sealed});
    auto octets = sealed ? encode(header, payloads) : std::nullopt;
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
