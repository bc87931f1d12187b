// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"
#include "methods/admission.h"
#include "methods/csb.h"
#include "methods/ibake.h"
#include "methods/ibake_message.h"
#include "methods/ibake_pending.h"
#include "methods/identity.h"
#include "methods/opening.h"
#include "methods/reply.h"
#include "methods/sdp_protocols.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::ibake {

namespace {

Error discarded(std::string reason)
{
    return Error::discarded(std::move(reason)); // RFC 6267 4.2.2.2 and 4.2.2.6: silently
}

class IbakeResponder final : public Responder
{
public:
    explicit IbakeResponder(Context context) : m_context(context) {}

    Step receive(const Message &message, const Arrival &arrival, NtpTime now) override
    {
        m_message = &message;
        m_arrival = &arrival;
        m_now = now;
        Step step;
        auto error = check();
        if (!error)
            error = message.header.dataType == DataType::IbakeInit1 ? answerFirst(step) : answerSecond(step);
        if (error) {
            step = {};
            step.send = errorMessage(message, *error, endpoint()); // of those that RFC 6267 does not want silence about
            step.error = std::move(*error);
        }
        return step;
    }

private:
    const Message &message() const { return *m_message; }
    const Endpoint &endpoint() const { return m_context.endpoint; }
    Prf prf() const { return message().header.prf; }
    ByteView rand() const { return message().find<Rand>()->rand; }
    NtpTime sentAt() const { return *NtpTime::fromOctets(message().find<Timestamp>()->value); }
    Parties parties() const { return {Party::of(*m_initiator), Party::of(*m_responder)}; }

    std::optional<Error> check()
    {
        if (!endpoint().ibake.parameters)
            return Error::of(ErrorNumber::InvalidDataType,
                             "IBAKE needs keys of a key management service, and there are none here");
        if (auto error = checkTimestamp(message()))
            return error;
        if (prf() != Prf::Mikey1 && prf() != Prf::HmacSha256)
            return discarded("the PRF of the message is not known here");
        m_initiator = message().find<IdWithRole>(IdRole::Initiator);
        m_responder = message().find<IdWithRole>(IdRole::Responder);
        if (!m_initiator || !m_responder || !message().find<Ibake>())
            return discarded("the message lacks an identity or its IBAKE payload");
        if (!message().find<Rand>()) // rule S-2
            return discarded("a message without RAND would update a bundle without anybody's proof");
        if (parties().initiator.canonical() == endpoint().identity) // a message of our own, sent back
            return discarded("the message is from ourselves");
        if (!endpoint().allows("ibake", parties().initiator.canonical()))
            return discarded("the user does not allow this method for " + printableStart(m_initiator->data));
        if (message().header.mapType != CsIdMapType::SrtpId)
            return discarded("the CS ID map is of another type than SRTP-ID");
        return checkSdpProtocols(message(), m_arrival->sdpProtocols);
    }

    /// Whether the clock allows the message. An I_MESSAGE_1 proves nothing about who sent it, so it is not remembered:
    /// else anybody could fill what is remembered. Sent again, it gets the answer it got.
    std::optional<Error> admit(bool proven)
    {
        Admission admission(m_context, message(), parties(), m_now);
        if (auto error = admission.refuseReplay())
            return error;
        if (!admission.isFresh())
            return discarded("the message is out of the clock window");
        return proven ? admission.decide(std::nullopt) : std::nullopt;
    }

    /// R_MESSAGE_1 = HDR, T, IDRi, IDRr, IBAKE (RFC 6267 4.2.2.3). Who cannot read the message answers all the same,
    /// with his own half key: then it was not for him, or for a time whose key he does not have. An ESK in it is for
    /// nobody then: 4.2.2.2 would have it decrypt the IBAKE payload, which 4.2.2.1 encrypts to IDRr.
    std::optional<Error> answerFirst(Step &step)
    {
        forgetOldPending(m_context, m_now);
        const auto digest = sha256(message().octets);
        if (const auto *before = answeredBefore(m_context.state, digest)) { // rule S-8
            step.send = before->answer;
            return std::nullopt;
        }
        if (auto error = admit(false))
            return error;
        const auto contents = openIbake(endpoint(), sentAt(), message().find<Ibake>()->encrData);
        if (auto error = contents ? checkFirst(*contents) : std::nullopt)
            return error;
        const auto theirs = contents ? contents->initiatorPoint : std::nullopt;
        const auto key = EcdhKey::make(*ecCurve(theirs ? theirs->curve : p256Curve), m_context.random);
        if (theirs && !ibakeSecrets(prf(), key, *theirs, rand()))
            return discarded("the half key of the caller is no point of its curve");
        auto pending = pendingWith(key, theirs);
        pending.question.assign(digest.begin(), digest.end());
        const IbakeContents ours{std::string(textOf(m_initiator->data)), theirs, endpoint().identity,
                                 EcPointValue::of(key)};
        const auto sealed = sealIbake(m_context, pending.peer, Peer::Claimed, sentAt(), ours);
        step.send = sealed ? answer(DataType::IbakeResponse1, pending.map, *sealed, endpoint().identity) : std::nullopt;
        if (!step.send)
            return discarded("the answer becomes too long");
        pending.answer = *step.send;
        return keepPending(m_context.state, std::move(pending))
                   ? std::nullopt
                   : std::optional(discarded("too many calls wait for their second message"));
    }

    std::optional<Error> checkFirst(const IbakeContents &contents) const
    {
        if (contents.initiator != textOf(m_initiator->data) || !contents.responder ||
            *contents.responder != textOf(m_responder->data))
            return discarded("the identities in the encrypted part are not those of the message");
        if (parties().responder.canonical() != endpoint().identity)
            return discarded("the message is for " + printableStart(m_responder->data));
        if (!contents.initiatorPoint || contents.responderPoint || !ecCurve(contents.initiatorPoint->curve))
            return discarded("the encrypted part has no half key of the caller on a curve that is known here");
        return std::nullopt;
    }

    PendingIbake pendingWith(const EcdhKey &key, const std::optional<EcPointValue> &theirs) const
    {
        PendingIbake pending;
        pending.peer = parties().initiator.canonical();
        pending.csbId = message().header.csbId;
        pending.prf = prf();
        pending.rand.assign(rand().begin(), rand().end());
        pending.scalar = key.scalar().clone();
        pending.curve = key.curve().number;
        pending.map = message().header.map;
        keepOurStreams(pending.map);
        fillSsrcs(pending.map, m_context.random);
        pending.since = m_now;
        pending.sent = sentAt();
        if (theirs) {
            pending.theirX = theirs->x;
            pending.theirY = theirs->y;
        }
        return pending;
    }

    /// Where a bundle stands with the caller, the exchange is to renew its keys (rule S-2): our streams are those of
    /// it.
    void keepOurStreams(std::vector<SrtpId> &map) const
    {
        for (const auto *csb : m_arrival->bundles) {
            if (csb->peer().canonical() != parties().initiator.canonical())
                continue;
            const auto lines = linesInForce(csb->map);
            for (std::size_t line = 0; line < lines.size(); ++line) {
                const auto ours = lines[line] + (csb->weInitiated ? 0 : 1), open = 2 * line + 1;
                if (ours < csb->map.size() && open < map.size() && map[open].ssrc == 0)
                    map[open].ssrc = csb->map[ours].ssrc;
            }
        }
    }

    std::optional<Bytes> answer(DataType type, const std::vector<SrtpId> &map, const Bytes &sealed,
                                const std::string &self) const
    {
        Header header = message().header;
        header.dataType = type;
        header.v = type == DataType::IbakeResponse1; // RFC 6267 4.2.2.3
        header.map = map;
        header.csCount = static_cast<std::uint8_t>(map.size());
        std::vector<Payload> payloads{*message().find<Timestamp>(), *m_initiator,
                                      ibakeIdentity(IdRole::Responder, self)};
        if (!sealed.empty())
            payloads.emplace_back(Ibake{sealed});
        if (type == DataType::IbakeResponse2)
            payloads.emplace_back(Verification{ibakeMacAlgorithm(prf()), {}});
        auto octets = encode(header, payloads);
        if (octets && octets->size() > maxMessageOctets)
            octets.reset();
        return octets;
    }

    /// R_MESSAGE_2 = HDR, T, IDRi, IDRr, [IBAKE], V (RFC 6267 4.2.2.7).
    std::optional<Error> answerSecond(Step &step)
    {
        forgetOldPending(m_context, m_now);
        const auto waiting = thatWait();
        if (waiting.empty())
            return discarded("no I_MESSAGE_1 came before this message, or it is too long ago");
        const auto contents = openIbake(endpoint(), sentAt(), message().find<Ibake>()->encrData);
        if (!contents || !contents->responder || !contents->responderPoint)
            return discarded("the message cannot be decrypted with our key");
        const auto it = std::find_if(waiting.begin(), waiting.end(), [&](const PendingIbake *one) {
            return contents->responderPoint->isSame(EcPointValue::of(*EcdhKey::of(*ecCurve(one->curve), one->scalar)));
        });
        if (it == waiting.end())
            return Error::discarded("the caller did not read our half key");
        auto &pending = **it;
        if (auto error = checkSecond(pending, *contents))
            return error;
        if (auto error = admit(true)) // who could read our half key is who he says he is
            return error;
        const auto key = EcdhKey::of(*ecCurve(pending.curve), pending.scalar);
        const auto theirs = contents->initiatorPoint ? *contents->initiatorPoint
                                                     : EcPointValue{pending.curve, pending.theirX, pending.theirY};
        const auto secrets = ibakeSecrets(prf(), *key, theirs, rand());
        if (!secrets)
            return discarded("the half key of the caller is no point of the curve");
        return agree(*secrets, pending, contents->initiatorPoint, step);
    }

    /// The I_MESSAGE_1s that this I_MESSAGE_2 may follow. Which it is the half key in it tells: anybody can send one in
    /// the name of the caller.
    std::vector<PendingIbake *> thatWait() const
    {
        std::vector<PendingIbake *> waiting;
        for (auto &one : m_context.state.pendingIbake) {
            if (one.waits() && one.peer == parties().initiator.canonical() && one.csbId == message().header.csbId &&
                one.prf == prf() && sameOctets(one.rand, rand()) && !one.sent.isAfter(sentAt()))
                waiting.push_back(&one);
        }
        return waiting;
    }

    std::optional<Error> checkSecond(const PendingIbake &pending, const IbakeContents &contents) const
    {
        if (contents.initiator != textOf(m_initiator->data) || *contents.responder != textOf(m_responder->data) ||
            parties().responder.canonical() != endpoint().identity)
            return discarded("the identities in the encrypted part are not those of the message");
        if (contents.initiatorPoint.has_value() != pending.theirX.empty()) // RFC 6267 4.2.2.5
            return discarded("the half key of the caller stands where it must not, or is missing");
        if (message().header.map != pending.map) // decision D-06
            return discarded("the streams are not those of our answer");
        return std::nullopt;
    }

    std::optional<Error> agree(const IbakeSecrets &secrets, PendingIbake &pending,
                               const std::optional<EcPointValue> &told, Step &step)
    {
        const auto &suite = ibakeSuite(endpoint());
        if (!endpoint().takes(suite))
            return discarded("the suite of IBAKE is not allowed here");
        auto agreement = ibakeAgreement(message(), parties(), false, secrets.tgk.view(), pending.map, suite);
        if (!agreement)
            return discarded(agreement.error().reason);
        // Rule S-3: no message of the caller carries a MAC, and the keys are confirmed by his media only.
        agreement->confirmedByMedia = true;
        if (message().find<EncryptedSecretKey>())
            agreement->toBeKept.assign(message().octets.begin(), message().octets.end());
        std::optional<Bytes> sealed{Bytes()};
        if (told) {
            const IbakeContents ours{std::string(textOf(m_initiator->data)), told, {}, {}};
            sealed = sealIbake(m_context, pending.peer, Peer::Proven, sentAt(), ours);
        }
        auto octets =
            sealed ? answer(DataType::IbakeResponse2, pending.map, *sealed, std::string(textOf(m_responder->data)))
                   : std::nullopt;
        if (!octets)
            return discarded("the answer becomes too long");
        append(*octets, ibakeMac(prf(), ibakeMacAlgorithm(prf()), secrets.mpk.view(), labelOf(message()), *octets,
                                 textOf(m_initiator->data), textOf(m_responder->data)));
        step.send = std::move(octets);
        step.agreement = std::move(*agreement);
        pending.scalar = Secret();
        return std::nullopt;
    }

    Context m_context;
    const Message *m_message = nullptr;
    const Arrival *m_arrival = nullptr;
    const IdWithRole *m_initiator = nullptr;
    const IdWithRole *m_responder = nullptr;
    NtpTime m_now;
};

} // namespace

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<IbakeResponder>(context);
}

} // namespace mikey::ibake
