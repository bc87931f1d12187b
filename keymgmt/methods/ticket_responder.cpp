// SPDX-License-Identifier: Apache-2.0
#include "crypto/digest.h"
#include "methods/admission.h"
#include "methods/identity.h"
#include "methods/opening.h"
#include "methods/responding.h"
#include "methods/ticket.h"
#include "methods/ticket_transfer.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::ticket {

namespace {

constexpr std::size_t mostResolved = 64;

Error badPolicy(std::string reason)
{
    return Error::of(ErrorNumber::InvalidTicketPolicy, std::move(reason));
}

/// What a ticket that was resolved gave: MPKi, MPKr' if its keys are forked, and the session keys.
struct Resolved
{
    TicketKeySet keys;
    std::optional<ForkModifier> modifier;
    Bytes responderId; ///< IDRr to be told; empty: none
};

Bytes digestOf(ByteView ticket)
{
    const auto digest = sha256(ticket);
    return {digest.begin(), digest.end()};
}

/// What we tell the Initiator of a question to the service that failed.
Error toldOf(const Error &error)
{
    auto told = error;
    const bool ofTicket =
        error.number == ErrorNumber::InvalidTicket || error.number == ErrorNumber::InvalidTicketPolicy;
    if (!ofTicket)
        told.number = ErrorNumber::AuthFailure;
    told.name = registry::errorNumber.nameOf(static_cast<std::uint8_t>(*told.number));
    told.fromPeer = false;
    told.unauthenticated = false;
    return told;
}

class TicketResponder final : public Responding
{
public:
    using Responding::Responding;

    std::optional<KmsRequest> kmsRequest() const override
    {
        return m_question ? std::optional(m_question->request()) : std::nullopt;
    }

    /// The message is handled once more, now that the ticket is open.
    Step kmsAnswered(ByteView answer, NtpTime now) override
    {
        auto reply = m_question->open(answer, m_rules.flags.i);
        m_question.reset();
        m_now = now;
        const auto message = decode(m_octets);
        if (!reply) {
            Step step;
            const auto told = toldOf(reply.error());
            step.send = errorMessage(*message, told, endpoint(), unprovenError());
            step.error = std::move(reply.error());
            return step;
        }
        m_resolved = Resolved{std::move(reply->keys), std::move(reply->modifier), std::move(reply->responderId)};
        keep(*message->find<Ticket>(), now);
        auto step = receive(*message, m_waiting, now);
        step.plain = std::move(reply->plain);
        return step;
    }

private:
    bool takes(Prf prf) const override { return ticketAlgorithms(prf) != nullptr; }
    bool isUpdate() const override { return !message().find<RandWithRole>(RandRole::Initiator); }
    /// A call to a group is for each of it, and the service resolved the ticket for us because we are. It names us, or
    /// the group, "so that it matches an identity encoded in the ticket" (RFC 6043 4.2.3.5), or without forking nobody.
    bool isForUs() const override
    {
        if (Responding::isForUs())
            return true;
        const auto addressee = m_parties.responder.canonical();
        if (m_csb) // as who answered
            return addressee == m_csb->self().canonical();
        if (!m_resolved || m_openedOurselves || !m_rules.names(addressee))
            return false;
        const auto answering = canonicalIdentity(textOf(m_resolved->responderId));
        return answering.empty() || answering == endpoint().identity || m_rules.names(answering);
    }
    bool isAsking() const override { return m_question != nullptr; }
    const TicketAlgorithms &algorithms() const { return *ticketAlgorithms(message().header.prf); }
    bool answers() const { return m_csb ? message().header.v : m_rules.flags.f; }

    /// Policies are judged before the service is asked (RFC 6043 4.2.2.2).
    std::optional<Error> checkForm() override
    {
        const auto *v = message().find<Verification>();
        if (!v || v->algorithm != algorithms().mac)
            return Error::of(ErrorNumber::InvalidMac, "the message is not authenticated as its PRF wants it");
        const auto *ticket = message().find<Ticket>();
        if (isUpdate())
            return ticket || message().find<RandWithRole>()
                       ? std::optional(Error::of(ErrorNumber::Unspecified,
                                                 "an update must not have a ticket or a RAND")) // RFC 6043 5.2
                       : std::nullopt;
        if (!ticket)
            return Error::of(ErrorNumber::Unspecified, "the message has no ticket");
        if (endpoint().ticket.tpk.empty() && !endpoint().ticket.reachesKms())
            return Error::of(ErrorNumber::InvalidDataType,
                             "tickets need an account at a key management service, and there is none here");
        auto read = readRules(ticket->terms);
        if (!read)
            return std::move(read.error());
        m_rules = std::move(read->rules);
        if (auto error = checkPolicy(*ticket, read->wished.has_value()))
            return error;
        const auto streams =
            offeredStreams(message(), endpoint(), m_rules.flags.f ? LeftOpen::ToAnswer : LeftOpen::Refused, nullptr);
        return streams ? std::nullopt : std::optional(streams.error());
    }

    std::optional<Error> checkPolicy(const Ticket &ticket, bool holdsWish) const
    {
        const auto &flags = m_rules.flags;
        if (flags.prf != message().header.prf) // decision D-14
            return Error::of(ErrorNumber::InvalidPrf, "the PRF of the ticket is not that of the message");
        if (holdsWish) // RFC 6043 6.10
            return badPolicy("the ticket policy holds the wish for keys, which a granted one must not");
        if (!flags.i && !ticket.initiatorData.empty()) // rule S-7
            return badPolicy("the ticket has Initiator Data though its keys are not forked");
        if (flags.i && !hasOwnInitiatorData(message())) // RFC 6043 4.2.3.6
            return Error::of(ErrorNumber::AuthFailure, "the ticket was made for another message");
        if (message().find<Kemac>() && !flags.l)
            return Error::of(ErrorNumber::Unspecified,
                             "the message brings keys, which the ticket policy forbids its sender");
        return std::nullopt;
    }

    std::optional<Error> prepare() override
    {
        if (m_csb)
            return prepareUpdate();
        if (!m_rules.isValidAt(m_now, endpoint().accept.clockSkewSeconds)) // decision D-12
            return badPolicy("the ticket is not valid now");
        if (!m_rules.isForCalls())
            return badPolicy("the ticket is for other applications");
        if (auto error = checkInitiator())
            return error;
        if (m_parties.responder.canonical() != endpoint().identity && !m_rules.names(m_parties.responder.canonical()))
            return Error::of(ErrorNumber::InvalidId,
                             "the message is for " + printableStart(octetsOf(m_parties.responder.data)));
        return m_resolved ? std::nullopt : resolve();
    }

    /// The keys of the ticket are what proves the caller, so he has to be one who has them: who requested or made it,
    /// or without key forking also who may resolve it (RFC 6043 9).
    std::optional<Error> checkInitiator() const
    {
        if (m_rules.initiator.empty())
            return badPolicy("the ticket does not tell whom it was issued to");
        const auto initiator = m_parties.initiator.canonical();
        if (canonicalIdentity(m_rules.initiator) == initiator || (!m_rules.flags.i && m_rules.names(initiator)))
            return std::nullopt;
        return Error::of(ErrorNumber::AuthFailure, "the ticket was issued to " +
                                                       printableStart(octetsOf(m_rules.initiator)) + ", not to " +
                                                       printableStart(octetsOf(m_parties.initiator.data)));
    }

    /// Rule S-6: in an update both directions may share keys, so that ours must not come back to us as the peer's.
    std::optional<Error> prepareUpdate() const
    {
        if (m_csb->ticket.mpk.empty())
            return Error::of(ErrorNumber::InvalidDataType, "the bundle was not made with a ticket");
        const auto ids = message().all<IdWithRole>();
        const auto theirs = m_csb->weInitiated ? IdRole::Responder : IdRole::Initiator;
        const bool fromUs = !ids.empty() && ids.front()->role != theirs;
        if (fromUs || sentAt(message()) == m_context.state.lastSent)
            return Error::discarded("the update is one of ours that came back");
        if (message().header.prf != m_csb->prf)
            return Error::of(ErrorNumber::InvalidPrf, "the PRF is not that of the bundle");
        return std::nullopt;
    }

    /// By ourselves if the policy lets us and we hold its key, by what the service said before, or by asking it.
    std::optional<Error> resolve()
    {
        const auto &ticket = *message().find<Ticket>();
        const auto &own = endpoint().ticket;
        const auto named = tpkIdOf(ticket);
        if (!m_rules.flags.e && !own.tpk.empty() && (named.empty() || named == own.tpkId))
            return openOurselves(ticket);
        if (auto known = resolvedBefore(ticket)) {
            m_resolved = std::move(known);
            m_remembered = digestOf(OwnedTicket::of(ticket).save());
            return std::nullopt;
        }
        return ask(ticket);
    }

    /// Who shares the TPK can make any ticket under it. So a peer makes his own, and the service's flag is its own.
    std::optional<Error> checkMaker() const
    {
        const auto &peer = endpoint().ticket.tpkPeer;
        if (!m_rules.names(endpoint().identity))
            return badPolicy("the ticket does not name us");
        if (!peer.empty() && (m_rules.flags.d || canonicalIdentity(m_rules.initiator) != peer))
            return Error::of(ErrorNumber::AuthFailure,
                             "the ticket is under the key that " + peer + " shares, but says another one made it");
        return std::nullopt;
    }

    /// Nothing tells whom the key is shared with that the ticket was made with, as the user has set it up.
    bool isMakerUnknown() const
    {
        const auto &own = endpoint().ticket;
        return m_openedOurselves && own.tpkPeer.empty() && (!m_rules.flags.d || !own.reachesKms());
    }

    std::optional<Error> openOurselves(const Ticket &ticket)
    {
        if (auto error = checkMaker())
            return error;
        m_openedOurselves = true;
        auto contents = openBaseTicket(octetsOfTicket(), ticket, endpoint().ticket.tpk.view());
        if (!contents)
            return std::move(contents.error());
        Resolved resolved;
        resolved.keys.mpks.push_back(std::move(contents->initiatorMpk));
        resolved.keys.keys = std::move(contents->keys);
        m_resolved = std::move(resolved);
        return std::nullopt;
    }

    ByteView octetsOfTicket() const
    {
        for (const auto &placed : message().payloads) {
            if (std::holds_alternative<Ticket>(placed.payload))
                return message().octets.subspan(placed.offset, placed.length);
        }
        return {};
    }

    /// Rule S-4: with what was said before we cannot check who sent the ticket, which matters where several know its
    /// keys.
    bool mayServeAgain() const
    {
        return m_rules.flags.j && m_rules.responders.size() == 1 && m_rules.names(endpoint().identity);
    }

    std::optional<Resolved> resolvedBefore(const Ticket &ticket) const
    {
        if (!mayServeAgain())
            return std::nullopt;
        const auto octets = OwnedTicket::of(ticket).save();
        for (const auto &known : m_context.state.resolved) {
            if (known.ticket != octets || isLater(m_now, known.until))
                continue;
            auto keys = decodeKeys(known.keys.view(), m_rules.flags.i ? 2 : 1, algorithms());
            if (!keys)
                return std::nullopt;
            Resolved resolved{std::move(*keys), std::nullopt, known.responderId};
            if (m_rules.flags.i)
                resolved.modifier = ForkModifier{known.responderId, known.rand};
            return resolved;
        }
        return std::nullopt;
    }

    void keep(const Ticket &ticket, NtpTime now) const
    {
        if (!mayServeAgain())
            return;
        auto &resolved = m_context.state.resolved;
        std::erase_if(resolved, [now](const ResolvedTicket &known) { return isLater(now, known.until); });
        if (resolved.size() == mostResolved)
            resolved.erase(resolved.begin());
        constexpr std::int64_t daySeconds = 24 * 3600;
        const auto latest = now.plusSeconds(daySeconds);
        const auto until = m_rules.end && isLater(latest, *m_rules.end) ? *m_rules.end : latest;
        resolved.push_back({OwnedTicket::of(ticket).save(), m_resolved->keys.save(), m_resolved->responderId,
                            m_resolved->modifier ? m_resolved->modifier->rand : Bytes(), until});
    }

    std::optional<Error> ask(const Ticket &ticket)
    {
        if (isStale()) // RFC 6043 12.3: anybody can send it again
            return Error::discarded("the message is out of the clock window");
        if (!endpoint().ticket.reachesKms())
            return Error::of(ErrorNumber::InvalidDataType,
                             "the ticket has to be resolved by a key management service, and there is no account here");
        auto question = TicketQuestion::make(m_context, ticketResolve, message().header.prf, ticket, m_now);
        if (!question)
            return std::move(question.error());
        m_octets.assign(message().octets.begin(), message().octets.end());
        m_waiting = arrival();
        m_waiting.bundles.clear(); // they may be gone when the answer comes; an update never asks
        m_waiting.group = nullptr;
        m_question = std::move(*question);
        return Error::discarded("the key management service is asked first");
    }

    TransferIds ids() const
    {
        if (m_csb) // decision D-09: by the roles of the bundle, whoever sends
            return {m_csb->parties.initiator.data, m_csb->parties.responder.data};
        return {m_parties.initiator.data, m_parties.responder.data};
    }

    TicketGuard guard() const
    {
        if (m_csb)
            return {algorithms(), m_csb->ticket.mpk.view(), m_csb->csbId, m_csb->ticket.label};
        return transferGuard(algorithms(), m_resolved->keys.mpks.front().view(), message().header.csbId,
                             TicketTag::InitialMessage, {initiatorRand(), {}});
    }

    ByteView initiatorRand() const { return message().find<RandWithRole>(RandRole::Initiator)->rand; }

    std::optional<Error> authenticate() override
    {
        m_authentic = isGuardedTransfer(message(), guard(), ids());
        if (m_authentic)
            return std::nullopt;
        return Error::of(ErrorNumber::AuthFailure,
                         "the message was not made with the keys of the ticket: it was changed "
                         "on the way, or someone else sent it");
    }

    std::optional<Error> process(Step &step) override
    {
        auto streams =
            offeredStreams(message(), endpoint(), answers() || m_csb ? LeftOpen::ToAnswer : LeftOpen::Refused, m_csb);
        if (!streams)
            return std::move(streams.error());
        if (m_csb)
            if (auto error = checkStanding(*streams))
                return error;
        if (answers())
            fillSsrcs(streams->map, m_context.random);
        return m_csb ? agreeUpdate(std::move(*streams), step) : agreeTransfer(std::move(*streams), step);
    }

    /// An update changes none of the streams that stand.
    std::optional<Error> checkStanding(const MapStreams &streams) const
    {
        const auto &map = m_csb->map;
        bool same = streams.map.empty() || streams.map.size() >= map.size();
        for (std::size_t i = 0; same && !streams.map.empty() && i < map.size(); ++i)
            same = streams.suites[i] == m_csb->suites[i] && (map[i].ssrc == 0 || streams.map[i].ssrc == map[i].ssrc);
        if (same)
            return std::nullopt;
        return Error::of(ErrorNumber::Unspecified, "the update changes streams that stand already");
    }

    std::optional<Error> agreeUpdate(MapStreams streams, Step &step)
    {
        const auto protection = guard();
        const bool leave = m_csb->weInitiated ? m_csb->ticket.responderKeys : m_csb->ticket.initiatorKeys;
        auto keys = withSuppliedKeys({}, message(), protection, leave);
        if (!keys)
            return std::move(keys.error());
        if (keys->empty())
            *keys = cloned(m_csb->keys);
        const auto first = keys->front().mki;
        auto agreement = transferAgreement(
            {message(), m_parties, false, m_csb, {}, std::move(streams), std::move(*keys), answers()});
        if (!agreement)
            return std::move(agreement.error());
        if (answers()) // its T differs from the message's: both encrypt with the same keys
            step.send = answer(*agreement, protection, first, {}, {});
        step.agreement = std::move(*agreement);
        return std::nullopt;
    }

    std::optional<Error> agreeTransfer(MapStreams streams, Step &step)
    {
        const auto &flags = m_rules.flags;
        auto keys = withSuppliedKeys(cloned(m_resolved->keys.keys), message(), guard(), flags.l);
        if (!keys)
            return std::move(keys.error());
        const auto &mpk = m_resolved->keys.mpks.back(); // MPKr' with forking, else MPKi
        Bytes rand(flags.g ? std::max({algorithms().keyOctets, mpk.size(), longestKey(*keys)}) : 0);
        m_context.random.fill(rand);
        const TicketRands rands{initiatorRand(), rand};
        if (rands.initiator.size() < m_resolved->keys.mpks.front().size()) // decision D-13
            return Error::of(ErrorNumber::Unspecified, "the RANDRi is shorter than the key that it is used with");
        auto label = sessionLabel(flags, rands, *keys);
        if (!label)
            return std::move(label.error());
        const auto protection =
            flags.f ? transferGuard(algorithms(), mpk.view(), message().header.csbId, TicketTag::ResponseMessage, rands)
                    : guard();
        auto parties = m_parties;
        if (!m_resolved->responderId.empty()) // who answered, as the service names him
            parties.responder.data = textOf(m_resolved->responderId);
        const bool ownPolicy = streams.ownPolicy;
        auto first = streams.spi;
        if (first.empty() && !keys->empty())
            first = keys->front().mki;
        auto agreement = transferAgreement({message(), std::move(parties), false, nullptr, std::move(*label),
                                            std::move(streams), std::move(*keys), flags.f});
        if (!agreement)
            return std::move(agreement.error());
        agreement->csb->ticket = {Secret(protection.key()), protection.label(), flags.l, flags.m,
                                  m_rules.rekeySeconds,     m_remembered};
        noteWhoElse(*agreement);
        if (flags.f)
            step.send = answer(*agreement, protection, first, rand, ownPolicy);
        step.agreement = std::move(*agreement);
        return std::nullopt;
    }

    /// What the user should know of who else could have called under that name.
    void noteWhoElse(Agreement &agreement) const
    {
        const bool forUsAlone = m_rules.responders.size() == 1 && m_rules.names(endpoint().identity);
        if (!m_rules.flags.i && !forUsAlone)
            agreement.weaknesses.emplace_back("the keys of the ticket are not forked: everybody who may resolve it "
                                              "could have called under this name");
        if (isMakerUnknown())
            agreement.weaknesses.emplace_back("the settings do not say whom the ticket protection key is shared with: "
                                              "whoever has it could have called under this name");
    }

    /// TRANSFER_RESP = HDR, T, [RANDRr], [IDRr], [RANDRkms], {SP}, V.
    std::optional<Bytes> answer(const Agreement &agreement, const TicketGuard &protection, ByteView spi, ByteView rand,
                                bool ownPolicy) const
    {
        const auto &csb = *agreement.csb;
        Header header = message().header;
        header.dataType = DataType::TransferResponse;
        header.v = false;
        std::vector<std::vector<std::uint8_t>> policies;
        for (const auto &stream : csb.map)
            policies.push_back({stream.policyNo});
        const GenericMap generic(csb.map, policies, spi);
        generic.into(header);
        const auto sent = freshTime();
        std::vector<Payload> payloads{Timestamp{TimestampType::NtpUtc, sent}};
        if (!rand.empty())
            payloads.emplace_back(RandWithRole{RandRole::Responder, rand});
        const auto role = m_csb && m_csb->weInitiated ? IdRole::Initiator : IdRole::Responder;
        const auto &self = m_csb ? m_csb->self() : csb.parties.responder;
        payloads.emplace_back(IdWithRole{role, self.type, octetsOf(self.data)});
        if (!m_csb && m_resolved->modifier)
            payloads.emplace_back(RandWithRole{RandRole::Kms, m_resolved->modifier->rand});
        std::list<SuitePayload> own; // keeps what the SP payload views
        if (ownPolicy)
            payloads.emplace_back(own.emplace_back(*csb.suites.front(), csb.map.front().policyNo).payload());
        return encodeGuarded(header, std::move(payloads), protection, {message().octets});
    }

    /// RFC 6043 4.2.2.3: other than in RFC 3830 an answer has a timestamp of its own.
    std::array<std::uint8_t, 8> freshTime() const
    {
        return m_context.state.uniqueTimeAfter(sentAt(message()), m_now, m_csb && m_csb->weInitiated).octets();
    }

    /// RFC 6043 5.4: a fresh timestamp, and no SRTP-ID map; proven by the keys of the message in error.
    std::optional<Bytes> errorWith(Header header, std::vector<Payload> payloads, const TicketGuard *protection) const
    {
        const auto sent = m_context.state.uniqueTime(m_now).octets();
        for (auto &payload : payloads) {
            if (auto *timestamp = std::get_if<Timestamp>(&payload))
                *timestamp = Timestamp{TimestampType::NtpUtc, sent};
        }
        header.mapType = CsIdMapType::GenericId; // without Crypto Sessions; an Empty map forbids SPs (RFC 4563 5)
        return protection ? encodeGuarded(header, std::move(payloads), *protection, {}) : encode(header, payloads);
    }

    Closing unprovenError() const
    {
        return [this](const Header &header, std::vector<Payload> payloads) {
            return errorWith(header, std::move(payloads), nullptr);
        };
    }

    Closing errorClosing() const override
    {
        if (!m_authentic)
            return unprovenError();
        return [this](const Header &header, std::vector<Payload> payloads) {
            const auto protection = guard();
            return errorWith(header, std::move(payloads), &protection);
        };
    }

    TicketRules m_rules;
    std::optional<Resolved> m_resolved;
    Bytes m_remembered; ///< digest of the ticket, if m_resolved is from before
    bool m_openedOurselves = false;
    bool m_authentic = false;
    // While the service is asked:
    std::unique_ptr<TicketQuestion> m_question;
    Bytes m_octets;
    Arrival m_waiting;
};

} // namespace

void forgetResolved(EndpointState &state, const Csb &csb)
{
    std::erase_if(state.resolved,
                  [&](const ResolvedTicket &known) { return digestOf(known.ticket) == csb.ticket.remembered; });
}

std::unique_ptr<Responder> responder(Context context)
{
    return std::make_unique<TicketResponder>(context);
}

} // namespace mikey::ticket
