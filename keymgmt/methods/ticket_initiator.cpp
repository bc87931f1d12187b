// SPDX-License-Identifier: Apache-2.0
#include "methods/identity.h"
#include "methods/opening.h"
#include "methods/reply.h"
#include "methods/sdp_protocols.h"
#include "methods/ticket.h"
#include "methods/ticket_transfer.h"
#include "wire/inspector.h"
#include "wire/pack.h"
#include "wire/text.h"

#include <algorithm>

namespace mikey::ticket {

namespace {

constexpr std::size_t mostHeldTickets = 64;

/// A ticket with what came with it: MPKi, MPKr if it forks, and the session keys.
struct Granted
{
    OwnedTicket ticket;
    TicketRules rules;
    TicketKeySet keys;

    std::size_t mpks() const { return rules.flags.i ? 2 : 1; }
    ByteView initiatorMpk() const { return keys.mpks.front().view(); }
    ByteView responderMpk() const { return rules.flags.i ? keys.mpks.back().view() : ByteView{}; }
    const TicketAlgorithms &algorithms() const { return *ticketAlgorithms(rules.flags.prf); }
};

Outcome<Granted> grantedOf(OwnedTicket ticket, TicketKeySet keys)
{
    auto read = readRules(ticket.payload().terms);
    if (!read)
        return std::move(read.error());
    if (!ticketAlgorithms(read->rules.flags.prf))
        return Error::of(ErrorNumber::InvalidPrf, "the PRF of the ticket is not known here");
    return Granted{std::move(ticket), std::move(read->rules), std::move(keys)};
}

/// What the call wants is fixed before the ticket comes.
struct Wanted
{
    Offer offer;
    TicketRules wish;
    std::uint32_t csbId = 0;
};

/// RFC 6043 4.2.1.6: whether what was granted serves for what was wished.
std::optional<std::string> unacceptable(const Granted &granted, const Wanted &wanted, NtpTime now,
                                        std::int64_t skewSeconds)
{
    const auto &flags = granted.rules.flags;
    const auto &wish = wanted.wish.flags;
    if (!granted.rules.isValidAt(now, skewSeconds))
        return "it is not valid now";
    if (!granted.rules.isForCalls())
        return "it is for other applications";
    if (!granted.rules.names(canonicalIdentity(wanted.wish.responders.front())))
        return "it is not for " + wanted.wish.responders.front();
    if (flags.f != wish.f)
        return std::string(flags.f ? "it demands an answer, and none can come" : "it forbids the answer");
    if (wish.i && !flags.i)
        return "its keys are not forked, so others that may resolve it could listen";
    if (wish.j && !flags.j)
        return "it may not be used again";
    if (flags.prf != wish.prf)
        return "it is made with another PRF";
    return std::nullopt;
}

NtpTime endOf(const TicketRules &rules, NtpTime now)
{
    return rules.end ? *rules.end : now.plusSeconds(std::int64_t{365} * 24 * 3600);
}

class TicketInitiator final : public Initiator
{
public:
    TicketInitiator(Context context, Wanted wanted) : m_context(context), m_wanted(std::move(wanted)) {}

    /// Goes on with a ticket that is at hand, or asks for one.
    std::optional<Error> begin(NtpTime now)
    {
        if (auto held = heldTicket(now))
            return transfer(std::move(*held), now);
        if (m_wanted.wish.flags.d)
            return ask(now);
        return makeOwn(now);
    }

    void updates(const Csb &csb) { m_csb = std::make_shared<Csb>(csb.clone()); }
    std::optional<Error> openUpdate(const Renewal &renewal, NtpTime now);
    static Outcome<std::unique_ptr<Initiator>> load(Context context, ByteView saved);

    std::optional<KmsRequest> kmsRequest() const override
    {
        return m_question ? std::optional(m_question->request()) : std::nullopt;
    }

    Step kmsAnswered(ByteView answer, NtpTime now) override
    {
        Step step;
        auto reply = m_question->open(answer, false);
        m_question.reset();
        if (!reply) {
            step.error = std::move(reply.error());
            return step;
        }
        step.plain = std::move(reply->plain);
        auto granted = grantedOf(std::move(*reply->ticket), std::move(reply->keys));
        if (!granted)
            step.error = std::move(granted.error());
        else if (const auto why = unacceptable(*granted, m_wanted, now, skewSeconds())) // RFC 6043 4.2.1.6
            step.error = Error::local("the ticket that the key management service granted does not serve: " + *why);
        else
            step.error = transfer(std::move(*granted), now);
        return step;
    }

    const Bytes &message() const override { return m_octets; }
    bool answerDue() const override { return m_csb ? own().header.v : m_granted->rules.flags.f; }

    Outcome<Agreement> provisional() const override
    {
        if (answerDue())
            return Error::local("the keys are not known before the answer");
        const auto asked = askedStreams();
        if (!asked)
            return asked.error();
        auto keys = suppliedKeys();
        if (!keys)
            return std::move(keys.error());
        if (m_csb)
            return transferAgreement({own(), updateParties(), true, m_csb.get(), {}, *asked, std::move(*keys), false});
        auto label = sessionLabel(m_granted->rules.flags, {ownRand(), {}}, *keys);
        if (!label)
            return std::move(label.error());
        auto agreement = transferAgreement(
            {own(), *partiesOfOwn(own()), true, nullptr, std::move(*label), *asked, std::move(*keys), false});
        if (agreement)
            keepUpdates(*agreement, ownGuard());
        return agreement;
    }

    Step receive(ByteView answer, NtpTime now, const std::map<std::string, Bytes> &) override
    {
        m_now = now;
        Step step;
        auto agreement = accept(answer);
        if (agreement)
            step.agreement = std::move(*agreement);
        else
            step.error = std::move(agreement.error());
        return step;
    }

    Secret save() const override
    {
        Packer packer;
        packer.add(ByteView(m_octets));
        packer.add(m_csb ? m_csb->save().view() : ByteView());
        packer.add(m_granted ? ByteView(m_granted->ticket.save()) : ByteView());
        packer.add(m_granted ? m_granted->keys.save().view() : ByteView());
        return packer.take();
    }

    InspectedMessage inspectMessage() const override
    {
        const auto *kemac = own().find<Kemac>();
        const auto plain = kemac ? ownGuard().counterMode(kemac->encrData, *own().find<Timestamp>()) : Secret();
        return inspect(m_octets, plain.view());
    }

private:
    const Message &own() const { return m_message; }
    const Endpoint &endpoint() const { return m_context.endpoint; }
    std::int64_t skewSeconds() const { return endpoint().accept.clockSkewSeconds; }
    ByteView ownRand() const { return own().find<RandWithRole>(RandRole::Initiator)->rand; }

    std::optional<Granted> heldTicket(NtpTime now) const
    {
        const auto &held = m_context.state.tickets;
        for (auto it = held.rbegin(); it != held.rend(); ++it) {
            if (it->peer != m_wanted.offer.peer || isLater(now, it->until))
                continue;
            auto ticket = OwnedTicket::load(it->ticket);
            const auto *algorithms = ticket ? ticketAlgorithms(ticket->terms.prf) : nullptr;
            auto keys = algorithms ? decodeKeys(it->keys.view(), ticket->terms.i ? 2 : 1, *algorithms)
                                   : Outcome<TicketKeySet>(Error::local(""));
            if (!keys)
                continue;
            auto granted = grantedOf(std::move(*ticket), std::move(*keys));
            if (granted && !unacceptable(*granted, m_wanted, now, skewSeconds()))
                return std::move(*granted);
        }
        return std::nullopt;
    }

    /// A ticket for a group is not kept: who is in it may change (RFC 6043 5.3). That the one it names is a person
    /// shows when he answers, unless the service lets the group answer.
    void hold(const std::string &answered) const
    {
        const auto &rules = m_granted->rules;
        const auto &keys = m_granted->keys.keys;
        const bool ofGroup = std::any_of(keys.begin(), keys.end(), [](const TransportedKey &key) {
            return key.type == KeyDataType::Gtgk || key.type == KeyDataType::GtgkSalt;
        });
        if (!rules.flags.j || ofGroup || rules.responders.size() != 1 || !rules.names(answered))
            return;
        auto &held = m_context.state.tickets;
        auto ticket = m_granted->ticket.save();
        std::erase_if(held,
                      [&](const HeldTicket &other) { return isLater(m_now, other.until) || other.ticket == ticket; });
        if (held.size() == mostHeldTickets)
            held.erase(held.begin());
        held.push_back({answered, std::move(ticket), m_granted->keys.save(), endOf(rules, m_now)});
    }

    std::optional<Error> ask(NtpTime now)
    {
        const auto policy = policyData(m_wanted.wish, wishedKeys());
        if (!policy)
            return Error::local("the ticket policy becomes too long");
        TicketPolicy wish{m_wanted.wish.flags};
        wish.terms.policy = *policy;
        auto question = TicketQuestion::make(m_context, ticketRequest, m_wanted.wish.flags.prf, wish, now);
        if (!question)
            return std::move(question.error());
        m_question = std::move(*question);
        return std::nullopt;
    }

    /// One TGK is what a service gives if no key is wished for.
    const std::vector<WishedKey> *wishedKeys()
    {
        if (!m_wanted.offer.groupKey)
            return nullptr;
        m_wished = {{KeyDataType::Gtgk, ticketAlgorithms(m_wanted.wish.flags.prf)->keyOctets, {}}};
        return &m_wished;
    }

    /// Modes 3 and 4: the ticket is ours (RFC 6043 4.1.1).
    std::optional<Error> makeOwn(NtpTime now)
    {
        const auto &keys = endpoint().ticket;
        const auto wished = wishedKeys();
        const auto *algorithms = ticketAlgorithms(m_wanted.wish.flags.prf);
        auto drawn = drawKeys(wished ? std::optional(*wished) : std::nullopt, *algorithms, m_context.random);
        if (!drawn)
            return Error::local("such keys cannot be made");
        auto made = makeBaseTicket(m_wanted.wish, *drawn, {keys.tpkId, keys.tpk.clone()}, now, m_context.random);
        if (!made)
            return Error::local("the ticket becomes too long");
        TicketKeySet set;
        set.mpks.push_back(std::move(made->contents.initiatorMpk));
        if (m_wanted.wish.flags.i)
            set.mpks.push_back(std::move(made->contents.responderMpk));
        set.keys = std::move(made->contents.keys);
        auto granted = grantedOf(std::move(made->ticket), std::move(set));
        if (!granted)
            return std::move(granted.error());
        return transfer(std::move(*granted), now);
    }

    /// TRANSFER_INIT = HDR, T, RANDRi, IDRi, IDRr, {SP}, TICKET, [KEMAC], V.
    std::optional<Error> transfer(Granted granted, NtpTime now)
    {
        const auto &offer = m_wanted.offer;
        const auto &flags = granted.rules.flags;
        const auto &algorithms = granted.algorithms();
        Header header;
        header.dataType = DataType::TransferInit;
        header.v = flags.f;
        header.prf = flags.prf;
        header.csbId = m_wanted.csbId;
        auto map = offeredMap(offer, m_context.random);
        auto suites = offeredSuites(offer, endpoint());
        if (!flags.f) { // nothing answers it, so it says all (decision D-11)
            fillSsrcs(map, m_context.random);
            suites.resize(1);
        }
        std::vector<std::uint8_t> numbers;
        std::list<SuitePayload> policies;
        std::vector<Payload> supplied;
        for (const auto *suite : suites)
            numbers.push_back(
                policies.emplace_back(*suite, static_cast<std::uint8_t>(numbers.size())).payload().policyNo);
        Bytes rand(std::max({algorithms.keyOctets, granted.initiatorMpk().size(), longestKey(granted.keys.keys)}));
        m_context.random.fill(rand);
        const auto sent = m_context.state.uniqueTime(now).octets();
        const Timestamp timestamp{TimestampType::NtpUtc, sent};
        const auto guard =
            transferGuard(algorithms, granted.initiatorMpk(), header.csbId, TicketTag::InitialMessage, {rand, {}});
        // A ticket without session keys: they are ours to bring (RFC 6043 4.2.2.1).
        std::vector<TransportedKey> brought;
        if (granted.keys.keys.empty()) {
            if (!flags.l)
                return Error::local("the ticket holds no keys, and forbids us to bring any");
            brought = *drawKeys(std::nullopt, algorithms, m_context.random);
        }
        const GuardedKeys guarded(guard, encodeKeys({}, brought).view(), timestamp);
        if (!brought.empty())
            supplied.emplace_back(guarded.payload());
        const auto &spi = brought.empty() ? granted.keys.keys.front().mki : brought.front().mki;
        const GenericMap generic(map, std::vector(map.size(), numbers), spi);
        generic.into(header);
        const auto &self = endpoint().identity;
        std::vector<Payload> payloads{timestamp, RandWithRole{RandRole::Initiator, rand},
                                      IdWithRole{IdRole::Initiator, identityType(self), octetsOf(self)},
                                      IdWithRole{IdRole::Responder, identityType(offer.peer), octetsOf(offer.peer)}};
        for (const auto &policy : policies)
            payloads.emplace_back(policy.payload());
        const auto protocols = sdpProtocolList(offer.sdpProtocols);
        if (!protocols.empty())
            payloads.emplace_back(GeneralExtension{ExtensionType::SdpIds, octetsOf(protocols)});
        auto octets = encodeTransferInit({header,
                                          std::move(payloads),
                                          granted.ticket,
                                          std::move(supplied),
                                          guard,
                                          granted.responderMpk(),
                                          {self, offer.peer}});
        if (!octets)
            return Error::local("the identities are too long for a MIKEY message");
        m_granted = std::move(granted);
        return take(std::move(*octets));
    }

    std::optional<Error> take(Bytes octets)
    {
        m_octets = std::move(octets);
        auto message = decode(m_octets);
        if (!message)
            return Error::local("the message cannot be made: " + message.error().reason);
        m_message = std::move(*message);
        return std::nullopt;
    }

    /// What protects our message: in an update what protects the bundle.
    TicketGuard ownGuard() const
    {
        if (m_csb)
            return {*ticketAlgorithms(m_csb->prf), m_csb->ticket.mpk.view(), m_csb->csbId, m_csb->ticket.label};
        return transferGuard(m_granted->algorithms(), m_granted->initiatorMpk(), own().header.csbId,
                             TicketTag::InitialMessage, {ownRand(), {}});
    }

    Outcome<MapStreams> askedStreams() const
    {
        return offeredStreams(own(), endpoint(), LeftOpen::ToAnswer, m_csb.get());
    }

    /// The keys of the ticket or the bundle, and those that we bring.
    Outcome<std::vector<TransportedKey>> suppliedKeys() const
    {
        if (!m_csb)
            return withSuppliedKeys(cloned(m_granted->keys.keys), own(), ownGuard(), true);
        auto brought = withSuppliedKeys({}, own(), ownGuard(), true);
        if (brought && brought->empty())
            return cloned(m_csb->keys);
        return brought;
    }

    Parties updateParties() const { return {m_csb->self(), m_csb->peer()}; }

    Outcome<Agreement> accept(ByteView octets)
    {
        const auto answer = decode(octets);
        if (!answer)
            return Error::of(answer.error().error, "the answer is damaged at octet " +
                                                       std::to_string(answer.error().offset) + ": " +
                                                       answer.error().reason);
        const auto &header = answer->header;
        // A TRANSFER message is told apart by type before anything else (rule S-6).
        if (header.csbId != own().header.csbId)
            return Error::discarded("the answer belongs to another exchange");
        if (header.dataType == DataType::Error)
            return errorOf(*answer, isGuarded(*answer, ownGuard(), {}));
        if (header.dataType != DataType::TransferResponse)
            return Error::of(ErrorNumber::InvalidDataType, messageName(static_cast<std::uint8_t>(header.dataType)) +
                                                               " does not answer a TRANSFER_INIT");
        if (header.prf != own().header.prf)
            return Error::of(ErrorNumber::InvalidPrf, "the answer is made with another PRF than our message");
        if (!answer->find<Timestamp>())
            return Error::of(ErrorNumber::Unspecified, "the answer has no timestamp");
        return m_csb ? acceptUpdate(*answer) : acceptTransfer(*answer);
    }

    Error notFromPeer() const
    {
        return Error::of(ErrorNumber::AuthFailure,
                         "the answer was not made with the keys of the ticket: it was changed "
                         "on the way, or someone else answered");
    }

    Outcome<Agreement> acceptTransfer(const Message &answer)
    {
        const auto &flags = m_granted->rules.flags;
        const auto *theirs = answer.find<RandWithRole>(RandRole::Responder);
        const auto *fork = answer.find<RandWithRole>(RandRole::Kms);
        const auto *id = answer.find<IdWithRole>(IdRole::Responder);
        if (!flags.f)
            return Error::of(ErrorNumber::Unspecified, "the ticket policy forbids an answer");
        if (flags.g != (theirs != nullptr))
            return Error::of(ErrorNumber::Unspecified,
                             flags.g ? "the answer lacks its RANDRr" : "the ticket policy forbids a RANDRr");
        if (flags.i && (!fork || !id))
            return Error::of(ErrorNumber::Unspecified, "the answer does not tell how the keys were forked");
        Secret mpk(m_granted->initiatorMpk());
        auto keys = cloned(m_granted->keys.keys);
        if (flags.i) {
            const ForkModifier modifier{Bytes(id->data.begin(), id->data.end()),
                                        Bytes(fork->rand.begin(), fork->rand.end())};
            if (modifier.rand.size() < std::max(m_granted->responderMpk().size(), longestKey(keys)))
                return Error::of(ErrorNumber::Unspecified, "the RANDRkms is shorter than the keys that it forks");
            mpk = forkedKey(flags.prf, m_granted->responderMpk(), KeyUse::ForkedMpk, modifier);
            keys = forkedKeys(flags.prf, keys, modifier);
        }
        const TicketRands rands{ownRand(), theirs ? theirs->rand : ByteView{}};
        if (theirs && theirs->rand.size() < mpk.size())
            return Error::of(ErrorNumber::Unspecified, "the RANDRr is shorter than the key that it is used with");
        const auto guard =
            transferGuard(m_granted->algorithms(), mpk.view(), own().header.csbId, TicketTag::ResponseMessage, rands);
        if (!isGuarded(answer, guard, {m_octets}))
            return notFromPeer();
        return agree(answer, id, guard, rands, std::move(keys));
    }

    Outcome<Agreement> agree(const Message &answer, const IdWithRole *id, const TicketGuard &guard,
                             const TicketRands &rands, std::vector<TransportedKey> keys)
    {
        const auto &rules = m_granted->rules;
        auto parties = *partiesOfOwn(own());
        if (id)
            parties.responder = Party::of(*id);
        // With forked keys the service vouches for who answered: one named in the ticket, or of a group that is named.
        const auto answered = parties.responder.canonical();
        if (!rules.flags.i && answered != partiesOfOwn(own())->responder.canonical() && !rules.names(answered))
            return Error::of(ErrorNumber::InvalidId, "the answer names " + printableStart(octetsOf(answered)) +
                                                         ", whom the ticket does not name");
        const auto asked = askedStreams();
        if (!asked)
            return asked.error();
        auto supplied = withSuppliedKeys(std::move(keys), own(), ownGuard(), true);
        if (supplied)
            supplied = withSuppliedKeys(std::move(*supplied), answer, guard, rules.flags.m);
        if (!supplied)
            return std::move(supplied.error());
        auto streams = answeredStreams(answer, own(), asked->map, endpoint(), nullptr);
        if (!streams)
            return std::move(streams.error());
        auto label = sessionLabel(rules.flags, rands, *supplied);
        if (!label)
            return std::move(label.error());
        auto agreement = transferAgreement({own(), std::move(parties), true, nullptr, std::move(*label),
                                            std::move(*streams), std::move(*supplied), true});
        if (agreement) {
            keepUpdates(*agreement, guard);
            hold(answered);
        }
        return agreement;
    }

    void keepUpdates(Agreement &agreement, const TicketGuard &guard) const
    {
        const auto &rules = m_granted->rules;
        agreement.csb->ticket = {Secret(guard.key()), guard.label(), rules.flags.l, rules.flags.m, rules.rekeySeconds};
    }

    Outcome<Agreement> acceptUpdate(const Message &answer)
    {
        const auto guard = ownGuard();
        if (!isGuarded(answer, guard, {m_octets}))
            return notFromPeer();
        if (sameOctets(answer.find<Timestamp>()->value, own().find<Timestamp>()->value))
            return Error::of(ErrorNumber::Unspecified, "the answer has the timestamp of our message");
        const auto asked = askedStreams();
        if (!asked)
            return asked.error();
        const auto &before = asked->map.empty() ? m_csb->map : asked->map;
        auto streams = answeredStreams(answer, own(), before, endpoint(), m_csb.get());
        if (!streams)
            return std::move(streams.error());
        auto keys = suppliedKeys();
        const bool theirLeave = m_csb->weInitiated ? m_csb->ticket.responderKeys : m_csb->ticket.initiatorKeys;
        if (keys)
            keys = withSuppliedKeys(std::move(*keys), answer, guard, theirLeave);
        if (!keys)
            return std::move(keys.error());
        return transferAgreement(
            {own(), updateParties(), true, m_csb.get(), {}, std::move(*streams), std::move(*keys), true});
    }

    Context m_context;
    Wanted m_wanted;
    NtpTime m_now;
    std::vector<WishedKey> m_wished;
    std::unique_ptr<TicketQuestion> m_question;
    std::optional<Granted> m_granted;
    std::shared_ptr<const Csb> m_csb; ///< the bundle that is updated
    Bytes m_octets;
    Message m_message; ///< views m_octets
};

/// TRANSFER_INIT = HDR, T, IDRx, IDRy, {SP}, [KEMAC], V; the sender's identity comes first (RFC 6043 5.2).
std::optional<Error> TicketInitiator::openUpdate(const Renewal &renewal, NtpTime now)
{
    const auto guard = ownGuard();
    Header header;
    header.dataType = DataType::TransferInit;
    header.v = renewal.v;
    header.prf = m_csb->prf;
    header.csbId = m_csb->csbId;
    const auto map = renewedMap(*m_csb, renewal, m_context.random);
    const auto sent = m_context.state.uniqueTimeAfter(m_csb->newest, now, m_csb->weInitiated).octets();
    const Timestamp timestamp{TimestampType::NtpUtc, sent};
    std::vector<TransportedKey> brought;
    if (renewal.keys == Renewal::Keys::NewTgk) {
        brought = *drawKeys(std::nullopt, guard.algorithms(), m_context.random);
        brought.front().mki = nextMki(m_csb->keys);
    }
    const GuardedKeys guarded(guard, encodeKeys({}, brought).view(), timestamp);
    std::vector<std::vector<std::uint8_t>> policies;
    for (const auto &stream : map)
        policies.push_back({stream.policyNo});
    const GenericMap generic(map, policies, brought.empty() ? m_csb->keys.front().mki : brought.front().mki);
    generic.into(header);
    const auto &self = m_csb->self(), &peer = m_csb->peer();
    const auto ours = m_csb->weInitiated ? IdRole::Initiator : IdRole::Responder;
    const auto theirs = m_csb->weInitiated ? IdRole::Responder : IdRole::Initiator;
    std::vector<Payload> payloads{timestamp, IdWithRole{ours, self.type, octetsOf(self.data)},
                                  IdWithRole{theirs, peer.type, octetsOf(peer.data)}};
    const auto protocols = sdpProtocolList(renewal.sdpProtocols);
    if (!protocols.empty())
        payloads.emplace_back(GeneralExtension{ExtensionType::SdpIds, octetsOf(protocols)});
    if (!brought.empty())
        payloads.emplace_back(guarded.payload());
    auto octets = encodeGuarded(header, std::move(payloads), guard,
                                {octetsOf(m_csb->parties.initiator.data), octetsOf(m_csb->parties.responder.data)});
    if (!octets)
        return Error::local("the identities are too long for a MIKEY message");
    return take(std::move(*octets));
}

Outcome<std::unique_ptr<Initiator>> TicketInitiator::load(Context context, ByteView saved)
{
    Unpacker from(saved);
    const auto octets = from.field(), bundle = from.field(), ticket = from.field(), keys = from.field();
    auto loaded = std::make_unique<TicketInitiator>(context, Wanted());
    const auto damaged = Error::local("the saved exchange is damaged");
    const auto message = decode(octets);
    if (!from.complete() || !message || message->header.dataType != DataType::TransferInit ||
        !message->find<Timestamp>() || !partiesOfOwn(*message) || !ticketAlgorithms(message->header.prf))
        return damaged;
    if (!bundle.empty()) {
        auto csb = Csb::load(bundle);
        if (!csb || csb->ticket.mpk.empty() || !ticketAlgorithms(csb->prf))
            return damaged;
        loaded->updates(*csb);
    } else {
        auto owned = OwnedTicket::load(ticket);
        if (!owned || !message->find<RandWithRole>(RandRole::Initiator))
            return damaged;
        auto set = decodeKeys(keys, owned->terms.i ? 2 : 1, *ticketAlgorithms(message->header.prf));
        auto granted = set ? grantedOf(std::move(*owned), std::move(*set)) : Outcome<Granted>(damaged);
        if (!granted)
            return damaged;
        loaded->m_granted = std::move(*granted);
    }
    if (loaded->take(Bytes(octets.begin(), octets.end())))
        return damaged;
    return std::unique_ptr<Initiator>(std::move(loaded));
}

} // namespace

TicketRules wishFor(const Endpoint &endpoint, const Offer &offer, NtpTime now)
{
    const auto &keys = endpoint.ticket;
    TicketRules wish;
    auto &flags = wish.flags;
    // RFC 6043 12.1: session keys of more than 128 bits SHALL NOT come of algorithms of 128 bits.
    const bool strong = offeredSuites(offer, endpoint).front()->masterKeyOctets() > 16;
    flags.prf = strong ? Prf::HmacSha256 : Prf::Mikey1;
    flags.d = keys.mode <= 2;
    flags.e = keys.mode == 1 || keys.mode == 3;
    flags.f = offer.v;
    flags.g = offer.v && !offer.groupKey; // the RANDs of a group are the same for all (RFC 6043 9)
    flags.h = true;
    // Forked keys are only for who answers; a TGK that nobody answers for cannot be forked (RFC 6043 6.10).
    flags.i = flags.e && offer.v;
    flags.j = keys.reuse;
    flags.l = true;
    flags.m = flags.g; // rule S-5
    flags.n = flags.o = true;
    wish.kms = keys.kms;
    wish.initiator = endpoint.identity;
    wish.start = NtpTime(now.units() >> 32 << 32).plusSeconds(-endpoint.accept.clockSkewSeconds);
    wish.end = NtpTime(now.units() >> 32 << 32).plusSeconds(keys.lifetimeSeconds);
    wish.responders = offer.ticketResponders;
    if (wish.responders.empty())
        wish.responders.push_back(offer.peer);
    return wish;
}

std::optional<std::string> obstacle(const Endpoint &endpoint, const std::string &peer)
{
    const auto &keys = endpoint.ticket;
    const bool byKms = keys.mode <= 2;
    if (byKms && !keys.reachesKms())
        return "there is no account at a key management service";
    if (!byKms && keys.tpk.empty())
        return "there is no key to make tickets with";
    if (!byKms && !keys.tpkPeer.empty() && (keys.mode == 3 || keys.tpkPeer != peer))
        return "the key to make tickets with is shared with " + keys.tpkPeer + " only";
    return std::nullopt;
}

Outcome<std::unique_ptr<Initiator>> initiate(Context context, const Offer &offer, NtpTime now)
{
    if (auto missing = obstacle(context.endpoint, offer.peer))
        return Error::local(std::move(*missing));
    if (auto error = checkOffer(context.endpoint, offer))
        return std::move(*error);
    auto initiator = std::make_unique<TicketInitiator>(
        context, Wanted{offer, wishFor(context.endpoint, offer, now), drawCsbId(offer, context.random)});
    if (auto error = initiator->begin(now))
        return std::move(*error);
    return std::unique_ptr<Initiator>(std::move(initiator));
}

Outcome<std::unique_ptr<Initiator>> update(Context context, const Csb &csb, const Renewal &renewal, NtpTime now)
{
    if (auto error = checkRenewal(csb, renewal))
        return std::move(*error);
    const bool mayBring = csb.weInitiated ? csb.ticket.initiatorKeys : csb.ticket.responderKeys;
    if (csb.ticket.mpk.empty() || !ticketAlgorithms(csb.prf))
        return Error::local("the bundle was not made with a ticket");
    if (renewal.keys == Renewal::Keys::NewTgk && !mayBring) { // then they come of a new exchange
        if (renewal.addedStreams > 0)
            return Error::local("the ticket policy forbids us to bring new keys");
        return initiate(context, offerLike(csb, renewal), now);
    }
    auto initiator = std::make_unique<TicketInitiator>(context, Wanted());
    initiator->updates(csb);
    if (auto error = initiator->openUpdate(renewal, now))
        return std::move(*error);
    return std::unique_ptr<Initiator>(std::move(initiator));
}

Outcome<std::unique_ptr<Initiator>> resume(Context context, ByteView saved)
{
    return TicketInitiator::load(context, saved);
}

} // namespace mikey::ticket
